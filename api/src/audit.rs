//! The audit log: who did, or tried, what to the product itself.
//!
//! What changes something is noted before it is done, and again when it is over, so that nothing is
//! done unseen; the guard in `middleware` does both. A look at a secret and a sign-in are noted once
//! they have succeeded, before anybody is shown the outcome; what is denied is noted once.
//!
//! Whatever else is read, by an administrator of others' things too, is not noted, and publishing has
//! its own record. Of denied reads and slowed sign-ins one a minute is noted per actor and route, or
//! per whoever is out of attempts: a client in a loop must not fill the database.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use http::header::LOCATION;
use http::{HeaderMap, Method, StatusCode, Uri};
use postrider_domain::ports::{AuditEnd, Store, StoreError};
use postrider_domain::{
    ApiKeyId, AuditEntry, AuditId, AuditOutcome, Clock, Credential, Ids, Principal, User, UserId,
    causes,
};
use prometheus::IntCounter;
use tower_http::request_id::RequestId;
use tracing::error;

pub(crate) use self::note::AuditNote;
use crate::throttle::Limiter;
use postrider_runtime::RequestOrigin;

mod note;

/// The most characters of a path, a name or an id that are kept.
const MAX_TEXT: usize = 512;
/// For how long what is alike is noted once.
const QUIET: Duration = Duration::from_mins(1);

/// What somebody does, or tries.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    /// Method and route.
    pub(crate) action: String,
    /// The path that was asked for; never its query.
    pub(crate) target: String,
    pub(crate) address: Option<String>,
    pub(crate) request_id: Option<String>,
    /// Whether it changes nothing, whatever comes of it.
    only_reads: bool,
}

impl Act {
    pub(crate) fn new(
        method: &Method,
        route: &str,
        uri: &Uri,
        origin: &RequestOrigin,
        request_id: Option<&RequestId>,
    ) -> Self {
        let request_id = request_id.and_then(|id| id.header_value().to_str().ok());
        Self {
            action: format!("{method} {route}"),
            target: storable(uri.path()),
            address: origin.address.map(|address| address.to_string()),
            request_id: request_id.map(storable),
            only_reads: method.is_safe(),
        }
    }
}

/// Who acts.
struct Actor {
    /// None when nobody knows.
    user: Option<UserId>,
    name: String,
    key: Option<ApiKeyId>,
}

impl Actor {
    /// Somebody who claims to be `name`.
    fn claimed(name: &str) -> Self {
        Self { user: None, name: storable(name), key: None }
    }
}

impl From<&User> for Actor {
    fn from(user: &User) -> Self {
        Self { user: Some(user.id), name: user.name.to_string(), key: None }
    }
}

impl From<&Principal> for Actor {
    fn from(principal: &Principal) -> Self {
        let key = match principal.credential {
            Credential::Token | Credential::Session(_) => None,
            Credential::Key { id, .. } => Some(id),
        };
        Self { key, ..Self::from(&principal.user) }
    }
}

/// Writes the audit log.
pub(crate) struct Auditor {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Ids,
    /// What was noted just now and need not be noted again.
    recent: Limiter<String>,
    /// What was not noted therefore.
    unnoted: IntCounter,
}

