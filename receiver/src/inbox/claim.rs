//! Claiming: webhooks that wait for a claim at the same time share one statement.

use std::collections::{HashMap, HashSet};
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use postrider_batcher::{Batcher, Settings};
use postrider_domain::ports::{ClaimedInbox, InboxClaim, Lease, StoreError, Verdict};
use postrider_domain::{Ids, InboxId, causes};
use tokio_util::task::TaskTracker;
use tracing::error;

use super::store::PatientStore;

/// What became of an id.
pub(super) enum Claim {
    /// It may be processed.
    Ours(Box<Leased>),
    /// It is ours, and nobody can read what is stored of it.
    Unreadable(Lease),
    /// It is somebody else's, or nobody's any more.
    PassedOver,
    /// The store failed on it alone; what its message is told.
    Left(Verdict),
}

/// A webhook and the right to process it.
pub(super) struct Leased {
    pub(super) claimed: ClaimedInbox,
    pub(super) lease: Lease,
}

/// Claims ids.
pub(super) type Claims = Batcher<InboxId, Claim, StoreError>;

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
    async fn claim(self: Arc<Self>, items: Vec<InboxId>) -> Result<Vec<Claim>, StoreError> {
        let error = match self.claim_at_once(&items).await {
            Ok(claims) => return Ok(claims),
            Err(error) => error,
        };
        error!(
            error = %causes(&error),
            webhooks = items.len(),
            "received webhooks cannot be claimed"
        );
        if error.is_transient() {
            return Err(error);
        }
        // One of them may be what the store refuses, and the others are not to wait for it.
        let mut claims = Vec::with_capacity(items.len());
        for item in items {
            claims.push(self.claim_alone(item).await);
        }
        Ok(claims)
    }

    async fn claim_alone(&self, item: InboxId) -> Claim {
        match self.claim_at_once(slice::from_ref(&item)).await {
            Ok(claims) => claims.into_iter().next().unwrap_or(Claim::PassedOver),
            Err(error) if error.is_transient() => Claim::Left(Verdict::Requeue),
            Err(error) => {
                // The message would be refused over and over. The scheduler comes back to it.
                error!(
                    inbox.id = %item,
                    error = %causes(&error),
                    "a received webhook cannot be claimed, it is left for later"
                );
                Claim::Left(Verdict::Ack)
            }
        }
    }

    async fn claim_at_once(&self, items: &[InboxId]) -> Result<Vec<Claim>, StoreError> {
        let lease = |now| Lease { token: self.ids.next(), until: now + self.lease };
        let (lease, claimed) = self.store.claim(items, lease).await?;
        Ok(hand_out(items, lease, claimed))
    }
}

/// Puts what was claimed in the order of the ids; one that was asked for twice is handed out once.
fn hand_out(items: &[InboxId], lease: Lease, claim: InboxClaim) -> Vec<Claim> {
    let mut unreadable: HashSet<InboxId> = claim.unreadable.into_iter().collect();
    let mut claimed: HashMap<InboxId, ClaimedInbox> =
        claim.items.into_iter().map(|claimed| (claimed.item.id, claimed)).collect();
    let mut hand_out = |item: &InboxId| match claimed.remove(item) {
        Some(claimed) => Claim::Ours(Box::new(Leased { claimed, lease })),
        None if unreadable.remove(item) => Claim::Unreadable(lease),
        None => Claim::PassedOver,
    };
    items.iter().map(&mut hand_out).collect()
}
