//! The life of one delivery in the worker: claim, place, attempt, record.

use std::sync::Arc;
use std::time::Duration;

use postrider_batcher::BatchError;
use postrider_domain::ports::{Claimed, Ticket, Verdict};
use postrider_domain::{AttemptOutcome, DeliveryId, FailureCause};
use prometheus::IntGauge;
use tracing::{instrument, warn};

use crate::Worker;
use crate::attempt::Exchange;
use crate::claim::Leased;
use crate::lanes::Slot;
use crate::places::Place;
use crate::settle::Made;
use crate::store::verdict_after;

impl Worker {
    /// Attempts a delivery if it can be claimed. The slot is free again once the attempt is recorded,
    /// so that a store that falls behind slows the sending down.
    #[instrument(name = "worker.deliver", level = "debug", skip_all, fields(delivery.id = %delivery))]
    pub(crate) async fn deliver(self: Arc<Self>, delivery: DeliveryId, ticket: Ticket, slot: Slot) {
        let verdict = match self.claims.submit(delivery).await {
            Ok(Some(leased)) => match self.place(&leased.claimed).await {
                Some(place) => self.attempt(leased, place).await,
                None => self.parking.park(delivery, leased.lease.token).await,
            },
            Ok(None) => Verdict::Ack,
            Err(BatchError::Failed(error)) => verdict_after(&error),
            Err(BatchError::Stopped) => Verdict::Requeue,
        };
        ticket.finish(verdict);
        drop(slot);
    }

    async fn place(&self, claimed: &Claimed) -> Option<Place> {
        let registration = &claimed.registration;
        if claimed.flow.is_probe {
            return Some(self.places.enter_as_probe(registration.id));
        }
        self.places.enter(registration.id, registration.options.max_in_flight).await
    }

    async fn attempt(&self, Leased { claimed, lease }: Leased, place: Place) -> Verdict {
        let timeout = self.config.timeout_of(&claimed.registration.options);
        let started_at = self.clock.now();
        if started_at + timeout >= lease.until {
            // The claim took so long that another worker may have the delivery before we are done.
            self.metrics.leases_lost.inc();
            warn!(delivery.id = %claimed.delivery, "the lease ran out before the request began");
            return Verdict::Requeue;
        }
        if claimed.attempts == 0
            && let Some(event) = claimed.events.first()
        {
            let delay = started_at.since(event.accepted_at);
            self.metrics.first_attempt_delay.observe(delay.as_secs_f64());
        }
        let number = claimed.attempts.saturating_add(1);

        let in_flight = InFlight::new(&self.metrics.requests_in_flight);
        let exchange = self.sender.send(&claimed, number, timeout).await;
        drop(in_flight);
        place.end(ended_well(&exchange, self.config.busy_patience));

        self.metrics.attempt_ended(&exchange.outcome, exchange.duration);
        self.settle(Made { claimed, token: lease.token, number, started_at, exchange }).await
    }
}

/// Whether the receiver did something: one that is silent for as long as it can tells nothing, and a
/// connection that is refused at once takes nobody's time.
fn ended_well(exchange: &Exchange, patience: Duration) -> bool {
    let answered = match &exchange.outcome {
        AttemptOutcome::Succeeded { .. } => true,
        AttemptOutcome::Failed { cause, status, .. } => {
            status.is_some() && *cause != FailureCause::Timeout
        }
    };
    answered || exchange.duration <= patience
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
