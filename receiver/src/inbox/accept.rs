//! Accepting webhooks: those that arrive together share one commit, and their senders are answered
//! right after it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postrider_batcher::{BatchError, Batcher};
use postrider_domain::ports::{Accepted, InboxStore, Publisher, StoreError};
use postrider_domain::{Clock, Ids, InboxId, InboxItem, causes};
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::error;

use super::announce::Announcements;
use super::{InboxConfig, InboxMetrics};
use crate::Webhook;
use crate::routes::{Enqueue, EnqueueError};

/// What a webhook takes in memory besides its body, roughly.
const OVERHEAD: usize = 4_096;
/// The longest name of a webhook that is kept as it is: indexes have no room for any length.
const LONGEST_KEY: usize = 200;

/// What the accepting side is made of.
pub struct InboxParts {
    /// Where webhooks are stored.
    pub store: Arc<dyn InboxStore>,
    /// Where their ids are announced.
    pub publisher: Arc<dyn Publisher>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: Ids,
    /// The settings.
    pub config: InboxConfig,
    /// The metrics.
    pub metrics: InboxMetrics,
    /// Where commits and announcements run. They end once the inbox is dropped.
    pub tracker: TaskTracker,
}

/// The accepting side of the inbox.
pub struct Inbox {
    batcher: Batcher<Waiting, Accepted, StoreError>,
    room: Arc<Semaphore>,
    bytes: usize,
    patience: Duration,
    clock: Arc<dyn Clock>,
    ids: Ids,
    metrics: InboxMetrics,
}

/// Why a webhook was not stored, as far as is known. Its sender is to send it again.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The store failed.
    #[error("the store failed")]
    Failed(#[source] BatchError<StoreError>),
    /// The store did not answer in time. It may have the webhook all the same.
    #[error("the store did not answer within {} s", .0.as_secs_f32())]
    Overdue(Duration),
}

/// A webhook that waits for its commit, and the room that it takes.
struct Waiting {
    item: InboxItem,
    room: OwnedSemaphorePermit,
}

impl Inbox {
    /// Starts to accept.
    pub fn start(parts: InboxParts) -> Self {
        let InboxParts { store, publisher, clock, ids, config, metrics, tracker } = parts;
        let announcements = Announcements::start(publisher, metrics.clone(), &tracker);
        let committer = Arc::new(Committer {
            store,
            clock: Arc::clone(&clock),
            announcements,
            rescue_after: config.rescue_after,
            metrics: metrics.clone(),
        });
        let flush = move |batch| {
            let committer = Arc::clone(&committer);
            async move { committer.commit(batch).await }
        };
        Self {
            batcher: Batcher::start(config.accepting(), &tracker, weight, flush),
            room: Arc::new(Semaphore::new(config.accept_bytes)),
            bytes: config.accept_bytes,
            patience: config.accept_timeout,
            clock,
            ids,
            metrics,
        }
    }

    /// Stores a webhook, and returns when it is durable.
    ///
    /// Dropping the future may leave the webhook stored.
    ///
    /// # Errors
    /// When it could not be stored within [`InboxConfig::accept_timeout`].
    pub async fn accept(&self, webhook: &Webhook) -> Result<Accepted, AcceptError> {
        let item = self.item(webhook);
        let accepted = timeout(self.patience, async {
            // What waits for a store that hangs must not fill the memory.
            let bytes = (OVERHEAD + item.request.body.len()).min(self.bytes);
            let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
            let room = Arc::clone(&self.room).acquire_many_owned(bytes).await;
            let room = room.expect("the room is never closed");
            self.batcher.submit(Waiting { item, room }).await
        });
        let accepted = match accepted.await {
            Ok(accepted) => accepted.map_err(AcceptError::Failed),
            Err(_) => Err(AcceptError::Overdue(self.patience)),
        };
        if accepted.is_err() {
            self.metrics.accept_failures.inc();
        }
        accepted
    }

    fn item(&self, webhook: &Webhook) -> InboxItem {
        let notification = &webhook.notification;
        InboxItem {
            id: self.ids.next(),
            address: webhook.address.clone(),
            actions: notification.actions.clone(),
            dedupe_key: notification.dedupe_key.as_deref().map(short_key),
            received_at: self.clock.now(),
            request: webhook.request.to_received(),
        }
    }
}

#[async_trait]
impl Enqueue for Inbox {
    async fn enqueue(&self, webhook: &Webhook) -> Result<Accepted, EnqueueError> {
        self.accept(webhook).await.map_err(|error| EnqueueError(error.to_string()))
    }
}

/// Counts webhooks, and large ones as several, so that a commit stays bounded in bytes, too.
fn weight(waiting: &Waiting) -> usize {
    1 + waiting.item.request.body.len() / OVERHEAD
}

/// The key, or the hash of one that is too long for an index or has what no text in Postgres has.
fn short_key(key: &str) -> String {
    if key.len() <= LONGEST_KEY && !key.contains('\0') {
        return key.to_owned();
    }
    format!("sha256:{}", hex::encode(Sha256::digest(key)))
}

struct Committer {
    store: Arc<dyn InboxStore>,
    clock: Arc<dyn Clock>,
    announcements: Announcements,
    rescue_after: Duration,
    metrics: InboxMetrics,
}

impl Committer {
    async fn commit(&self, batch: Vec<Waiting>) -> Result<Vec<Accepted>, StoreError> {
        // The room is free again once the commit is over.
        let (items, _rooms): (Vec<InboxItem>, Vec<_>) =
            batch.into_iter().map(|waiting| (waiting.item, waiting.room)).unzip();
        let rescue_at = self.clock.now() + self.rescue_after;
        let accepted = self.store.accept(&items, rescue_at).await.inspect_err(|error| {
            error!(
                error = %causes(error),
                webhooks = items.len(),
                "received webhooks cannot be stored, their senders are told to send them again"
            );
        })?;

        let mut stored: Vec<InboxId> = Vec::new();
        for (item, accepted) in items.iter().zip(&accepted) {
            self.metrics.accepted(&item.address.receiver, *accepted);
            if *accepted == Accepted::Stored {
                stored.push(item.id);
            }
        }
        self.announcements.hand_over(stored);
        Ok(accepted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_any_length_fits_into_an_index_and_stays_a_key() {
        assert_eq!(short_key("a b"), "a b");
        assert!(!short_key("a\0b").contains('\0'));
        let (one, other) = ("x".repeat(3_000), "x".repeat(3_001));
        assert!(short_key(&one).len() <= LONGEST_KEY);
        assert_eq!(short_key(&one), short_key(&one));
        assert_ne!(short_key(&one), short_key(&other));
    }
}
