//! What the ASP.NET `WebHooks` library posts: an indented JSON body with a `Notifications` array,
//! signed in `ms-signature`.
//!
//! The body is that of a Windows sender to the byte: two spaces, CRLF, no byte order mark, text
//! beyond ASCII as it is. Receivers hash the raw bytes, so none depends on the layout; people who
//! compare captured requests do.
//!
//! JSON that others wrote (an event's data, a registration's properties) goes in verbatim and is
//! never parsed here, so numbers keep their digits. It is not indented either.

mod crlf;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bytes::Bytes;
use hmac::Mac;
use postrider_domain::{DeliveryId, Event, EventType, FilterName, Registration, Secret, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::mac::hmac_sha256;
use crate::{VerifyError, json};

/// The media type of a body.
pub const CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "ms-signature";

/// The header that carries the signature by the secret before, while a rotation lasts. The library's
/// receivers take exactly one [`SIGNATURE_HEADER`], so that the second one needs a name of its own.
pub const PREVIOUS_SIGNATURE_HEADER: &str = "ms-signature-previous";

/// The algorithm, as the header names it.
const ALGORITHM: &str = "sha256";

/// The body of one attempt: the registration's properties, and a notification per event.
pub fn body(
    delivery: DeliveryId,
    attempt: u16,
    registration: &Registration,
    events: &[Event],
) -> Bytes {
    let id = delivery.simple();
    let notifications: Vec<Notification> = events.iter().map(Notification::of).collect();
    Body { id: &id, attempt, properties: &registration.properties, notifications: &notifications }
        .to_bytes(json::room_for(events))
}

/// The value of `ms-signature`: `sha256=` and HMAC-SHA256 of the body in upper-case hexadecimal,
/// keyed with the UTF-8 bytes of the secret.
pub fn signature(secret: &Secret, body: &[u8]) -> String {
    let digest = hmac_sha256(secret.expose().as_bytes(), &[body]).finalize().into_bytes();
    format!("{ALGORITHM}={}", hex::encode_upper(digest))
}

/// Checks the value of `ms-signature`, as tolerantly as the library's own receivers: spaces around
/// either side of the `=` and hexadecimal of either case are fine.
///
/// # Errors
/// Says what is wrong with the signature.
pub fn verify(secret: &Secret, header: &str, body: &[u8]) -> Result<(), VerifyError> {
    let (algorithm, value) = header.split_once('=').ok_or(VerifyError::Malformed)?;
    let value = value.trim();
    if !algorithm.trim().eq_ignore_ascii_case(ALGORITHM) || value.is_empty() {
        return Err(VerifyError::Malformed);
    }
    let claimed = hex::decode(value).map_err(|_| VerifyError::Encoding)?;
    hmac_sha256(secret.expose().as_bytes(), &[body])
        .verify_slice(&claimed)
        .map_err(|_| VerifyError::Mismatch)
}

/// The envelope, whatever the notifications in it look like.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a, N> {
    id: &'a str,
    attempt: u16,
    properties: &'a BTreeMap<String, Box<RawValue>>,
    notifications: &'a [N],
}

impl<N: Serialize> Body<'_, N> {
    fn to_bytes(&self, capacity: usize) -> Bytes {
        let mut buffer = Vec::with_capacity(capacity);
        self.serialize(&mut crlf::serializer(&mut buffer))
            .expect("writing text and numbers to memory cannot fail");
        buffer.into()
    }
}

/// An event as a notification. `Action`, which the library's receivers look for, is its filter.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Notification<'a> {
    action: &'a FilterName,
    #[serde(rename = "Type")]
    event_type: &'a EventType,
    event_id: String,
    resource_id: &'a str,
    resource_name: Option<&'a str>,
    category: Option<&'a str>,
    actor: Option<&'a str>,
    occurred_at: Timestamp,
    data: Option<&'a RawValue>,
}

impl<'a> Notification<'a> {
    fn of(event: &'a Event) -> Self {
        Self {
            action: &event.filter,
            event_type: &event.event_type,
            event_id: event.id.simple(),
            resource_id: &event.resource.id,
            resource_name: event.resource.name.as_deref(),
            category: event.resource.category.as_deref(),
            actor: event.actor.as_deref(),
            occurred_at: event.occurred_at,
            data: event.data.as_deref(),
        }
    }
}
