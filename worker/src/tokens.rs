//! Access tokens of registrations whose receivers want one (OAuth 2, client credentials), kept for as
//! long as they are good.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use postrider_domain::{Clock, FailureCause, Registration, RegistrationId, Timestamp};
use postrider_egress::GuardedClient;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::attempt::Failure;
use crate::oauth::{self, Client};

/// The most tokens that are kept.
const MAX_TOKENS: u64 = 10_000;
/// How long a token is kept that nobody uses.
const IDLE: Duration = Duration::from_hours(1);

/// An access token.
pub(crate) type Token = Arc<oauth::Token>;

/// Fetches tokens, one request at a time for each registration.
pub(crate) struct Tokens {
    /// A registration that is changed begins anew: the token may be for somebody else.
    slots: Cache<(RegistrationId, Timestamp), Arc<Slot>>,
    clock: Arc<dyn Clock>,
}

/// The token of one registration.
#[derive(Default)]
struct Slot {
    /// Whoever fetches holds it.
    last: Mutex<Option<Result<Token, Failure>>>,
    /// How many times somebody has fetched.
    fetched: AtomicU64,
}

impl Tokens {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let slots = Cache::builder().max_capacity(MAX_TOKENS).time_to_idle(IDLE).build();
        Self { slots, clock }
    }

    /// The token of a registration, fetched if there is none that is good.
    ///
    /// Those who wait while somebody fetches share what comes of it, a failure too: a token server
    /// that is down is asked once for all of them, and not by one after the other. So whoever fetches
    /// is never cut off: the request ends by itself when `patience` is over, and what comes of it is
    /// noted.
    pub(crate) async fn of(
        &self,
        registration: &Registration,
        client: &Client<'_>,
        http: &GuardedClient,
        patience: Duration,
    ) -> Result<Token, Failure> {
        let begun = Instant::now();
        let slot = self.slot(registration);
        let before = slot.fetched.load(Ordering::SeqCst);
        let mut last = timeout(patience, slot.last.lock()).await.map_err(|_| {
            Failure::new(FailureCause::Authentication, "the access token did not come in time")
        })?;
        let is_news = slot.fetched.load(Ordering::SeqCst) != before;
        match &*last {
            Some(Ok(token)) if self.clock.now() < token.good_until => return Ok(Arc::clone(token)),
            Some(Err(failure)) if is_news => return Err(failure.clone()),
            _ => {}
        }
        let http = http.with_timeout(patience.saturating_sub(begun.elapsed()));
        let fetched = oauth::fetch(client, &http, &*self.clock).await.map(Arc::new);
        slot.fetched.fetch_add(1, Ordering::SeqCst);
        *last = Some(fetched.clone());
        fetched
    }

    /// A receiver refused `token`: the next request has a new one, unless somebody has fetched that
    /// already.
    pub(crate) async fn refused(&self, registration: &Registration, token: &Token) {
        let slot = self.slot(registration);
        let mut last = slot.last.lock().await;
        if matches!(&*last, Some(Ok(kept)) if Arc::ptr_eq(kept, token)) {
            *last = None;
        }
    }

    fn slot(&self, registration: &Registration) -> Arc<Slot> {
        self.slots.get_with((registration.id, registration.updated_at), Arc::default)
    }
}
