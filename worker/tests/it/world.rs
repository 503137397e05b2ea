//! What a test is set in: a store with one user, a clock, and workers on demand.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::flow::ReleasePolicy;
use postrider_domain::ports::{
    DeliveryReport, FlowReport, NewUser, PasswordHash, RegistrationAddition, Store,
};
use postrider_domain::{
    Clock, Created, Credentials, DeliveryId, DeliveryOptions, Event, FilterSet, Ids, NewEvent,
    Registration, RegistrationHeaders, RegistrationId, Resource, Secret, TargetUri, Timestamp,
    User, UserId, Visibility,
};
use postrider_egress::{EgressConfig, Guard, Lookup};
use postrider_testkit::clock::MockClock;
use postrider_testkit::databases::SqliteDatabase;
use postrider_worker::{Consumers, Metrics, Worker, WorkerConfig, WorkerParts, run};
use prometheus::Registry;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::faulty_store::{Faults, FaultyStore};
use crate::hand::{Hand, queue};
use crate::running::RunningWorker;

pub(crate) const SECRET: &str = "12345678901234567890123456789012";

/// A name that resolves.
pub(crate) const RECEIVER: &str = "receiver.example";

pub(crate) struct World {
    pub(crate) clock: Arc<MockClock>,
    pub(crate) config: WorkerConfig,
    pub(crate) egress: EgressConfig,
    store: Arc<dyn Store>,
    faults: Arc<Mutex<Faults>>,
    ids: Ids,
    owner: UserId,
    _database: SqliteDatabase,
}

