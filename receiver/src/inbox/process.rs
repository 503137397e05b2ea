//! The processing side: what it is made of.

use std::sync::Arc;

use postrider_domain::ports::{Consumer, InboxStore, Queue, QueueError, QueueName};
use postrider_domain::{Clock, Ids, Invalid, ReceiverAddress, RetryPolicy};
use postrider_runtime::Process;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::claim::{self, Claims};
use super::places::Places;
use super::seldom::Seldom;
use super::store::PatientStore;
use super::unrecorded::Unrecorded;
use super::{InboxConfig, InboxMetrics};
use crate::routes::url_below;
use crate::{Chain, Receivers};

/// What the record of a webhook names instead of a handler when it could not be read any more.
pub const READING: &str = "(read)";
/// The same when there was no handler to run.
pub const NO_HANDLER: &str = "(none)";

/// What a processor is made of.
pub struct ProcessorParts {
    /// Where webhooks are claimed and runs recorded.
    pub store: Arc<dyn InboxStore>,
    /// Who reads them. The same ones as where they were received, the application's own included.
    pub receivers: Arc<Receivers>,
    /// What is done with them.
    pub chain: Chain,
    /// What the URLs of the receivers begin with, before [`crate::routes::PATH`], such as
    /// `https://example.com`. It is the start of [`crate::Request::url`].
    pub base: Url,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where proofs of leases and jitter come from.
    pub ids: Ids,
    /// The settings.
    pub config: InboxConfig,
    /// The metrics.
    pub metrics: InboxMetrics,
    /// Where claims run. They end once the processor is dropped.
    pub tracker: TaskTracker,
}

/// Runs the handlers of received webhooks; clones are the same one.
///
/// The order of things, which each webhook goes through on its own task:
///
/// 1. **slot**: one of `concurrency`; without it nothing is taken from the queue;
/// 2. **message**: the ids of webhooks; it is settled once all of them are claimed or passed over;
/// 3. **claim**: a lease on the webhook, prolonged for as long as it is worked on;
/// 4. **place**: those of one URL have a share of the slots, and of the bytes; what has none in a moment
///    goes back to the store until there should be room;
/// 5. **body**, if it is too large to come with the claim;
/// 6. **handlers**, each recorded before the next one begins. When that fails, nothing new is begun until
///    the store answers again.
#[derive(Clone)]
pub struct Processor {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) store: PatientStore,
    pub(super) receivers: Arc<Receivers>,
    pub(super) chain: Chain,
    base: Url,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Ids,
    pub(super) config: InboxConfig,
    pub(super) policy: RetryPolicy,
    pub(super) metrics: InboxMetrics,
    pub(super) claims: Claims,
    pub(super) slots: Arc<Semaphore>,
    pub(super) places: Arc<Places>,
    pub(super) unrecorded: Unrecorded,
    pub(super) unhandled: Seldom,
}

impl Processor {
    /// Makes a processor; nothing runs yet.
    ///
    /// # Errors
    /// When the retry schedule makes no sense; [`InboxConfig::validate`] says so beforehand.
    pub fn new(parts: ProcessorParts) -> Result<Self, Invalid> {
        let ProcessorParts { store, receivers, chain, base, clock, ids, config, metrics, tracker } =
            parts;
        let store = PatientStore::new(store, Arc::clone(&clock), config.store_retries);
        let claims =
            claim::start(config.claiming(), store.clone(), ids.clone(), config.lease, &tracker);
        let inner = Inner {
            policy: config.retry_policy()?,
            slots: Arc::new(Semaphore::new(config.concurrency)),
            places: Places::new(
                config.concurrency,
                config.work_bytes,
                config.busy_patience,
                Arc::clone(&clock),
            ),
            unrecorded: Unrecorded::new(),
            unhandled: Seldom::default(),
            store,
            receivers,
            chain,
            base,
            clock,
            ids,
            config,
            metrics,
            claims,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Processes what `queue` brings, as a task of `process`.
    ///
    /// # Errors
    /// When the queue is closed.
    pub async fn spawn(self, process: &mut Process, queue: &dyn Queue) -> Result<(), QueueError> {
        let consumer = self.consume(queue).await?;
        let shutdown = process.shutdown.clone();
        process.spawn("inbox processor", self.run(consumer, shutdown));
        Ok(())
    }

    /// Begins to consume the ids of webhooks, for [`Self::run`].
    ///
    /// # Errors
    /// When the queue is closed.
    pub async fn consume(&self, queue: &dyn Queue) -> Result<Box<dyn Consumer>, QueueError> {
        queue.consume(QueueName::Inbox, self.inner.config.prefetch()).await
    }

    /// Processes what `consumer` brings until `shutdown`. Then handlers under way are finished, and
    /// everything else is put back. Dropping the future stops at once, as a crash would.
    ///
    /// # Errors
    /// When the queue is closed; handlers under way are finished then, too.
    pub async fn run(
        self,
        consumer: Box<dyn Consumer>,
        shutdown: CancellationToken,
    ) -> Result<(), QueueError> {
        super::intake::run(&self.inner, consumer, shutdown).await
    }
}

impl Inner {
    /// The URL of an address. The query is that of each request.
    pub(super) fn url(&self, address: &ReceiverAddress) -> Url {
        url_below(&self.base, address)
    }
}
