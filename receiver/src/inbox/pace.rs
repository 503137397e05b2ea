//! How far the scheduler is ahead of the processors.
//!
//! New webhooks stand in the same queue as those that are announced again. When the processors are slow
//! or away, the queue must not fill with ids that are there already, since everything new would wait
//! behind them.

use std::time::Duration;

use postrider_domain::ports::{InboxFilter, InboxStore, StoreError};
use postrider_domain::{InboxId, PageRequest, Timestamp};
use uuid::Uuid;

/// How many full batches may be on their way to the processors.
const BATCHES_AHEAD: usize = 4;
/// How many of the last ids are looked at: one of them may be in work for long.
const LOOKED_AT: usize = 3;
/// By how much it takes longer, at the most, until what nobody came for is announced again.
const LONGEST_PATIENCE: u32 = 16;

/// What one scheduler has announced, and whether it arrived.
pub(super) struct Pace {
    most_ahead: usize,
    ahead: usize,
    /// The last ids that were announced, and when they are due again unless a processor has them.
    last: Vec<InboxId>,
    due_again: Timestamp,
    patience: u32,
}

impl Pace {
    /// For a scheduler that takes so many at a time.
    pub(super) fn new(batch: usize) -> Self {
        Self {
            most_ahead: batch.saturating_mul(BATCHES_AHEAD),
            ahead: 0,
            last: Vec::new(),
            due_again: Timestamp::EPOCH,
            patience: 1,
        }
    }

    /// Whether more may be announced. Not while so much is under way that no processor has come to the
    /// end of, unless it has become due again: then it may be lost, and is announced with more patience.
    pub(super) async fn may_go_on(
        &mut self,
        store: &dyn InboxStore,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if self.ahead < self.most_ahead {
            return Ok(true);
        }
        if self.have_arrived(store).await? {
            self.patience = 1;
        } else if now >= self.due_again {
            self.patience = self.patience.saturating_mul(2).min(LONGEST_PATIENCE);
        } else {
            return Ok(false);
        }
        self.ahead = 0;
        Ok(true)
    }

    /// When what is announced at `now` is due again.
    pub(super) fn due_again(&self, now: Timestamp, rescue_after: Duration) -> Timestamp {
        now + rescue_after.saturating_mul(self.patience)
    }

    /// Notes what was announced.
    pub(super) fn announced(&mut self, items: &[InboxId], due_again: Timestamp) {
        if items.is_empty() {
            return;
        }
        self.ahead += items.len();
        self.last = items[items.len().saturating_sub(LOOKED_AT)..].to_vec();
        self.due_again = due_again;
    }

    /// Whether a processor has done something with one of the last: the queue keeps an order.
    async fn have_arrived(&self, store: &dyn InboxStore) -> Result<bool, StoreError> {
        for item in &self.last {
            // A list comes without bodies.
            let before = Some(Uuid::from_u128(item.0.as_u128().saturating_add(1)));
            let page = PageRequest { before, limit: 1 };
            let found = store.list_inbox(&InboxFilter::default(), page).await?.items;
            let untouched = found
                .iter()
                .any(|report| report.item.id == *item && report.due_at == Some(self.due_again));
            if !untouched {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
