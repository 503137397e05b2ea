//! What makes a repeated publish harmless.
//!
//! A key belongs to the user who publishes. With an `Idempotency-Key` the repeat must be the same
//! request, byte for byte. Without one, an event's own id is its key, and the repeat must say the same
//! about the event, however it is written.

use http::HeaderMap;
use postrider_domain::{Event, EventKey, Invalid, UserId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::body::SentEvent;
use crate::error::{ApiError, Code};

/// The header.
const HEADER: &str = "idempotency-key";

/// Checks a key, or an event's own id.
pub(super) fn check_key(key: &str) -> Result<(), Invalid> {
    if (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Invalid::new("use 1 to 255 visible ASCII characters without spaces"))
}

/// Where the keys of a request's events come from.
pub(super) struct Keys {
    scope: Uuid,
    /// The header's key, and the SHA-256 of the request's body.
    request: Option<(String, [u8; 32])>,
}

impl Keys {
    pub(super) fn of_request(
        publisher: UserId,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, ApiError> {
        let mut values = headers.get_all(HEADER).iter();
        let request = match (values.next(), values.next()) {
            (None, _) => None,
            (Some(value), None) => {
                let key = value.to_str().ok().filter(|key| check_key(key).is_ok());
                let key = key.ok_or_else(unusable)?;
                Some((key.to_owned(), Sha256::digest(body).into()))
            }
            (Some(_), Some(_)) => return Err(unusable()),
        };
        Ok(Self { scope: publisher.0, request })
    }

    /// The key of the event at `index`, with the hash of its content. The header wins.
    pub(super) fn of_event(
        &self,
        index: usize,
        sent: &SentEvent<'_>,
        event: &Event,
    ) -> Option<(EventKey, [u8; 32])> {
        // Each kind has its own prefix, so that no header's key can be taken for an event's id.
        let (key, content) = match (&self.request, sent.id.as_deref()) {
            (Some((key, content)), _) => (format!("key:{key}/{index}"), *content),
            (None, Some(id)) => (format!("id:{id}"), content(sent, event)),
            (None, None) => return None,
        };
        Some((EventKey { scope: self.scope, key }, content))
    }
}

fn unusable() -> ApiError {
    ApiError::new(Code::InvalidHeader).detail(
        "`Idempotency-Key` is given once, with 1 to 255 visible ASCII characters without spaces",
    )
}

/// The hash of what the publisher said. A time that was not given is left out: it is the time of
/// acceptance, and differs in every repeat.
fn content(sent: &SentEvent<'_>, event: &Event) -> [u8; 32] {
    let occurred_at = sent.occurred_at.as_ref().map(|_| event.occurred_at.to_string());
    let members = [
        Some(event.filter.as_str()),
        Some(event.event_type.as_str()),
        Some(event.resource.id.as_str()),
        event.resource.name.as_deref(),
        event.resource.category.as_deref(),
        event.actor.as_deref(),
        occurred_at.as_deref(),
        sent.data.map(serde_json::value::RawValue::get),
    ];
    let mut hash = Sha256::new();
    for member in members {
        // The length keeps neighbours apart, and a missing member from an empty one.
        let length = member.map_or(u64::MAX, |text| text.len() as u64);
        hash.update(length.to_be_bytes());
        hash.update(member.unwrap_or_default());
    }
    hash.finalize().into()
}
