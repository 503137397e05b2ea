//! What the handlers share, put together once.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use postrider_domain::ports::{InboxStore, Publisher, Store};
use postrider_domain::{Clock, Ids, RegistrationId};
use postrider_egress::Guard;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accept::Acceptor;
use crate::audit::Auditor;
use crate::auth::Authenticator;
use crate::catalogue::Catalogue;
use crate::echo::Echo;
use crate::filters::KnownFilters;
use crate::hints::Hints;
use crate::live::Live;
use crate::registrations::Registrations;
use crate::relay::Relay;
use crate::throttle::{Limiter, LoginThrottle};
use crate::{Accounts, ApiConfig, Metrics};

/// How many test events are sent to a registration in a row, …
const TESTS_IN_A_ROW: u32 = 10;
/// … and how often after that. A test asks neither filters nor permissions, so that nothing else keeps a
/// user from flooding a receiver with it.
const TEST_EVERY: Duration = Duration::from_secs(6);

/// What an [`App`] is made of.
pub struct AppParts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// What was received. Its schema may be missing: only what is asked about it fails then.
    pub inbox: Arc<dyn InboxStore>,
    /// Where accepted events are announced.
    pub publisher: Arc<dyn Publisher>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and randomness.
    pub ids: Ids,
    /// Judges the URIs of registrations.
    pub guard: Arc<Guard>,
    /// The settings.
    pub config: ApiConfig,
    /// What is counted.
    pub metrics: Metrics,
    /// Where background tasks run. They end when the last clone of the app is dropped.
    pub tracker: TaskTracker,
    /// Ends the answers that go on for as long as their clients listen.
    pub shutdown: CancellationToken,
}

/// The api. Cloning it is cheap, and gives the same one.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// What the handlers use.
pub struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) inbox: Arc<dyn InboxStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Ids,
    pub(crate) config: ApiConfig,
    pub(crate) metrics: Metrics,
    pub(crate) filters: Arc<KnownFilters>,
    pub(crate) accounts: Accounts,
    pub(crate) authenticator: Authenticator,
    pub(crate) throttle: LoginThrottle,
    /// Test events of each registration.
    pub(crate) tests: Limiter<RegistrationId>,
    pub(crate) acceptor: Acceptor,
    pub(crate) registrations: Registrations,
    pub(crate) catalogue: Catalogue,
    pub(crate) auditor: Auditor,
    pub(crate) hints: Hints,
    pub(crate) live: Arc<Live>,
    pub(crate) tracker: TaskTracker,
}

impl App {
    /// Puts the api together and starts its background tasks.
    pub fn new(parts: AppParts) -> Self {
        let AppParts {
            store,
            inbox,
            publisher,
            clock,
            ids,
            guard,
            config,
            metrics,
            tracker,
            shutdown,
        } = parts;
        let filters = KnownFilters::new(&config.filters, Arc::clone(&store), Arc::clone(&clock));
        let filters = Arc::new(filters);
        let hints = Hints::new(Arc::clone(&publisher), tracker.clone());
        let relay =
            Arc::new(Relay::start(publisher, config.relay_bytes, metrics.clone(), &tracker));
        Self(Arc::new(Shared {
            accounts: Accounts::new(Arc::clone(&store), Arc::clone(&clock), ids.clone()),
            authenticator: Authenticator::new(Arc::clone(&store), Arc::clone(&clock), &config),
            throttle: LoginThrottle::new(&config.login, &clock),
            tests: Limiter::new(TESTS_IN_A_ROW, TEST_EVERY, &clock),
            acceptor: Acceptor::start(
                Arc::clone(&store),
                Arc::clone(&clock),
                Arc::clone(&relay),
                &config,
                metrics.clone(),
                &tracker,
            ),
            registrations: Registrations {
                store: Arc::clone(&store),
                clock: Arc::clone(&clock),
                ids: ids.clone(),
                echo: Echo::new(&guard, ids.clone(), config.echo_timeout),
                guard,
                filters: Arc::clone(&filters),
                max_per_user: config.max_registrations_per_user,
            },
            catalogue: Catalogue {
                store: Arc::clone(&store),
                clock: Arc::clone(&clock),
                ids: ids.clone(),
                relay,
                metrics: metrics.clone(),
                rescue_after: config.rescue_after,
            },
            auditor: Auditor::new(
                Arc::clone(&store),
                Arc::clone(&clock),
                ids.clone(),
                metrics.unnoted.clone(),
            ),
            hints,
            live: Live::new(Arc::clone(&store), Arc::clone(&clock), tracker.clone(), shutdown),
            tracker,
            store,
            inbox,
            clock,
            ids,
            config,
            metrics,
            filters,
        }))
    }
}

impl Deref for App {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}
