//! How many deliveries replays may send on at a moment: each by itself, and all of them together.

use std::time::Duration;

use crate::Timestamp;

const SECOND: Duration = Duration::from_secs(1);

/// The pace of a replay, and up to when it has been kept.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Deliveries a second.
    per_second: u32,
    /// Up to when what was due has been sent on.
    kept_to: Timestamp,
}

impl Pace {
    /// The pace as it is stored.
    pub fn of(per_second: impl TryInto<u32>, kept_to: Timestamp) -> Self {
        Self { per_second: per_second.try_into().unwrap_or(1).max(1), kept_to }
    }

    /// How many are due at `now`: a second's worth at the most.
    pub fn due(self, now: Timestamp) -> u32 {
        let micros = now.since(self.begin(now)).as_micros();
        let due = micros * u128::from(self.per_second) / SECOND.as_micros();
        u32::try_from(due).unwrap_or(u32::MAX).min(self.per_second)
    }

    /// Up to when the pace has been kept once `sent` more were sent on. The fraction of the next one
    /// stays, so that looking often does not slow a replay down.
    pub fn kept_after(self, sent: u32, now: Timestamp) -> Timestamp {
        let micros = u64::from(sent) * 1_000_000 / u64::from(self.per_second);
        self.begin(now) + Duration::from_micros(micros)
    }

    /// From when on time counts: what was missed for more than a second is not caught up.
    fn begin(self, now: Timestamp) -> Timestamp {
        let interval = SECOND / self.per_second;
        self.kept_to.max(now - (SECOND + interval) + Duration::from_micros(1))
    }
}

/// Those of `running` that have something due at `now`, in the order in which they take their share of
/// the `limit` of a call: who has little due first, so that the others share what it leaves. There are
/// no more of them than `limit`; those that waited longest come before the others.
pub fn in_turn<T>(
    running: impl IntoIterator<Item = (T, Pace)>,
    now: Timestamp,
    limit: u32,
) -> Vec<T> {
    let due = |(replay, pace): (T, Pace)| (pace.due(now) > 0).then_some((replay, pace));
    let mut due: Vec<_> = running.into_iter().filter_map(due).collect();
    due.sort_by_key(|(_, pace)| pace.kept_to);
    due.truncate(limit as usize);
    due.sort_by_key(|(_, pace)| pace.due(now));
    due.into_iter().map(|(replay, _)| replay).collect()
}

/// What the next of `waiting` replays may take of the `left` deliveries of a call. Never none as long
/// as there is one for each.
pub fn share(left: u32, waiting: usize) -> u32 {
    left.div_ceil(u32::try_from(waiting).unwrap_or(u32::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_795_248_000_000_000);

    /// How many are sent on in `looks` looks that are `every` apart.
    fn sent(per_second: u32, looks: u32, every: Duration) -> u32 {
        let mut pace = Pace { per_second, kept_to: START };
        let mut all = 0;
        for look in 1..=looks {
            let now = START + every * look;
            let due = pace.due(now);
            pace.kept_to = pace.kept_after(due, now);
            all += due;
        }
        all
    }

    #[test]
    fn the_pace_is_kept_however_often_somebody_looks() {
        for per_second in [1, 3, 7, 50, 9_999] {
            for millis in [10, 70, 100, 250, 500, 700, 1_000] {
                let looks = 70_000 / millis;
                let sent = sent(per_second, looks, Duration::from_millis(u64::from(millis)));
                let expected = per_second * 70;
                assert!(sent.abs_diff(expected) <= 1, "{sent} of {expected} every {millis} ms");
            }
        }
    }

    #[test]
    fn a_second_is_the_most_that_is_caught_up() {
        let pace = Pace { per_second: 50, kept_to: START };
        let late = START + Duration::from_mins(10);
        assert_eq!(pace.due(late), 50);
        let pace = Pace { kept_to: pace.kept_after(50, late), ..pace };
        assert_eq!(pace.due(late), 0);
    }

    #[test]
    fn nothing_is_due_at_once_or_when_time_goes_back() {
        let pace = Pace { per_second: 10_000, kept_to: START };
        assert_eq!(pace.due(START), 0);
        assert_eq!(pace.due(START - SECOND), 0);
    }
    /// How many of each go in a call of `limit`, in the order in which they are given: each has a
    /// second's worth due.
    fn shares(paces: &[u32], limit: u32) -> Vec<u32> {
        let now = START + SECOND;
        let running = || paces.iter().map(|&pace| Pace::of(pace, START)).enumerate();
        let turns = in_turn(running(), now, limit);
        let (mut left, mut shares) = (limit, vec![0; paces.len()]);
        for (served, &replay) in turns.iter().enumerate() {
            shares[replay] = paces[replay].min(share(left, turns.len() - served));
            left -= shares[replay];
        }
        shares
    }

    #[test]
    fn the_fastest_keeps_no_other_waiting() {
        assert_eq!(shares(&[10_000, 10, 50], 100), [45, 10, 45]);
        assert_eq!(shares(&[10_000, 10_000, 10_000], 10), [4, 3, 3]);
        assert_eq!(shares(&[5, 10], 100), [5, 10]);
        assert_eq!(shares(&[], 100), Vec::<u32>::new());
    }

    #[test]
    fn of_more_than_may_go_those_that_waited_longest_go() {
        let running = [("late", 2), ("first", 0), ("later", 3), ("second", 1)]
            .map(|(name, second)| (name, Pace::of(1, START + SECOND * second)));
        let now = START + SECOND * 4;
        assert_eq!(in_turn(running, now, 2), ["first", "second"]);
        assert_eq!(in_turn(running, START, 2), [""; 0]);
    }
}
