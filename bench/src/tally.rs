//! What the receipts of a scenario add up to.

use std::collections::HashMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::scenario::Load;
use crate::sink::Receipt;

/// Latencies are told apart up to an hour, in microseconds, to three digits.
const HIGHEST_MICROS: u64 = 3_600_000_000;
const DIGITS: u8 = 3;

/// What arrived.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Different deliveries.
    pub(crate) received: u32,
    /// Deliveries that never came.
    pub(crate) lost: u32,
    /// Deliveries that came again.
    pub(crate) duplicates: u32,
    /// Those of them under another `webhook-id`, which no subscriber can recognise as a repeat.
    pub(crate) unrecognisable: u32,
    /// From the start of the event's request to the first receipt.
    latency_micros: Histogram<u64>,
    last_at: i64,
}

impl Tally {
    /// Adds up.
    pub(crate) fn of(receipts: &[Receipt], load: Load) -> Self {
        let mut first: HashMap<(u32, u32), u64> = HashMap::with_capacity(receipts.len());
        let mut latency_micros = Histogram::new_with_bounds(1, HIGHEST_MICROS, DIGITS)
            .expect("the bounds are in order and the digits few");
        let (mut duplicates, mut unrecognisable, mut last_at) = (0, 0, 0);
        for receipt in receipts {
            let delivery = (receipt.registration, receipt.sequence);
            if let Some(message) = first.get(&delivery) {
                duplicates += 1;
                unrecognisable += u32::from(*message != receipt.message);
                continue;
            }
            first.insert(delivery, receipt.message);
            last_at = last_at.max(receipt.received_at);
            // A clock that was set back in between must not end the run.
            let micros = u64::try_from(receipt.received_at - receipt.sent_at).unwrap_or_default();
            latency_micros.saturating_record(micros);
        }
        let received = u32::try_from(first.len()).unwrap_or(u32::MAX);
        let lost = load.deliveries().saturating_sub(received);
        Self { received, lost, duplicates, unrecognisable, latency_micros, last_at }
    }

    /// Deliveries per second between `began_at` and the last of them.
    pub(crate) fn per_second(&self, began_at: i64) -> f64 {
        rate(self.received, began_at, self.last_at)
    }

    /// The latency that so many percent of the deliveries stay below, in milliseconds.
    pub(crate) fn percentile_ms(&self, percent: f64) -> f64 {
        let micros = self.latency_micros.value_at_quantile(percent / 100.0);
        Duration::from_micros(micros).as_secs_f64() * 1_000.0
    }
}

/// So many per second between two moments in microseconds.
pub(crate) fn rate(count: u32, began_at: i64, ended_at: i64) -> f64 {
    let micros = u64::try_from(ended_at - began_at).unwrap_or_default().max(1);
    f64::from(count) / Duration::from_micros(micros).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Pace;

    const LOAD: Load = Load { events: 2, registrations: 2, pace: Pace::AtOnce };

    fn receipt(registration: u32, sequence: u32, received_at: i64, message: u64) -> Receipt {
        Receipt { registration, sequence, sent_at: 1_000, received_at, message }
    }

    #[test]
    fn what_is_missing_is_lost_and_what_comes_again_is_a_duplicate() {
        let receipts = [
            receipt(0, 0, 2_000, 1),
            receipt(0, 1, 3_000, 2),
            receipt(1, 0, 501_000, 3),
            receipt(0, 0, 9_000_000, 1),
            receipt(0, 0, 9_000_000, 7),
        ];
        let tally = Tally::of(&receipts, LOAD);
        assert_eq!((tally.received, tally.lost), (3, 1));
        assert_eq!((tally.duplicates, tally.unrecognisable), (2, 1));
        assert!((tally.per_second(1_000) - 6.0).abs() < 0.001);
        assert!((tally.percentile_ms(50.0) - 2.0).abs() < 0.01);
        assert!((tally.percentile_ms(99.0) - 500.0).abs() < 1.0);
    }

    #[test]
    fn nothing_received_is_all_lost_and_no_rate() {
        let tally = Tally::of(&[], LOAD);
        assert_eq!((tally.lost, tally.duplicates), (4, 0));
        assert!(tally.per_second(1_000) < 0.001);
    }
}
