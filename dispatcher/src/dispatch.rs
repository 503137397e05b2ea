//! Event messages become deliveries.

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use postrider_domain::ports::{Consumer, Dispatched, QueueError, QueueName, Received, StoreError};
use postrider_domain::{DeliveryId, EventId, causes};
use postrider_wire::cloudevents;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, error, warn};

use crate::Dispatcher;
use crate::conditions::Judgement;

impl Dispatcher {
    /// Dispatches event messages until `shutdown`, then finishes the batches under way.
    ///
    /// # Errors
    /// When the queue was closed.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), QueueError> {
        let config = &self.parts.config;
        let mut consumer = self.parts.queue.consume(QueueName::Events, config.prefetch()).await?;
        let slots = Arc::new(Semaphore::new(config.concurrency));
        let batches = TaskTracker::new();

        while let Some((slot, messages)) =
            self.next_batch(&mut *consumer, &slots, &shutdown).await?
        {
            batches.spawn(self.clone().dispatch_messages(messages, slot, shutdown.clone()));
        }
        batches.close();
        batches.wait().await;
        Ok(())
    }

    /// The slot comes before the messages: what cannot start yet stays in the queue, where another
    /// dispatcher can take it.
    async fn next_batch(
        &self,
        consumer: &mut dyn Consumer,
        slots: &Arc<Semaphore>,
        shutdown: &CancellationToken,
    ) -> Result<Option<(OwnedSemaphorePermit, Vec<Received>)>, QueueError> {
        let slot = tokio::select! {
            biased;
            () = shutdown.cancelled() => return Ok(None),
            slot = Arc::clone(slots).acquire_owned() => slot.expect("slots are never closed"),
        };
        let messages = tokio::select! {
            biased;
            () = shutdown.cancelled() => return Ok(None),
            messages = consumer.next(self.parts.config.batch) => messages?,
        };
        Ok(Some((slot, messages)))
    }

    /// Dispatches one batch of messages and settles each of them.
    async fn dispatch_messages(
        self,
        messages: Vec<Received>,
        _slot: OwnedSemaphorePermit,
        shutdown: CancellationToken,
    ) {
        let (ids, messages) = self.read(messages);
        if ids.is_empty() {
            return;
        }
        match self.dispatch_until(&ids, &shutdown).await {
            Ok(()) => messages.into_iter().for_each(Received::ack),
            Err(error) if error.is_transient() => {
                warn!(
                    error = %causes(&error),
                    "stopped before the store answered, requeueing"
                );
                messages.into_iter().for_each(Received::requeue);
            }
            // One bad event must not take its neighbours along.
            Err(_) => self.dispatch_one_by_one(ids, messages).await,
        }
    }

    /// The ids the messages name; what names none goes to the dead queue.
    fn read(&self, messages: Vec<Received>) -> (Vec<EventId>, Vec<Received>) {
        let mut ids = Vec::with_capacity(messages.len());
        let mut readable = Vec::with_capacity(messages.len());
        for message in messages {
            match cloudevents::decode_id(&message.body) {
                Ok(id) => {
                    ids.push(id);
                    readable.push(message);
                }
                Err(error) => {
                    self.parts.metrics.dispatch.poisoned.inc();
                    error!(
                        error = %causes(&error),
                        "an event message cannot be read, dead-lettering"
                    );
                    message.dead_letter();
                }
            }
        }
        (ids, readable)
    }

    /// Dispatches `ids`; while the store is away it waits and tries again, so that messages do not
    /// circle between broker and dispatcher.
    async fn dispatch_until(
        &self,
        ids: &[EventId],
        shutdown: &CancellationToken,
    ) -> Result<(), StoreError> {
        let patience = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(5))
            .without_max_times();
        (|| self.dispatch(ids))
            .retry(patience)
            .when(|error| error.is_transient() && !shutdown.is_cancelled())
            .notify(|error, delay| {
                warn!(
                    error = %causes(error),
                    delay_ms = delay.as_millis(),
                    "the store is away, dispatching waits"
                );
            })
            .await
    }

    async fn dispatch(&self, ids: &[EventId]) -> Result<(), StoreError> {
        let parts = &self.parts;
        let now = parts.clock.now();
        let rescue_at = now + parts.config.rescue_after;
        let timer = parts.metrics.dispatch.seconds.start_timer();
        let Dispatched { created, conditional } =
            parts.store.dispatch_events(ids, now, rescue_at).await?;
        timer.observe_duration();
        parts.metrics.dispatch.events.inc_by(ids.len() as u64);
        self.send_on(&created).await;

        // What is created goes first: should the store be away for the rest, that is not lost.
        if !conditional.is_empty() {
            let Judgement { events, matches } = self.conditions.judge(conditional).await;
            let created =
                parts.store.dispatch_conditional(&events, &matches, now, rescue_at).await?;
            self.send_on(&created).await;
        }
        Ok(())
    }

    async fn send_on(&self, created: &[DeliveryId]) {
        self.parts.metrics.dispatch.created.inc_by(created.len() as u64);
        debug!(deliveries = created.len(), "dispatched");
        self.publisher.publish_deliveries(QueueName::Deliveries, created).await;
    }

    async fn dispatch_one_by_one(&self, ids: Vec<EventId>, messages: Vec<Received>) {
        for (id, message) in ids.into_iter().zip(messages) {
            match self.dispatch(&[id]).await {
                Ok(()) => message.ack(),
                Err(error) if error.is_transient() => message.requeue(),
                Err(error) => {
                    self.parts.metrics.dispatch.poisoned.inc();
                    error!(event.id = %id, error = %causes(&error), "an event cannot be dispatched, dead-lettering");
                    message.dead_letter();
                }
            }
        }
    }
}
