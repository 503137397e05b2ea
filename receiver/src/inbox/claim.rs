//! Claiming: webhooks that wait for a claim at the same time share one statement.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use postrider_batcher::{Batcher, Settings};
use postrider_domain::ports::{ClaimedInbox, Lease, StoreError};
use postrider_domain::{Ids, InboxId, causes};
use tokio_util::task::TaskTracker;
use tracing::error;

use super::store::PatientStore;

/// A webhook and the right to process it.
pub(super) struct Leased {
    pub(super) claimed: ClaimedInbox,
    pub(super) lease: Lease,
}

/// Claims ids; `None` is one that was passed over.
pub(super) type Claims = Batcher<InboxId, Option<Leased>, StoreError>;

pub(super) fn start(
    settings: Settings,
    store: PatientStore,
    ids: Ids,
    lease: Duration,
    tracker: &TaskTracker,
) -> Claims {
    let claimer = Arc::new(Claimer { store, ids, lease });
    Batcher::start(settings, tracker, |_| 1, move |items| Arc::clone(&claimer).claim(items))
}

struct Claimer {
    store: PatientStore,
    ids: Ids,
    lease: Duration,
}

impl Claimer {
    async fn claim(
        self: Arc<Self>,
        items: Vec<InboxId>,
    ) -> Result<Vec<Option<Leased>>, StoreError> {
        let lease = |now| Lease { token: self.ids.next(), until: now + self.lease };
        match self.store.claim(&items, lease).await {
            Ok((lease, claimed)) => Ok(hand_out(&items, lease, claimed)),
            Err(error) => {
                error!(
                    error = %causes(&error),
                    webhooks = items.len(),
                    "received webhooks cannot be claimed"
                );
                Err(error)
            }
        }
    }
}

/// Puts what was claimed in the order of the ids; one that was asked for twice is handed out once.
fn hand_out(items: &[InboxId], lease: Lease, claimed: Vec<ClaimedInbox>) -> Vec<Option<Leased>> {
    let mut claimed: HashMap<InboxId, ClaimedInbox> =
        claimed.into_iter().map(|claimed| (claimed.item.id, claimed)).collect();
    items.iter().map(|item| Some(Leased { claimed: claimed.remove(item)?, lease })).collect()
}
