//! What a test is set in: an inbox in a database, a queue, and processors on demand.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use humantime_serde::Serde;
use postrider_domain::ports::{InboxFilter, InboxReport, InboxStore, Publisher, Queue, QueueError};
use postrider_domain::{Clock, Ids, InboxState, PageRequest, ReceiverAddress, Timestamp};
use postrider_receiver::inbox::{
    Inbox, InboxConfig, InboxMetrics, InboxParts, Processor, ProcessorParts, Scheduler,
    SchedulerParts,
};
use postrider_receiver::{
    Chain, Handler, Outcome, ReceiverOptions, Receivers, Request, SecretTable, Secrets, Webhook,
};
use postrider_testkit::brokers::{Broker, LocalBroker, RabbitBroker};
use postrider_testkit::clock::MockClock;
use postrider_testkit::databases::{Database, PostgresDatabase, SqliteDatabase};
use prometheus::Registry;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::probe::{Panicking, Probe};
use crate::watched::WatchedStore;

/// What takes longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// The first two delays of the tests' schedule.
pub(crate) const DELAYS: [Duration; 2] = [Duration::from_secs(10), Duration::from_mins(1)];

pub(crate) struct World {
    pub(crate) clock: Arc<MockClock>,
    pub(crate) config: InboxConfig,
    pub(crate) store: Arc<WatchedStore>,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) registry: Registry,
    pub(crate) ids: Ids,
    receivers: Arc<Receivers>,
    metrics: InboxMetrics,
    tracker: TaskTracker,
    _back_ends: Box<dyn Any + Send + Sync>,
}

/// A task of a test. It ends with this value.
pub(crate) struct Running {
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), QueueError>>,
}

impl World {
    /// `SQLite`, and the queue inside the process.
    pub(crate) async fn embedded() -> Self {
        let (database, broker) = (SqliteDatabase::create().await, LocalBroker::create().await);
        let (store, queue) = (database.inbox().await, broker.queue());
        Self::new(store, queue, Box::new((database, broker)))
    }

    /// Postgres and RabbitMQ.
    pub(crate) async fn services() -> Self {
        let (database, broker) = (PostgresDatabase::create().await, RabbitBroker::create().await);
        let (store, queue) = (database.inbox().await, broker.queue());
        Self::new(store, queue, Box::new((database, broker)))
    }

