//! How fast a receiver is, and what that says of the time to wait for it.

use std::time::Duration;

use tokio::time::Instant;

/// The longest that a receiver may do nothing before it counts as one that hangs, however slow it
/// usually is: those who wait take up slots.
const LONGEST: Duration = Duration::from_secs(1);
/// By what part of the difference one quick answer lowers what is taken to be usual. A slow one raises
/// it at once.
const LOWERS_BY: u32 = 8;

/// What is known of a receiver's speed.
#[derive(Debug)]
pub(crate) struct Pace {
    /// For a receiver that is fast, or that nothing is known of.
    patience: Duration,
    /// How long a request takes of late.
    usual: Option<Duration>,
    ended: Ended,
}

impl Pace {
    /// `usual` is what was known before.
    pub(crate) fn new(patience: Duration, usual: Option<Duration>, now: Instant) -> Self {
        Self { patience, usual, ended: Ended { begun: now, current: 0, before: 0 } }
    }

    /// A request ended well after `took`.
    pub(crate) fn saw(&mut self, took: Duration, now: Instant) {
        self.usual = Some(match self.usual {
            Some(usual) if took < usual => {
                usual.saturating_sub(usual.saturating_sub(took) / LOWERS_BY)
            }
            _ => took,
        });
        self.ended.count(self.patience(), now);
    }

    /// How long nothing may come of this receiver before it counts as one that hangs. One that takes
    /// its time does not: twice what it usually takes is long enough to tell.
    pub(crate) fn patience(&self) -> Duration {
        self.usual.map_or(self.patience, |usual| self.patience.max((usual * 2).min(LONGEST)))
    }

    /// Whether it is known to take longer than a fast receiver.
    pub(crate) fn is_slow(&self) -> bool {
        self.usual.is_some_and(|usual| usual > self.patience)
    }

    /// How long a request takes of late, if one has ended.
    pub(crate) fn usual(&self) -> Option<Duration> {
        self.usual
    }

    /// How many requests ended well within a patience.
    pub(crate) fn ended_lately(&mut self, now: Instant) -> usize {
        self.ended.lately(self.patience(), now)
    }
}

/// How many requests ended well in the present patience, and in the one before.
#[derive(Debug)]
struct Ended {
    begun: Instant,
    current: usize,
    before: usize,
}

impl Ended {
    fn count(&mut self, patience: Duration, now: Instant) {
        self.turn(patience, now);
        self.current += 1;
    }

    /// The better of the two: the present one has only begun.
    fn lately(&mut self, patience: Duration, now: Instant) -> usize {
        self.turn(patience, now);
        self.current.max(self.before)
    }

    fn turn(&mut self, patience: Duration, now: Instant) {
        let age = now.saturating_duration_since(self.begun);
        if age >= patience {
            self.before = if age < patience * 2 { self.current } else { 0 };
            self.current = 0;
            self.begun = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(100);

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_patience_is_twice_what_a_slow_receiver_takes_and_a_second_at_the_most() {
        let now = Instant::now();
        let patience = |usual| Pace::new(PATIENCE, usual, now).patience();
        assert_eq!(patience(None), PATIENCE);
        for (usual, expected) in [(5, 100), (50, 100), (200, 400), (499, 998), (5000, 1000)] {
            assert_eq!(patience(Some(millis(usual))), millis(expected), "{usual} ms");
        }
        let patient = Pace::new(millis(3000), Some(millis(700)), now);
        assert_eq!(patient.patience(), millis(3000));
    }

    #[test]
    fn a_slow_answer_counts_at_once_and_is_forgotten_after_some_quick_ones() {
        let now = Instant::now();
        let mut pace = Pace::new(PATIENCE, Some(millis(10)), now);
        pace.saw(millis(400), now);
        assert_eq!((pace.usual(), pace.is_slow()), (Some(millis(400)), true));
        pace.saw(millis(10), now);
        assert!(pace.is_slow(), "one quick answer says little");
        (0..30).for_each(|_| pace.saw(millis(10), now));
        assert!(!pace.is_slow(), "{:?}", pace.usual());
    }
}
