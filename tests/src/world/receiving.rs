//! The receiving side on the pair of a world, reached over this machine's own network.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::ports::{InboxFilter, InboxReport, InboxStore};
use postrider_domain::{Clock, PageRequest, ReceiverAddress};
use postrider_receiver::inbox::{
    Inbox, InboxConfig, InboxMetrics, InboxParts, Processor, ProcessorParts, Scheduler,
    SchedulerParts,
};
use postrider_receiver::routes::{HttpSettings, PATH, ReceiveMetrics, Receiving, Then};
use postrider_receiver::{
    Chain, Context, Handler, HandlerError, ReceiverOptions, Receivers, SecretTable, Secrets,
};
use postrider_runtime::Process;
use postrider_testkit::clock::MockClock;
use secrecy::SecretString;
use tokio::net::TcpListener;

use super::World;
use crate::wait::until;

/// The receiving side, which may live in other processes than the sending side, with nothing in common
/// but the database and the broker.
pub struct ReceivingSide {
    inbox: Arc<dyn InboxStore>,
    secrets: Arc<Secrets>,
    clock: Arc<MockClock>,
    address: SocketAddr,
    process: Process,
}

/// A handler that fails as often as it is told to, and remembers what it was asked.
pub struct Recorder {
    failures: usize,
    calls: Mutex<Vec<HandlerCall>>,
}

/// What a handler was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlerCall {
    /// What happened, as the sender names it.
    pub actions: Vec<String>,
    /// The body.
    pub data: serde_json::Value,
    /// Which try it was.
    pub attempt: u16,
}

impl World {
    /// Starts a receiving side with one handler.
    pub async fn receive(&self, handler: &Arc<Recorder>) -> ReceivingSide {
        let mut process = Process::with_clock(self.clock.clone(), self.ids.clone());
        let secrets = Arc::new(Secrets::default());
        let receivers =
            Receivers::new(secrets.clone(), self.clock.clone(), ReceiverOptions::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let parts = Parts {
            world: self,
            receivers: Arc::new(receivers),
            handler: handler.clone(),
            address,
            config: InboxConfig {
                // Without jitter the schedule can be told to the second.
                retry_jitter: 0.0,
                poll_interval: Duration::from_millis(20),
                ..InboxConfig::default()
            },
        };
        parts.start(&mut process, listener).await;
        let (inbox, clock) = (self.inbox.clone(), self.clock.clone());
        ReceivingSide { inbox, secrets, clock, address, process }
    }
}

/// What a receiving side is made of.
struct Parts<'a> {
    world: &'a World,
    receivers: Arc<Receivers>,
    handler: Arc<Recorder>,
    address: SocketAddr,
    config: InboxConfig,
}

impl Parts<'_> {
    async fn start(self, process: &mut Process, listener: TcpListener) {
        let Self { world, receivers, handler, address, config } = self;
        let metrics = InboxMetrics::new(&process.registry, receivers.names(), [handler.name()])
            .expect("unique metrics");
        let processor = Processor::new(ProcessorParts {
            store: world.inbox.clone(),
            receivers: receivers.clone(),
            chain: Chain::new([handler as Arc<dyn Handler>]),
            base: format!("http://{address}").parse().expect("a URL"),
            clock: process.clock.clone(),
            ids: process.ids.clone(),
            config: config.clone(),
            metrics: metrics.clone(),
            tracker: process.tracker.clone(),
        })
        .expect("a retry schedule that makes sense");
        processor.spawn(process, &*world.queue).await.expect("the queue can be consumed");
        let scheduler = Scheduler::new(SchedulerParts {
            store: world.inbox.clone(),
            queue: world.queue.clone(),
            clock: process.clock.clone(),
            config: config.clone(),
            metrics: metrics.clone(),
        });
        scheduler.spawn(process);
        let inbox = Inbox::start(InboxParts {
            store: world.inbox.clone(),
            publisher: world.queue.publisher(),
            clock: process.clock.clone(),
            ids: process.ids.clone(),
            config,
            metrics,
            tracker: process.tracker.clone(),
        });
        let receiving = Receiving::new(
            receivers,
            Then::Enqueue(Arc::new(inbox)),
            HttpSettings::default(),
            ReceiveMetrics::default(),
        );
        process.serve("receiver", listener, receiving.into_router());
    }
}

impl ReceivingSide {
    /// The URL that a sender is given.
    pub fn url(&self, receiver: &str, id: &str) -> String {
        format!("http://{}{PATH}/{receiver}/{id}", self.address)
    }

    /// Puts the secrets of a URL in force, the newest first, and takes those of all others away.
    pub fn set_secrets(&self, receiver: &str, id: &str, secrets: &[&str]) {
        let mut table = SecretTable::default();
        let secrets = secrets.iter().map(|secret| SecretString::from(*secret));
        table.insert(ReceiverAddress::new(receiver, id), secrets);
        self.secrets.replace(table);
    }

    /// Waits until no handler is to run at this moment.
    pub async fn run_until_idle(&self) {
        until("no handler is to run at this moment", || async {
            let backlog = self.inbox.inbox_backlog(self.clock.now()).await;
            backlog.expect("the inbox answers").is_idle().then_some(())
        })
        .await;
    }

    /// Moves the clock, and waits until the handlers that have become due have run.
    pub async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.run_until_idle().await;
    }

    /// What was received, oldest first, with the runs of the handlers.
    ///
    /// # Panics
    /// When the inbox does not answer.
    pub async fn received(&self) -> Vec<InboxReport> {
        let page = PageRequest::first(PageRequest::MAX_LIMIT);
        let listed = self.inbox.list_inbox(&InboxFilter::default(), page).await;
        let mut received = Vec::new();
        for report in listed.expect("the inbox answers").items.into_iter().rev() {
            let found = self.inbox.find_inbox(report.item.id).await.expect("the inbox answers");
            received.push(found.expect("what is listed is there"));
        }
        received
    }

    /// Ends it in order, before the world.
    ///
    /// # Panics
    /// When a part of it had died.
    pub async fn finish(self) {
        self.process.shutdown.cancel();
        self.process.run(Duration::from_secs(20)).await.expect("every part lived to the end");
    }
}

impl Recorder {
    /// One that fails so often before it succeeds.
    pub fn failing(failures: usize) -> Arc<Self> {
        Arc::new(Self { failures, calls: Mutex::default() })
    }

    /// One that always succeeds.
    pub fn new() -> Arc<Self> {
        Self::failing(0)
    }

    /// What it was asked so far.
    pub fn calls(&self) -> Vec<HandlerCall> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Handler for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    async fn handle(&self, context: &mut Context) -> Result<(), HandlerError> {
        let notification = &context.webhook.notification;
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(HandlerCall {
            actions: notification.actions.clone(),
            data: notification.data.to_json(),
            attempt: context.attempt,
        });
        if calls.len() > self.failures { Ok(()) } else { Err(HandlerError::retry("no luck")) }
    }
}