    /// Its clock stands at eight o'clock.
    pub(crate) fn new(
        store: Arc<dyn InboxStore>,
        queue: Arc<dyn Queue>,
        back_ends: Box<dyn Any + Send + Sync>,
    ) -> Self {
        let clock = Arc::new(MockClock::new("2026-11-21T08:00:00Z".parse().unwrap()));
        let secrets = Arc::new(Secrets::new(SecretTable::default()));
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let receivers = Receivers::new(secrets, Arc::clone(&shared), ReceiverOptions::default())
            .with(Panicking);
        let registry = Registry::new();
        Self {
            config: InboxConfig {
                retry_delays: DELAYS.map(Serde::from).into(),
                retry_jitter: 0.0,
                poll_interval: Duration::from_millis(5),
                ..InboxConfig::default()
            },
            metrics: InboxMetrics::new(&registry, receivers.names(), ["first", "second"]).unwrap(),
            ids: Ids::seeded(shared, 1),
            store: WatchedStore::new(store),
            receivers: Arc::new(receivers),
            tracker: TaskTracker::new(),
            clock,
            queue,
            registry,
            _back_ends: back_ends,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A webhook of the flavour `custom` at the URL that ends with `id`, with a name.
    pub(crate) fn webhook(&self, id: &str, name: &str) -> Webhook {
        self.large_webhook(id, name, 0)
    }

    /// The same with a body of this many bytes more.
    pub(crate) fn large_webhook(&self, id: &str, name: &str, more: usize) -> Webhook {
        let padding = " ".repeat(more);
        let body = format!(r#"{{"Id":"{name}","Notifications":[{{"Action":"added"}}]{padding}}}"#);
        let url = "https://example.com/".parse().unwrap();
        let request = Request::new(Method::POST, url, Bytes::from(body))
            .with("content-type", "application/json");
        let read = self.receivers.read(ReceiverAddress::new("custom", id), request).unwrap();
        match read.outcome {
            Outcome::Webhook(webhook) => *webhook,
            other => panic!("{other:?}"),
        }
    }

    /// The accepting side.
    pub(crate) fn inbox(&self) -> Inbox {
        self.inbox_with(self.queue.publisher())
    }

    pub(crate) fn inbox_with(&self, publisher: Arc<dyn Publisher>) -> Inbox {
        self.inbox_of(publisher, Arc::clone(&self.clock))
    }

    /// That of a process with a clock of its own.
    pub(crate) fn inbox_of(&self, publisher: Arc<dyn Publisher>, clock: Arc<MockClock>) -> Inbox {
        Inbox::start(InboxParts {
            store: Arc::clone(&self.store) as _,
            publisher,
            clock,
            ids: self.ids.clone(),
            config: self.config.clone(),
            metrics: self.metrics.clone(),
            tracker: self.tracker.clone(),
        })
    }

    /// A processor with these handlers.
    pub(crate) async fn processor<const N: usize>(&self, handlers: [&Arc<Probe>; N]) -> Running {
        let processor = self.new_processor(handlers);
        let consumer = processor.consume(&*self.queue).await.unwrap();
        let shutdown = CancellationToken::new();
        let task = self.tracker.spawn(processor.run(consumer, shutdown.clone()));
        Running { shutdown, task }
    }

    /// The same before it runs.
    pub(crate) fn new_processor<const N: usize>(&self, handlers: [&Arc<Probe>; N]) -> Processor {
        let chain = Chain::new(handlers.map(|handler| Arc::clone(handler) as Arc<dyn Handler>));
        Processor::new(ProcessorParts {
            store: Arc::clone(&self.store) as _,
            receivers: Arc::clone(&self.receivers),
            chain,
            base: "https://example.com".parse().unwrap(),
            clock: Arc::clone(&self.clock) as _,
            ids: self.ids.clone(),
            config: self.config.clone(),
            metrics: self.metrics.clone(),
            tracker: self.tracker.clone(),
        })
        .unwrap()
    }

    pub(crate) fn scheduler(&self) -> Scheduler {
        Scheduler::new(SchedulerParts {
            store: Arc::clone(&self.store) as _,
            queue: Arc::clone(&self.queue),
            clock: Arc::clone(&self.clock) as _,
            config: self.config.clone(),
            metrics: self.metrics.clone(),
        })
    }

    /// A scheduler that announces.
    pub(crate) fn announcing(&self) -> Running {
        let (scheduler, shutdown) = (self.scheduler(), CancellationToken::new());
        let stop = shutdown.clone();
        let run = async move {
            scheduler.run(stop).await.ok();
            Ok(())
        };
        Running { shutdown, task: self.tracker.spawn(run) }
    }

    /// Everything that is in the inbox, oldest first, with its runs.
    pub(crate) async fn all(&self) -> Vec<InboxReport> {
        let mut all = Vec::new();
        for report in self.listed().await {
            // It may have been removed meanwhile.
            all.extend(self.store.find_inbox(report.item.id).await.unwrap());
        }
        all
    }

    /// The same as a list shows it, without the runs.
    pub(crate) async fn listed(&self) -> Vec<InboxReport> {
        let page = PageRequest { before: None, limit: PageRequest::MAX_LIMIT };
        let listed = self.store.list_inbox(&InboxFilter::default(), page).await.unwrap();
        listed.items.into_iter().rev().collect()
    }

    /// Moves the clock on until everything is over.
    pub(crate) async fn until_over(&self) {
        let over = async {
            while self.listed().await.iter().any(|report| report.settled_at.is_none()) {
                // Not while handlers run: on a busy machine the clock would run out their leases.
                if self.gauge("postrider_inbox_in_progress") == 0.0 {
                    self.clock.advance(Duration::from_secs(1));
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, over).await.expect("it is over some time");
    }

    /// The only one that is in the inbox.
    pub(crate) async fn only(&self) -> InboxReport {
        let mut all = self.all().await;
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    /// Waits until what is in the inbox is as `wanted` says.
    pub(crate) async fn until(&self, wanted: impl Fn(&[InboxReport]) -> bool) -> Vec<InboxReport> {
        let mut changes = self.store.changes.subscribe();
        let found = async {
            loop {
                changes.borrow_and_update();
                let all = self.all().await;
                if wanted(&all) {
                    return all;
                }
                changes.changed().await.unwrap();
            }
        };
        let Ok(all) = tokio::time::timeout(PATIENCE, found).await else {
            panic!("it does not come to that: {:#?}", self.all().await)
        };
        all
    }

    /// Waits until so many are processed.
    pub(crate) async fn until_processed(&self, count: usize) -> Vec<InboxReport> {
        self.until(|all| count_in(all, InboxState::Processed) == count).await
    }

    /// Waits until there are so many runs.
    pub(crate) async fn until_runs(&self, count: usize) -> Vec<InboxReport> {
        self.until(|all| all.iter().map(|report| report.runs.len()).sum::<usize>() == count).await
    }

    /// Waits until a counter has come so far.
    pub(crate) async fn until_counter(&self, name: &str, count: f64) {
        self.until_true(|| self.counter(name) >= count).await;
    }

    /// Waits until so many lists were made.
    pub(crate) async fn until_lists(&self, count: usize) {
        self.until_true(|| self.store.lists.load(Ordering::SeqCst) >= count).await;
    }

    async fn until_true(&self, wanted: impl Fn() -> bool) {
        let found = async {
            while !wanted() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("it comes to that");
    }

    /// The sum of the series of a counter.
    pub(crate) fn counter(&self, name: &str) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name).expect("a known metric");
        family.get_metric().iter().map(|metric| metric.get_counter().get_value()).sum()
    }

    /// The gauge `name`.
    pub(crate) fn gauge(&self, name: &str) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name).expect("a known metric");
        family.get_metric()[0].get_gauge().get_value()
    }
}

pub(crate) fn count_in(all: &[InboxReport], state: InboxState) -> usize {
    all.iter().filter(|report| report.state == state).count()
}

/// Handler and outcome of each run.
pub(crate) fn runs(report: &InboxReport) -> Vec<(&str, &str)> {
    report.runs.iter().map(|run| (run.handler.as_str(), run.outcome.as_str())).collect()
}

impl Running {
    /// Tells it to stop.
    pub(crate) fn stop(&self) {
        self.shutdown.cancel();
    }

    /// Waits until it has ended as it should.
    pub(crate) async fn ended(mut self) {
        let ended = tokio::time::timeout(PATIENCE, &mut self.task).await.expect("it ends");
        ended.unwrap().unwrap();
    }

    /// Ends it at this moment, whatever it is doing.
    pub(crate) async fn crash(mut self) {
        self.task.abort();
        assert!((&mut self.task).await.unwrap_err().is_cancelled());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
