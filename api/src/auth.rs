//! Whom a token, a session or a key stands for, remembered for a moment so that a busy publisher costs
//! no query per request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use postrider_domain::ports::{Store, StoreError, TokenHash};
use postrider_domain::{Clock, Credential, Principal, Session, Timestamp, causes};
use tracing::warn;

use crate::ApiConfig;
use crate::extract::Caller;
use crate::tokens;

/// The most principals that are remembered.
const CAPACITY: u64 = 10_000;
/// How far a session may be used before that is written down.
const PROLONG_EVERY: Duration = Duration::from_mins(1);

/// Looks principals up. Only those that were found are remembered: made-up tokens must not push real
/// ones out.
pub(crate) struct Authenticator {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    believed_for: Duration,
    session_idle: Duration,
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
    pub(crate) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, config: &ApiConfig) -> Self {
        let believed_for = config.principal_cache;
        // The cache's own expiry only frees memory; what is believed is decided by our clock.
        let known = Cache::builder()
            .max_capacity(CAPACITY)
            .time_to_live(believed_for.max(Duration::from_secs(1)))
            .build();
        let (session_idle, changes) = (config.session_idle, AtomicU64::new(0));
        Self { store, clock, believed_for, session_idle, known, changes }
    }

    /// Whom a bearer's token or key stands for; `None` when it is not (or no longer) good.
    pub(crate) async fn find_bearer(&self, token: &str) -> Result<Option<Caller>, StoreError> {
        let Some(hash) = tokens::hash_bearer(token) else { return Ok(None) };
        let principal = self.find(hash).await?;
        // Their first letters tell them apart; the store has to agree.
        let principal = principal.filter(|principal| session_of(principal).is_none());
        Ok(principal.map(|principal| Caller::new(principal, hash)))
    }

    /// Whose the session is that a cookie names; `None` when it is not (or no longer) good.
    pub(crate) async fn find_session(&self, cookie: &str) -> Result<Option<Caller>, StoreError> {
        let Some(hash) = tokens::hash_cookie(cookie) else { return Ok(None) };
        let principal = self.find(hash).await?;
        let principal = principal.filter(|principal| session_of(principal).is_some());
        Ok(principal.map(|principal| Caller::new(principal, hash)))
    }

    /// The caller as they are by now, for answers that take long; `None` when what they proved
    /// themselves with has ended.
    pub(crate) async fn look_again(&self, caller: &Caller) -> Result<Option<Caller>, StoreError> {
        let principal = self.find(caller.proof()).await?;
        Ok(principal.map(|principal| Caller::new(principal, caller.proof())))
    }

    /// Notes that a session is used, so that it goes on; the caller as they are then. A session that
    /// was prolonged less than a minute ago is left as it is.
    pub(crate) async fn prolong(&self, caller: Caller) -> Caller {
        let Some(session) = session_of(&caller) else { return caller };
        let (now, changes) = (self.clock.now(), self.changes.load(Ordering::Acquire));
        let expires_at = session.ends_at.min(now + self.session_idle);
        // A tenth: where sessions end within minutes, a minute is much.
        let step = PROLONG_EVERY.min(self.session_idle / 10);
        if expires_at == session.expires_at || expires_at.since(session.expires_at) < step {
            return caller;
        }
        let hash = caller.proof();
        match self.store.prolong_session(hash, session, now, expires_at).await {
            Ok(true) => {}
            Ok(false) => {
                self.known.invalidate(&hash);
                return caller;
            }
            // It is good for now, and the next request will try again.
            Err(error) => {
                warn!(error = %causes(&error), "a session could not be prolonged");
                return caller;
            }
        }
        let credential = Credential::Session(Session { expires_at, ..session });
        let principal = Arc::new(Principal { credential, ..Principal::clone(&caller) });
        let known = Known { principal: Arc::clone(&principal), looked_up_at: now, changes };
        self.known.insert(hash, known);
        Caller::new(principal, hash)
    }

    /// Looks everybody up again: an account, a token or a key was changed or ended.
    pub(crate) fn forget_all(&self) {
        self.changes.fetch_add(1, Ordering::Release);
        self.known.invalidate_all();
    }

    async fn find(&self, hash: TokenHash) -> Result<Option<Arc<Principal>>, StoreError> {
        let (now, changes) = (self.clock.now(), self.changes.load(Ordering::Acquire));
        if let Some(known) = self.known.get(&hash)
            && known.changes == changes
            && now.since(known.looked_up_at) < self.believed_for
            && session_of(&known.principal).is_none_or(|session| now < session.expires_at)
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
}

/// The session that somebody proved themselves with, if it was one.
pub(crate) fn session_of(principal: &Principal) -> Option<Session> {
    match principal.credential {
        Credential::Session(session) => Some(session),
        Credential::Token | Credential::Key { .. } => None,
    }
}