impl Auditor {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Ids,
        unnoted: IntCounter,
    ) -> Self {
        let recent = Limiter::new(1, QUIET, &clock);
        Self { store, clock, ids, recent, unnoted }
    }

    /// Notes that `principal` begins to do something. Durable on return.
    pub(crate) async fn begin(
        &self,
        act: Act,
        principal: &Principal,
    ) -> Result<AuditId, StoreError> {
        self.note(act, principal.into(), AuditOutcome::Started, None).await
    }

    /// Notes that `principal` is about to be shown what was read for them.
    pub(crate) async fn disclose(
        &self,
        act: Act,
        principal: &Principal,
        status: StatusCode,
    ) -> Result<(), StoreError> {
        self.note(act, principal.into(), AuditOutcome::Done, Some(status)).await.map(drop)
    }

    /// Notes that `principal` may not do what they tried.
    pub(crate) async fn deny(&self, act: Act, principal: &Principal) -> Result<(), StoreError> {
        let alike = || format!("{} {}", principal.user.id, act.action);
        if act.only_reads && self.is_repeat(&alike()) {
            return Ok(());
        }
        let status = Some(StatusCode::FORBIDDEN);
        self.note(act, principal.into(), AuditOutcome::Denied, status).await.map(drop)
    }

    /// Notes that `user` has signed in, and is about to get a token or a session.
    pub(crate) async fn sign_in(&self, act: Act, user: &User) -> Result<(), StoreError> {
        self.note(act, user.into(), AuditOutcome::Done, Some(StatusCode::OK)).await.map(drop)
    }

    /// Notes that somebody who claimed to be `name` could not sign in.
    pub(crate) async fn deny_sign_in(
        &self,
        act: Act,
        name: &str,
        status: StatusCode,
    ) -> Result<(), StoreError> {
        self.note(act, Actor::claimed(name), AuditOutcome::Denied, Some(status)).await.map(drop)
    }

    /// Notes that somebody who claims to be `name` has to wait before they try again, because `who` is
    /// out of attempts.
    pub(crate) async fn slow_sign_in(
        &self,
        act: Act,
        name: &str,
        who: &str,
    ) -> Result<(), StoreError> {
        if self.is_repeat(who) {
            return Ok(());
        }
        let status = Some(StatusCode::TOO_MANY_REQUESTS);
        self.note(act, Actor::claimed(name), AuditOutcome::Denied, status).await.map(drop)
    }

    /// Notes how an act ended. That it is over cannot be undone, so that a failure is only logged: the
    /// entry stays as it was begun.
    pub(crate) async fn end(&self, entry: AuditId, end: AuditEnd) {
        if let Err(error) = self.store.end_audit(entry, &end).await {
            error!(
                audit.id = %entry,
                error = %causes(&error),
                "the end of an act could not be noted"
            );
        }
    }

    /// Whether one alike was noted within the last minute. It is counted instead.
    fn is_repeat(&self, alike: &str) -> bool {
        let repeat = self.recent.check(&alike.to_owned()).is_err();
        self.unnoted.inc_by(u64::from(repeat));
        repeat
    }

    async fn note(
        &self,
        act: Act,
        actor: Actor,
        outcome: AuditOutcome,
        status: Option<StatusCode>,
    ) -> Result<AuditId, StoreError> {
        let entry = AuditEntry {
            id: self.ids.next(),
            at: self.clock.now(),
            actor: actor.user,
            actor_name: actor.name,
            key: actor.key,
            action: act.action,
            target: act.target,
            outcome,
            status: status.map(|status| status.as_u16()),
            detail: None,
            address: act.address,
            request_id: act.request_id,
        };
        self.store.begin_audit(&entry).await?;
        Ok(entry.id)
    }
}

/// How the act ended that was answered so.
pub(crate) fn end_of(response: &Response) -> AuditEnd {
    let status = response.status();
    AuditEnd {
        outcome: outcome(status),
        status: Some(status.as_u16()),
        target: created(response.headers()),
        detail: response.extensions().get::<AuditNote>().map(|note| storable(&note.0)),
    }
}

fn outcome(status: StatusCode) -> AuditOutcome {
    match status.as_u16() {
        401 | 403 => AuditOutcome::Denied,
        400..500 => AuditOutcome::Refused,
        500.. => AuditOutcome::Failed,
        _ => AuditOutcome::Done,
    }
}

/// The path of what was created.
fn created(headers: &HeaderMap) -> Option<String> {
    let location: Uri = headers.get(LOCATION)?.to_str().ok()?.parse().ok()?;
    Some(storable(location.path()))
}

/// The text without what no store takes, and no longer than it needs to be.
fn storable(text: &str) -> String {
    let visible = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().take(MAX_TEXT).map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_tells_how_an_act_ended() {
        for (status, expected) in [
            (200, AuditOutcome::Done),
            (204, AuditOutcome::Done),
            (401, AuditOutcome::Denied),
            (403, AuditOutcome::Denied),
            (404, AuditOutcome::Refused),
            (422, AuditOutcome::Refused),
            (500, AuditOutcome::Failed),
            (503, AuditOutcome::Failed),
        ] {
            assert_eq!(outcome(StatusCode::from_u16(status).unwrap()), expected, "{status}");
        }
    }

    #[test]
    fn what_was_created_is_named_by_its_path_alone() {
        for (location, expected) in [
            ("/api/v1/users/usr_1", "/api/v1/users/usr_1"),
            (
                "https://hooks.example/api/webhooks/registrations/1?x=y",
                "/api/webhooks/registrations/1",
            ),
        ] {
            let headers = HeaderMap::from_iter([(LOCATION, location.parse().unwrap())]);
            assert_eq!(created(&headers).as_deref(), Some(expected));
        }
        assert_eq!(created(&HeaderMap::new()), None);
    }

    #[test]
    fn a_name_that_somebody_claimed_cannot_break_the_log() {
        assert_eq!(storable("a\0b\n"), "a\u{fffd}b\u{fffd}");
        assert_eq!(storable(&"ü".repeat(10_000)).chars().count(), MAX_TEXT);
    }
}
