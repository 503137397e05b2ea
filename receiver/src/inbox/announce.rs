//! Telling the processors of ids that are ready.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use postrider_domain::ports::{Outgoing, Publisher, QueueName};
use postrider_domain::{InboxId, causes};
use postrider_wire::queue::InboxBatch;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use super::InboxMetrics;

/// How many ids a message has: few, so that several processors share a burst of slow work.
pub(super) const IDS_PER_MESSAGE: usize = 20;
/// When more than fill so many messages are published at once, messages have more ids: there is enough
/// to share then, and what a message costs is felt.
const MESSAGES_TO_SHARE: usize = 4;
/// The most ids in one message.
const MOST_IDS_PER_MESSAGE: usize = 100;
/// The most ids that are published at once.
const IDS_AT_ONCE: usize = 1_000;
/// How many commits may wait to be announced.
const WAITING_COMMITS: usize = 1_000;

/// Publishes ids. A failure is counted and logged and nothing more: what was not announced is due
/// later.
pub(super) struct Announcer {
    publisher: Arc<dyn Publisher>,
    metrics: InboxMetrics,
    /// So that an outage is one line in the log.
    failing: AtomicBool,
}

impl Announcer {
    pub(super) fn new(publisher: Arc<dyn Publisher>, metrics: InboxMetrics) -> Self {
        Self { publisher, metrics, failing: AtomicBool::new(false) }
    }

    /// Publishes ids; whether all of them are queued.
    pub(super) async fn announce(&self, ids: &[InboxId]) -> bool {
        if ids.is_empty() {
            return true;
        }
        let messages = ids.chunks(ids_per_message(ids.len())).map(message).collect();
        match self.publisher.publish(QueueName::Inbox, messages).await {
            Ok(()) => {
                if self.failing.swap(false, Ordering::Relaxed) {
                    info!("received webhooks are announced again");
                }
                true
            }
            Err(error) => {
                self.metrics.announce_failures.inc_by(ids.len() as u64);
                if !self.failing.swap(true, Ordering::Relaxed) {
                    warn!(
                        error = %causes(&error),
                        "received webhooks could not be announced, the scheduler will do it"
                    );
                }
                false
            }
        }
    }
}

/// How many of so many ids go in one message.
fn ids_per_message(count: usize) -> usize {
    count.div_ceil(MESSAGES_TO_SHARE).clamp(IDS_PER_MESSAGE, MOST_IDS_PER_MESSAGE)
}

fn message(ids: &[InboxId]) -> Outgoing {
    Outgoing {
        routing_key: String::new(),
        content_type: InboxBatch::CONTENT_TYPE,
        body: InboxBatch { ids: ids.to_vec() }.encode(),
    }
}

/// Announcements in the background, for those who cannot wait.
pub(super) struct Announcements {
    commits: mpsc::Sender<Vec<InboxId>>,
    metrics: InboxMetrics,
}

impl Announcements {
    /// Starts to publish what is handed over. The task ends when this is dropped and all is published.
    pub(super) fn start(
        publisher: Arc<dyn Publisher>,
        metrics: InboxMetrics,
        tracker: &TaskTracker,
    ) -> Self {
        let (commits, handed_over) = mpsc::channel(WAITING_COMMITS);
        tracker.spawn(publish(Announcer::new(publisher, metrics.clone()), handed_over));
        Self { commits, metrics }
    }

    /// Hands the ids of a commit over; never waits. What does not fit is left to the scheduler.
    pub(super) fn hand_over(&self, ids: Vec<InboxId>) {
        let count = ids.len() as u64;
        if count > 0 && self.commits.try_send(ids).is_err() {
            self.metrics.announce_failures.inc_by(count);
        }
    }
}

async fn publish(announcer: Announcer, mut handed_over: mpsc::Receiver<Vec<InboxId>>) {
    while let Some(mut ids) = handed_over.recv().await {
        while ids.len() < IDS_AT_ONCE {
            let Ok(more) = handed_over.try_recv() else { break };
            ids.extend(more);
        }
        announcer.announce(&ids).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_stay_small_until_there_are_enough_of_them_to_share() {
        for (ids, each) in [(1, 20), (80, 20), (81, 21), (200, 50), (400, 100), (1_000, 100)] {
            assert_eq!(ids_per_message(ids), each, "{ids} ids");
        }
    }
}
