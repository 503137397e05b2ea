//! Every role in the test's own process, on a pair of back ends, with a clock that the test moves.
//!
//! The roles run as they do in production, in the background; only time stands still until the test
//! moves it. [`World::run_until_idle`] waits until the store says that nothing is left to do at this
//! moment, and [`World::finish`] fails the test when a role died on the way.

mod http;
mod pair;
mod people;
mod receiving;
mod sink;
mod timeline;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use postrider_api::{Accounts, ApiConfig, App, AppParts};
use postrider_dispatcher::{Dispatcher, DispatcherConfig, DispatcherParts};
use postrider_domain::ports::{InboxStore, Queue, Store};
use postrider_domain::{Clock, EventId, Ids, RegistrationId, Timestamp};
use postrider_egress::{EgressConfig, Guard};
use postrider_runtime::Process;
use postrider_testkit::clock::MockClock;
use postrider_worker::{Worker, WorkerConfig, WorkerParts};
use serde_json::{Value, json};

use crate::wait::until;

pub use http::Answer;
pub use pair::Pair;
pub use people::Person;
pub use receiving::{HandlerCall, ReceivingSide, Recorder};
pub use sink::{Sink, SinkRequest};

/// When every story begins.
const START: &str = "2026-11-21T08:00:00Z";

/// The whole product, in a test.
pub struct World {
    /// The time.
    pub clock: Arc<MockClock>,
    /// Users and keys.
    pub accounts: Accounts,
    /// Ids.
    pub ids: Ids,
    /// The store all roles share.
    pub store: Arc<dyn Store>,
    /// What was received.
    pub inbox: Arc<dyn InboxStore>,
    /// The queue all roles share.
    pub queue: Arc<dyn Queue>,
    /// An administrator.
    pub administrator: Person,
    router: Router,
    process: Process,
    pair: Pair,
}

impl World {
    /// Starts every role on `pair`.
    pub async fn start(pair: Pair) -> Self {
        let clock = Arc::new(MockClock::new(START.parse::<Timestamp>().expect("a time")));
        let ids = Ids::new(clock.clone());
        let mut process = Process::with_clock(clock.clone(), ids.clone());
        let (store, inbox, queue) = (pair.store(), pair.inbox().await, pair.queue());
        let guard = Arc::new(Guard::new(&EgressConfig::embedded()));

        start_dispatcher(&mut process, &store, &queue);
        start_worker(&mut process, &store, &queue, &guard).await;
        let router = api(&process, &store, &inbox, &queue, guard);
        let accounts = Accounts::new(store.clone(), clock.clone(), ids.clone());
        let administrator = people::administrator(&accounts).await;
        Self { clock, accounts, ids, store, inbox, queue, administrator, router, process, pair }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits until nothing is left to do at this moment.
    pub async fn run_until_idle(&self) {
        until("nothing is left to do at this moment", || async {
            let backlog = self.store.backlog(self.now()).await.expect("the store answers");
            backlog.is_idle().then_some(())
        })
        .await;
    }

    /// Moves the clock, and waits until what has become due is done.
    pub async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.run_until_idle().await;
    }

    /// Sends a request to the api as `person`.
    pub async fn request(
        &self,
        person: &Person,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", person.key))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .expect("a well-formed request");
        let answer = self.send(request).await;
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }

    /// Registers `uri` for `filters`.
    pub async fn register(&self, person: &Person, uri: &str, filters: &[&str]) -> RegistrationId {
        self.register_with(person, uri, filters, json!({})).await
    }

    /// Registers `uri` for `filters` with more than that.
    pub async fn register_with(
        &self,
        person: &Person,
        uri: &str,
        filters: &[&str],
        more: Value,
    ) -> RegistrationId {
        let mut body = json!({ "uri": uri, "secret": Person::SECRET, "filters": filters });
        let more = more.as_object().expect("members").clone();
        body.as_object_mut().expect("an object").extend(more);
        let (status, answer) =
            self.request(person, Method::POST, "/api/v1/registrations", Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        id(&answer)
    }

    /// Publishes an event about one resource.
    pub async fn publish(&self, filter: &str, event_type: &str, resource: &str) -> EventId {
        self.publish_about(filter, event_type, json!({ "id": resource })).await
    }

    /// Publishes an event about a resource that is told of with more than its id.
    pub async fn publish_about(&self, filter: &str, event_type: &str, resource: Value) -> EventId {
        let body = json!({ "filter": filter, "type": event_type, "resource": resource });
        let (status, answer) =
            self.request(&self.administrator, Method::POST, "/api/v1/events", Some(body)).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        id(&answer["events"][0])
    }

    /// The back ends, to take them away.
    pub fn pair(&self) -> &Pair {
        &self.pair
    }

    /// Ends every role in order.
    ///
    /// # Panics
    /// When one of them had died.
    pub async fn finish(self) {
        // The api ends with its router, as in a process whose listener has closed.
        drop(self.router);
        self.process.shutdown.cancel();
        self.process.run(Duration::from_secs(20)).await.expect("every role lived to the end");
        self.queue.close().await;
    }
}

fn id<I: std::str::FromStr<Err: std::fmt::Debug>>(answer: &Value) -> I {
    answer["id"].as_str().expect("an id").parse().expect("a well-formed id")
}

fn start_dispatcher(process: &mut Process, store: &Arc<dyn Store>, queue: &Arc<dyn Queue>) {
    let config = DispatcherConfig {
        poll_interval: Duration::from_millis(20),
        ..DispatcherConfig::default()
    };
    let parts = DispatcherParts {
        store: store.clone(),
        flows: store.clone(),
        replays: store.clone(),
        operations: store.clone(),
        activity: store.clone(),
        queue: Arc::clone(queue),
        clock: process.clock.clone(),
        ids: process.ids.clone(),
        config,
        metrics: postrider_dispatcher::Metrics::new(&process.registry).expect("unique metrics"),
    };
    Dispatcher::new(parts).spawn(process);
}

async fn start_worker(
    process: &mut Process,
    store: &Arc<dyn Store>,
    queue: &Arc<dyn Queue>,
    guard: &Arc<Guard>,
) {
    // Without jitter the schedule can be told to the second.
    let config = WorkerConfig { retry_jitter: 0.0, ..WorkerConfig::default() };
    let worker = Worker::new(WorkerParts {
        store: store.clone(),
        flows: store.clone(),
        client: guard.client(config.client_settings()),
        clock: process.clock.clone(),
        ids: process.ids.clone(),
        config,
        metrics: postrider_worker::Metrics::new(&process.registry).expect("unique metrics"),
        worker_name: "world".into(),
        tracker: process.tracker.clone(),
    })
    .expect("a retry schedule that makes sense");
    worker.spawn(process, &**queue).await.expect("the queue can be consumed");
}

fn api(
    process: &Process,
    store: &Arc<dyn Store>,
    inbox: &Arc<dyn InboxStore>,
    queue: &Arc<dyn Queue>,
    guard: Arc<Guard>,
) -> Router {
    postrider_api::router(App::new(AppParts {
        store: store.clone(),
        inbox: inbox.clone(),
        publisher: queue.publisher(),
        clock: process.clock.clone(),
        ids: process.ids.clone(),
        guard,
        config: ApiConfig::default(),
        metrics: postrider_api::Metrics::new(&process.registry).expect("unique metrics"),
        tracker: process.tracker.clone(),
        shutdown: process.shutdown.clone(),
    }))
}
