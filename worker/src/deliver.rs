//! The life of one delivery in the worker: claim, attempt, record.

use std::sync::Arc;

use postrider_batcher::BatchError;
use postrider_domain::DeliveryId;
use postrider_domain::ports::Verdict;
use prometheus::IntGauge;
use tokio::sync::OwnedSemaphorePermit;
use tracing::{instrument, warn};

use crate::claim::Leased;
use crate::request::Request;
use crate::settle::Made;
use crate::store::verdict_after;
use crate::ticket::Ticket;
use crate::{Worker, attempt};

impl Worker {
    /// Attempts a delivery if it can be claimed. The slot is free again once the attempt is recorded,
    /// so that a store that falls behind slows the sending down.
    #[instrument(name = "worker.deliver", level = "debug", skip_all, fields(delivery.id = %delivery))]
    pub(crate) async fn deliver(
        self: Arc<Self>,
        delivery: DeliveryId,
        ticket: Ticket,
        slot: OwnedSemaphorePermit,
    ) {
        let verdict = match self.claims.submit(delivery).await {
            Ok(Some(leased)) => self.attempt(leased).await,
            Ok(None) => Verdict::Ack,
            Err(BatchError::Failed(error)) => verdict_after(&error),
            Err(BatchError::Stopped) => Verdict::Requeue,
        };
        ticket.finish(verdict);
        drop(slot);
    }

    async fn attempt(&self, Leased { claimed, lease }: Leased) -> Verdict {
        let started_at = self.clock.now();
        if started_at + self.config.timeout >= lease.until {
            // The claim took so long that another worker may have the delivery before we are done.
            self.metrics.leases_lost.inc();
            warn!(delivery.id = %claimed.delivery, "the lease ran out before the request began");
            return Verdict::Requeue;
        }
        if claimed.attempts == 0 {
            let delay = started_at.since(claimed.event.accepted_at);
            self.metrics.first_attempt_delay.observe(delay.as_secs_f64());
        }
        let number = claimed.attempts.saturating_add(1);
        let request = Request::new(&claimed, number, started_at);

        let in_flight = InFlight::new(&self.metrics.requests_in_flight);
        let exchange =
            attempt::post(&self.client, request, self.config.max_response_bytes, &*self.clock)
                .await;
        drop(in_flight);

        self.metrics.attempt_ended(&exchange.outcome, exchange.duration);
        self.settle(Made { claimed, token: lease.token, number, started_at, exchange }).await
    }
}

/// Counts a request for as long as it is under way, however it ends.
struct InFlight<'a>(&'a IntGauge);

impl<'a> InFlight<'a> {
    fn new(gauge: &'a IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
