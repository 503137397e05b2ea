//! What makes a repeated publish harmless.
//!
//! A key belongs to the user who publishes. With an `Idempotency-Key` the repeat must be the same
//! request, byte for byte. Without one, an event's own id is its key, and the repeat must say the same
//! about the event, however it is written.

use http::HeaderMap;
use postrider_domain::{Audience, Event, EventKey, UserId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::reader::SentEvent;
use crate::error::ApiError;
use crate::extract::IdempotencyKey;

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
        let key = IdempotencyKey::read(headers)?.0;
        let request = key.map(|key| (key, Sha256::digest(body).into()));
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

/// The hash of what the publisher said. A time that was not given is left out: it is the time of
/// acceptance, and differs in every repeat.
fn content(sent: &SentEvent<'_>, event: &Event) -> [u8; 32] {
    let occurred_at = sent.occurred_at.as_ref().map(|_| event.occurred_at.to_string());
    let filter = event.filter.key();
    let members = [
        Some(filter.as_str()),
        Some(event.event_type.as_str()),
        Some(event.resource.id.as_str()),
        event.resource.name.as_deref(),
        event.resource.category.as_deref(),
        event.actor.as_deref(),
        occurred_at.as_deref(),
        sent.data.map(serde_json::value::RawValue::get),
    ];
    let mut hash = Sha256::new();
    let mut add = |member: Option<&str>| {
        // The length keeps neighbours apart, and a missing member from an empty one.
        let length = member.map_or(u64::MAX, |text| text.len() as u64);
        hash.update(length.to_be_bytes());
        hash.update(member.unwrap_or_default());
    };
    members.into_iter().for_each(&mut add);
    // Added only where there is one: without it, the hash is the same as ever.
    let audience = event.audience.iter().flat_map(Audience::keys);
    audience.for_each(|name| add(Some(name)));
    hash.finalize().into()
}
