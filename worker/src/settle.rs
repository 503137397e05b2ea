//! What follows from an attempt, and its way into the record.

use postrider_batcher::BatchError;
use postrider_domain::ports::{Claimed, Recorded, Verdict};
use postrider_domain::{Attempt, FailureCause, LeaseToken, Settlement, Timestamp};
use tracing::{debug, info};

use crate::Worker;
use crate::attempt::Exchange;
use crate::store::verdict_after;

/// An attempt that was made.
pub(crate) struct Made {
    pub(crate) claimed: Claimed,
    pub(crate) token: LeaseToken,
    pub(crate) number: u16,
    pub(crate) started_at: Timestamp,
    pub(crate) exchange: Exchange,
}

impl Worker {
    /// Decides what becomes of the delivery, and records that with the attempt.
    pub(crate) async fn settle(&self, made: Made) -> Verdict {
        let this_round = made.number.saturating_sub(made.claimed.earlier_rounds);
        let settlement = self.policy.settle(
            &made.exchange.outcome,
            this_round,
            self.clock.now(),
            made.exchange.retry_after,
            self.ids.fraction(),
        );
        log(&made, settlement);

        let Made { claimed, token, number, started_at, exchange } = made;
        let attempt = Attempt {
            id: self.ids.next(),
            delivery: claimed.delivery,
            number,
            started_at,
            duration: exchange.duration,
            outcome: exchange.outcome,
            response: exchange.response,
            worker: self.name.clone(),
        };
        // The event and the registration are not needed while the record waits for its commit.
        drop((claimed.event, claimed.registration));

        match self.records.submit(Recorded { attempt, settlement, token }).await {
            Ok(Ok(())) => {
                self.metrics.settled(settlement);
                Verdict::Ack
            }
            Ok(Err(error)) => verdict_after(&error),
            Err(BatchError::Failed(error)) => verdict_after(&error),
            Err(BatchError::Stopped) => Verdict::Requeue,
        }
    }
}

/// One wide event per attempt. Of the target only the origin: paths and queries carry credentials.
fn log(made: &Made, settlement: Settlement) {
    macro_rules! attempt_ended {
        ($level:ident, $message:literal) => {
            $level!(
                delivery.id = %made.claimed.delivery,
                event.id = %made.claimed.event.id,
                registration.id = %made.claimed.registration.id,
                target.origin = made.claimed.registration.uri.origin(),
                attempt.number = made.number,
                attempt.duration_ms = made.exchange.duration.as_secs_f64() * 1e3,
                attempt.status = made.exchange.outcome.status(),
                attempt.cause = made.exchange.outcome.cause().map(FailureCause::as_str),
                delivery.state = settlement.state().as_str(),
                delivery.due_at = settlement.due_at().map(tracing::field::display),
                delivery.dead_reason = settlement.dead_reason().map(|reason| reason.as_str()),
                $message
            )
        };
    }
    match settlement {
        Settlement::Dead { .. } => attempt_ended!(info, "a delivery was given up"),
        Settlement::Delivered | Settlement::Retry { .. } => {
            attempt_ended!(debug, "an attempt ended");
        }
    }
}
