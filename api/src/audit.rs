//! The audit log: who did, or tried, what to the product itself.
//!
//! What changes something is noted before it is done, and again when it is over, so that nothing is
//! done unseen; the guard in `middleware` does both. What is denied is noted once.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use axum::response::{IntoResponseParts, Response, ResponseParts};
use http::header::LOCATION;
use http::{HeaderMap, Method, StatusCode, Uri};
use postrider_domain::ports::{AuditEnd, Store, StoreError};
use postrider_domain::{AuditEntry, AuditId, AuditOutcome, Clock, Credential, Ids, Principal};
use tower_http::request_id::RequestId;
use tracing::error;

use crate::proxy::RequestOrigin;

/// The most characters of a path, a name or an id that are kept.
const MAX_TEXT: usize = 512;

/// More about an act, for its entry: put beside the answer by a handler. Never a secret, and never the
/// URI of a target, which may have one in it.
#[derive(Debug, Clone)]
pub(crate) struct AuditNote(pub(crate) String);

impl IntoResponseParts for AuditNote {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

/// What somebody does, or tries.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    /// Method and route.
    pub(crate) action: String,
    /// The path that was asked for; never its query.
    pub(crate) target: String,
    pub(crate) address: Option<String>,
    pub(crate) request_id: Option<String>,
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
        }
    }
}

/// Writes the audit log.
pub(crate) struct Auditor {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

impl Auditor {
    pub(crate) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, ids: Ids) -> Self {
        Self { store, clock, ids }
    }

    /// Notes that `principal` begins to do something. Durable on return.
    pub(crate) async fn begin(
        &self,
        act: Act,
        principal: &Principal,
    ) -> Result<AuditId, StoreError> {
        let entry = self.entry(act, principal, AuditOutcome::Started, None);
        self.store.begin_audit(&entry).await?;
        Ok(entry.id)
    }

    /// Notes that `principal` may not do what they tried.
    pub(crate) async fn deny(&self, act: Act, principal: &Principal) -> Result<(), StoreError> {
        let status = Some(StatusCode::FORBIDDEN.as_u16());
        self.store.begin_audit(&self.entry(act, principal, AuditOutcome::Denied, status)).await
    }

    /// Notes that somebody who claimed to be `name` could not sign in.
    pub(crate) async fn deny_sign_in(
        &self,
        act: Act,
        name: &str,
        status: StatusCode,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry {
            id: self.ids.next(),
            at: self.clock.now(),
            actor: None,
            actor_name: storable(name),
            key: None,
            action: act.action,
            target: act.target,
            outcome: AuditOutcome::Denied,
            status: Some(status.as_u16()),
            detail: None,
            address: act.address,
            request_id: act.request_id,
        };
        self.store.begin_audit(&entry).await
    }

    /// Notes how an act ended. That it is over cannot be undone, so that a failure is only logged: the
    /// entry stays as it was begun.
    pub(crate) async fn end(&self, entry: AuditId, end: AuditEnd) {
        if let Err(error) = self.store.end_audit(entry, &end).await {
            error!(
                audit.id = %entry,
                error = &error as &dyn Error,
                "the end of an act could not be noted"
            );
        }
    }

    fn entry(
        &self,
        act: Act,
        principal: &Principal,
        outcome: AuditOutcome,
        status: Option<u16>,
    ) -> AuditEntry {
        AuditEntry {
            id: self.ids.next(),
            at: self.clock.now(),
            actor: Some(principal.user.id),
            actor_name: principal.user.name.to_string(),
            key: match principal.credential {
                Credential::Token => None,
                Credential::Key { id, .. } => Some(id),
            },
            action: act.action,
            target: act.target,
            outcome,
            status,
            detail: None,
            address: act.address,
            request_id: act.request_id,
        }
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
