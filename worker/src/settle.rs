//! What follows from an attempt, and its way into the record.

use std::borrow::Cow;
use std::time::Duration;

use postrider_batcher::BatchError;
use postrider_domain::ports::{Claimed, Recorded, Verdict};
use postrider_domain::{Attempt, FailureCause, LeaseToken, Settlement, Timestamp};
use tracing::{debug, info};

use crate::Worker;
use crate::attempt::Exchange;
use crate::health::{Seen, counts_as_failure};
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
    /// Decides what becomes of the delivery, records that with the attempt, and tells how the receiver
    /// does.
    pub(crate) async fn settle(&self, made: Made) -> Verdict {
        let settlement = self.settlement(&made);
        log(&made, settlement);

        let Made { claimed, token, number, started_at, exchange } = made;
        let outcome = exchange.outcome.clone();
        let attempt = Attempt {
            id: self.ids.next(),
            delivery: claimed.delivery,
            number,
            started_at,
            duration: exchange.duration,
            timings: exchange.timings,
            replay: claimed.replays,
            request: exchange.request,
            outcome: exchange.outcome,
            response: exchange.response,
            worker: self.name.clone(),
        };
        let seen = Seen {
            delivery: claimed.delivery,
            started_at,
            outcome: &outcome,
            settlement,
            flow: claimed.flow,
            is_notice: claimed.events.iter().all(|event| event.filter.is_reserved()),
        };
        let latency = latency(&claimed, settlement, started_at + attempt.duration);
        // The events and the registration are not needed while the record waits for its commit.
        let registration = claimed.registration.id;
        drop((claimed.events, claimed.registration));

        match self.records.submit(Recorded { attempt, settlement, token }).await {
            Ok(Ok(())) => {
                self.metrics.settled(settlement);
                if let Some(latency) = latency {
                    self.metrics.latency.observe(latency.as_secs_f64());
                }
                self.reporter.saw(registration, &seen).await;
                Verdict::Ack
            }
            Ok(Err(error)) => verdict_after(&error),
            Err(BatchError::Failed(error)) => verdict_after(&error),
            Err(BatchError::Stopped) => Verdict::Requeue,
        }
    }

    fn settlement(&self, made: &Made) -> Settlement {
        let Made { claimed, number, exchange, .. } = made;
        let delays = claimed.registration.options.retry_delays.as_deref();
        // The delays were checked when they were registered.
        let policy = delays
            .and_then(|delays| self.config.retry_policy_of(delays).ok())
            .map_or(Cow::Borrowed(&self.policy), Cow::Owned);
        let settlement = policy.settle(
            &exchange.outcome,
            number.saturating_sub(claimed.earlier_rounds),
            self.clock.now(),
            exchange.retry_after,
            self.ids.fraction(),
        );
        let is_gone = exchange.outcome.status() == Some(410);
        if claimed.flow.is_probe && counts_as_failure(&exchange.outcome) && !is_gone {
            Settlement::Hold
        } else {
            settlement
        }
    }
}

/// How long it took to deliver, from the acceptance of the first event that goes with it. What was sent
/// again on request tells how old it was, and not how long it took.
fn latency(claimed: &Claimed, settlement: Settlement, ended_at: Timestamp) -> Option<Duration> {
    let event = claimed.events.first()?;
    let counts = matches!(settlement, Settlement::Delivered) && claimed.replays == 0;
    counts.then(|| ended_at.since(event.accepted_at))
}

/// One wide event per attempt. Of the target only the origin: paths and queries carry credentials.
fn log(made: &Made, settlement: Settlement) {
    macro_rules! attempt_ended {
        ($level:ident, $message:literal) => {
            $level!(
                delivery.id = %made.claimed.delivery,
                delivery.events = made.claimed.events.len(),
                event.id = made.claimed.events.first().map(|event| tracing::field::display(event.id)),
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
        Settlement::Delivered | Settlement::Retry { .. } | Settlement::Hold => {
            attempt_ended!(debug, "an attempt ended");
        }
    }
}