impl World {
    /// Its clock stands at eight o'clock; its workers may call loopback, and retry without jitter.
    pub(crate) async fn new() -> Self {
        let database = SqliteDatabase::create().await;
        let clock = Arc::new(MockClock::new("2026-11-21T08:00:00Z".parse().unwrap()));
        let ids = Ids::seeded(Arc::clone(&clock) as Arc<dyn Clock>, 1);
        let user = User {
            id: ids.next(),
            name: "ada".parse().unwrap(),
            administrator: true,
            disabled: false,
            created_at: clock.now(),
            updated_at: clock.now(),
        };
        let owner = user.id;
        let store = database.store();
        store.add_user(&NewUser { user, password: PasswordHash("x".into()) }).await.unwrap();
        Self {
            config: WorkerConfig { retry_jitter: 0.0, store_retries: 0, ..WorkerConfig::default() },
            egress: EgressConfig {
                allow: vec!["127.0.0.0/8".parse().unwrap()],
                allow_http: true,
                ..EgressConfig::default()
            },
            faults: Arc::default(),
            clock,
            store,
            ids,
            owner,
            _database: database,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap()
    }

    /// One delivery to a new registration of `target`.
    pub(crate) async fn delivery_to(&self, target: TargetUri) -> DeliveryId {
        self.deliveries_to(target, 1).await[0]
    }

    /// A new registration of `target`, and deliveries of so many events to it, oldest first.
    pub(crate) async fn deliveries_to(&self, target: TargetUri, count: usize) -> Vec<DeliveryId> {
        self.deliveries_of(&self.registration(target), count).await
    }

    /// The same for a registration that the test made, which is stored here.
    pub(crate) async fn deliveries_of(
        &self,
        registration: &Registration,
        count: usize,
    ) -> Vec<DeliveryId> {
        self.add(registration).await;
        let filter = registration.filters.iter().next().unwrap();
        let events: Vec<Event> = (0..count).map(|_| self.event(filter)).collect();
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        let submission = events.into_iter().map(|event| NewEvent { event, key: None }).collect();
        self.store.accept_events(&[submission], self.now()).await.unwrap();
        self.store.dispatch_events(&ids, self.now(), self.now()).await.unwrap();
        ids.into_iter().map(|event| DeliveryId::derive(event, registration.id)).collect()
    }

    /// Stores a registration.
    pub(crate) async fn add(&self, registration: &Registration) {
        let added = self.store.add_registration(registration, None, u32::MAX).await.unwrap();
        assert!(matches!(added, RegistrationAddition::Created(Created::New)));
    }

    /// Stores a registration as it is now, as its owner's change of it.
    pub(crate) async fn update(&self, registration: &mut Registration) {
        let expected = registration.updated_at;
        registration.updated_at = self.now().as_version_after(expected);
        let updated = self.store.update_registration(Visibility::All, registration, expected).await;
        assert!(updated.unwrap());
    }

    /// Makes deliveries of all events that wait for it, as the dispatcher does.
    pub(crate) async fn dispatch_due(&self) -> Vec<DeliveryId> {
        let due =
            self.store.take_due_events(self.now(), Duration::from_mins(1), 100).await.unwrap();
        let due: Vec<_> = due.into_iter().map(|event| event.id).collect();
        self.store.dispatch_events(&due, self.now(), self.now()).await.unwrap().created
    }

    /// A registration of `uri` with a filter of its own, which is not stored yet.
    pub(crate) fn registration(&self, uri: TargetUri) -> Registration {
        let id: RegistrationId = self.ids.next();
        Registration {
            id,
            owner: self.owner,
            uri,
            filters: FilterSet::parse([format!("f{}", id.simple())]).unwrap(),
            secret: Secret::parse(SECRET).unwrap(),
            previous_secret: None,
            description: None,
            paused: false,
            secret_expires_at: None,
            disabled: None,
            condition: None,
            options: DeliveryOptions::default(),
            credentials: Credentials::default(),
            headers: RegistrationHeaders::parse([
                ("X-Team", "reports"),
                ("Authorization", "Bearer t"),
            ])
            .unwrap(),
            properties: BTreeMap::new(),
            created_at: self.now(),
            updated_at: self.now(),
        }
    }

    /// An event of a filter, which is not stored yet.
    fn event(&self, filter: &str) -> Event {
        Event {
            id: self.ids.next(),
            filter: filter.parse().unwrap(),
            event_type: "Added".parse().unwrap(),
            resource: Resource { id: "42".into(), name: None, category: None },
            actor: None,
            occurred_at: self.now(),
            accepted_at: self.now(),
            data: None,
            publisher: None,
            audience: None,
        }
    }

    /// What the scheduler would publish now.
    pub(crate) async fn due(&self) -> Vec<DeliveryId> {
        self.store.take_due_deliveries(self.now(), Duration::from_mins(1), 100).await.unwrap()
    }

    pub(crate) async fn report(&self, delivery: DeliveryId) -> DeliveryReport {
        self.store.find_delivery(Visibility::All, delivery).await.unwrap().unwrap()
    }

    pub(crate) async fn replay(&self, delivery: DeliveryId) {
        self.store.replay_delivery(Visibility::All, delivery, self.now()).await.unwrap().unwrap();
    }

    /// Lets go what is held and may go now, as the scheduler does; returns what it would publish.
    pub(crate) async fn release(&self) -> Vec<DeliveryId> {
        self.store.release_held(&ReleasePolicy::default(), self.now(), 100).await.unwrap();
        self.due().await
    }

    pub(crate) async fn flow(&self, registration: RegistrationId) -> FlowReport {
        self.store.flow_of(Visibility::All, registration).await.unwrap().unwrap()
    }

    pub(crate) async fn stored(&self, registration: RegistrationId) -> Registration {
        self.store.find_registration(Visibility::All, registration).await.unwrap().unwrap()
    }

    /// Starts a worker that is fed by hand.
    pub(crate) fn worker(&self) -> RunningWorker<Hand> {
        let (hand, fresh) = queue();
        let (retries_hand, retries) = queue();
        let consumers = Consumers { fresh: Box::new(fresh), retries: Box::new(retries) };
        self.worker_on(consumers, [hand, retries_hand])
    }

    /// Starts a worker on queues; `feeds` is what the test keeps of them.
    pub(crate) fn worker_on<F>(&self, consumers: Consumers, feeds: [F; 2]) -> RunningWorker<F> {
        let guard = Arc::new(Guard::with_lookup(&self.egress, Arc::new(Names)));
        let registry = Registry::new();
        let store = Arc::new(FaultyStore::new(Arc::clone(&self.store), Arc::clone(&self.faults)));
        let tracker = TaskTracker::new();
        let worker = Worker::new(WorkerParts {
            store: Arc::clone(&store) as _,
            flows: store,
            client: guard.client(self.config.client_settings()),
            clock: Arc::clone(&self.clock) as _,
            ids: self.ids.clone(),
            config: self.config.clone(),
            metrics: Metrics::new(&registry).unwrap(),
            worker_name: "worker-1".into(),
            tracker: tracker.clone(),
        })
        .unwrap();
        let shutdown = CancellationToken::new();
        let task = tracker.spawn(run(Arc::new(worker), consumers, shutdown.clone()));
        let [hand, retries] = feeds;
        RunningWorker { hand, retries, shutdown, task, registry }
    }
}

/// A name service that knows one name, which is on loopback.
struct Names;

#[async_trait]
impl Lookup for Names {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        if name == RECEIVER {
            Ok(vec![Ipv4Addr::LOCALHOST.into()])
        } else {
            Err(io::Error::other("no such name"))
        }
    }
}
