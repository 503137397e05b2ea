//! Two lanes into the worker, so that what is new never waits behind what failed before.
//!
//! Whatever comes through either lane needs a slot. New deliveries may have them all; what comes
//! again (retries, what was held, replays) may have a share of them, and waits for more.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Where a delivery comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// The queue of new deliveries.
    Fresh,
    /// The queue of those that come later.
    Retries,
}

impl Lane {
    /// Both lanes.
    pub(crate) const ALL: [Self; 2] = [Self::Fresh, Self::Retries];

    /// The name in logs and metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Retries => "retries",
        }
    }
}

/// The slots of a worker.
pub(crate) struct Slots {
    all: Arc<Semaphore>,
    for_retries: Arc<Semaphore>,
}

/// The right to work on one delivery.
pub(crate) struct Slot {
    _any: OwnedSemaphorePermit,
    _of_share: Option<OwnedSemaphorePermit>,
}

impl Slots {
    /// So many slots; the second lane has the share `retry_share` of them, and one at least.
    pub(crate) fn new(count: usize, retry_share: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a share of a small number, from 0 to that number"
        )]
        let share = (count as f64 * retry_share.clamp(0.0, 1.0)) as usize;
        Self {
            all: Arc::new(Semaphore::new(count)),
            for_retries: Arc::new(Semaphore::new(share.max(1))),
        }
    }

    /// Waits for a slot. They are given in the order of asking, so that neither lane starves.
    pub(crate) async fn take(&self, lane: Lane) -> Slot {
        let of_share = match lane {
            Lane::Fresh => None,
            Lane::Retries => Some(take(&self.for_retries).await),
        };
        Slot { _any: take(&self.all).await, _of_share: of_share }
    }
}

async fn take(slots: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    Arc::clone(slots).acquire_owned().await.expect("slots are never closed")
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    fn taken(slots: &Slots, lane: Lane) -> Vec<Slot> {
        std::iter::from_fn(|| poll(slots.take(lane))).collect()
    }

    #[test]
    fn what_comes_again_has_its_share_and_what_is_new_has_the_rest_and_more() {
        let slots = Slots::new(10, 0.5);
        let again = taken(&slots, Lane::Retries);
        assert_eq!(again.len(), 5);
        assert_eq!(taken(&slots, Lane::Fresh).len(), 5);
        drop(again);
        assert_eq!(taken(&slots, Lane::Fresh).len(), 10);
    }

    #[test]
    fn the_smallest_share_is_one_slot() {
        assert_eq!(taken(&Slots::new(1, 0.0), Lane::Retries).len(), 1);
        assert_eq!(taken(&Slots::new(3, 1.0), Lane::Retries).len(), 3);
    }
}
