//! Whom a token stands for, remembered for a moment so that a busy publisher costs no query per
//! request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use postrider_domain::ports::{Store, StoreError, TokenHash};
use postrider_domain::{Clock, Principal, Timestamp};

use crate::tokens;

/// The most principals that are remembered.
const CAPACITY: u64 = 10_000;

/// Looks principals up. Only those that were found are remembered: made-up tokens must not push real
/// ones out.
pub(crate) struct Authenticator {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    believed_for: Duration,
    known: Cache<TokenHash, Known>,
    /// Grows whenever accounts change: what was looked up before is not believed any more, not even
    /// what comes back from the store only now.
    changes: AtomicU64,
}

#[derive(Clone)]
struct Known {
    principal: Arc<Principal>,
    looked_up_at: Timestamp,
    changes: u64,
}

impl Authenticator {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        believed_for: Duration,
    ) -> Self {
        // The cache's own expiry only frees memory; what is believed is decided by our clock.
        let known = Cache::builder()
            .max_capacity(CAPACITY)
            .time_to_live(believed_for.max(Duration::from_secs(1)))
            .build();
        Self { store, clock, believed_for, known, changes: AtomicU64::new(0) }
    }

    /// Whom the presented token stands for; `None` when it is not (or no longer) good.
    pub(crate) async fn find_principal(
        &self,
        token: &str,
    ) -> Result<Option<Arc<Principal>>, StoreError> {
        let Some(hash) = tokens::hash_presented(token) else { return Ok(None) };
        let (now, changes) = (self.clock.now(), self.changes.load(Ordering::Acquire));
        if let Some(known) = self.known.get(&hash)
            && known.changes == changes
            && now.since(known.looked_up_at) < self.believed_for
        {
            return Ok(Some(known.principal));
        }
        let principal = self.store.find_principal(hash, now).await?.map(Arc::new);
        match &principal {
            Some(principal) => {
                let principal = Arc::clone(principal);
                self.known.insert(hash, Known { principal, looked_up_at: now, changes });
            }
            None => self.known.invalidate(&hash),
        }
        Ok(principal)
    }

    /// Looks everybody up again: an account, a token or a key was changed or ended.
    pub(crate) fn forget_all(&self) {
        self.changes.fetch_add(1, Ordering::Release);
        self.known.invalidate_all();
    }
}
