//! Runs that could not be recorded: their handlers run again, so it is seen to it that this is seldom.

use std::time::Duration;

use moka::sync::Cache;
use postrider_domain::{InboxId, Timestamp};
use tokio::sync::watch;

/// When a webhook is tried again whose run could not be recorded; doubles each time it happens again.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_hours(6);
/// How many such webhooks are remembered.
const MOST: u64 = 10_000;

/// What could not be recorded, as far as this processor knows.
pub(super) struct Unrecorded {
    items: Cache<InboxId, Trouble>,
    /// How many have a lease that the store does not take back: until it does, nothing new is begun.
    held: watch::Sender<usize>,
}

#[derive(Clone, Copy)]
struct Trouble {
    failures: u32,
    not_before: Timestamp,
}

/// Keeps the processor from beginning anything new until it is dropped.
pub(super) struct Held<'a>(&'a watch::Sender<usize>);

impl Unrecorded {
    pub(super) fn new() -> Self {
        Self { items: Cache::new(MOST), held: watch::Sender::new(0) }
    }

    /// Notes that a run of this webhook could not be recorded; when it may be tried again.
    pub(super) fn note(&self, item: InboxId, now: Timestamp) -> Timestamp {
        let failures = self.items.get(&item).map_or(0, |trouble| trouble.failures);
        let pause = FIRST_PAUSE.saturating_mul(1 << failures.min(16)).min(LONGEST_PAUSE);
        let not_before = now + pause;
        self.items.insert(item, Trouble { failures: failures.saturating_add(1), not_before });
        not_before
    }

    /// Notes that a run of this webhook was recorded.
    pub(super) fn forget(&self, item: InboxId) {
        self.items.invalidate(&item);
    }

    /// Whether it is too early for this webhook: a message that names it once more changes nothing.
    pub(super) fn is_early(&self, item: InboxId, now: Timestamp) -> bool {
        self.items.get(&item).is_some_and(|trouble| now < trouble.not_before)
    }

    /// Keeps everything new waiting.
    pub(super) fn hold(&self) -> Held<'_> {
        self.held.send_modify(|held| *held += 1);
        Held(&self.held)
    }

    /// Waits until nothing is held.
    pub(super) async fn until_clear(&self) {
        // The sender is `self`, so that it cannot be gone.
        self.held.subscribe().wait_for(|held| *held == 0).await.ok();
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|held| *held -= 1);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_webhook_whose_runs_are_not_recorded_waits_twice_as_long_each_time() {
        let unrecorded = Unrecorded::new();
        let (item, other) = (InboxId(Uuid::from_u128(1)), InboxId(Uuid::from_u128(2)));
        let now = Timestamp::from_micros(0);
        assert!(!unrecorded.is_early(item, now));
        let pauses: Vec<_> = (0..12).map(|_| unrecorded.note(item, now).since(now)).collect();
        assert_eq!(pauses[..3], [1, 2, 4].map(Duration::from_mins));
        assert_eq!(pauses[11], LONGEST_PAUSE);
        assert!(unrecorded.is_early(item, now) && !unrecorded.is_early(other, now));
        assert!(!unrecorded.is_early(item, now + LONGEST_PAUSE));

        unrecorded.forget(item);
        assert!(!unrecorded.is_early(item, now));
        assert_eq!(unrecorded.note(item, now).since(now), FIRST_PAUSE);
    }
}
