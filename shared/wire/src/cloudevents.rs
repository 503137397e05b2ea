//! Events as CloudEvents 1.0: in structured JSON mode, as a JSON batch, and in binary HTTP mode.
//!
//! On the events exchange they are structured, and any service may bind to it and read them. The
//! dispatcher reads the id only: everything else it takes from the store.

mod binary;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use postrider_domain::{Event, EventId, Resource, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{DecodeError, json};

pub use binary::{ATTRIBUTES, attributes, encode_data};

/// The media type of an event.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

/// The media type of several events.
pub const BATCH_CONTENT_TYPE: &str = "application/cloudevents-batch+json";

/// The media type of an event's data, and of a body in binary mode.
pub const DATA_CONTENT_TYPE: &str = "application/json";

/// Where events come from, as CloudEvents names it. Together with the id it is unique.
pub const SOURCE: &str = "/postrider";

/// The version of the specification.
const SPEC_VERSION: &str = "1.0";

/// Writes an event.
pub fn encode_event(event: &Event) -> Bytes {
    json::bytes(&Envelope::of(event), json::room_for(std::slice::from_ref(event)))
}

/// Writes several events, in their order, in JSON batch format.
pub fn encode_batch(events: &[Event]) -> Bytes {
    let envelopes: Vec<_> = events.iter().map(Envelope::of).collect();
    json::bytes(&envelopes, json::room_for(events))
}

/// What services bind by, and the event's `type`: `reports.Added`.
pub fn routing_key(event: &Event) -> String {
    format!("{}.{}", event.filter, event.event_type)
}

/// Reads the id of an event and passes over everything else.
///
/// # Errors
/// When it is not JSON, or has no id of an event.
pub fn decode_id(body: &[u8]) -> Result<EventId, DecodeError> {
    #[derive(Deserialize)]
    struct Identified {
        id: EventId,
    }
    Ok(serde_json::from_slice::<Identified>(body)?.id)
}

#[derive(Serialize)]
struct Envelope<'a> {
    specversion: &'static str,
    id: EventId,
    source: &'static str,
    #[serde(rename = "type")]
    event_type: String,
    subject: &'a str,
    time: Timestamp,
    datacontenttype: &'static str,
    data: Happening<'a>,
}

impl<'a> Envelope<'a> {
    fn of(event: &'a Event) -> Self {
        Self {
            specversion: SPEC_VERSION,
            id: event.id,
            source: SOURCE,
            event_type: routing_key(event),
            subject: &event.resource.id,
            time: event.occurred_at,
            datacontenttype: DATA_CONTENT_TYPE,
            data: Happening::of(event),
        }
    }
}

/// What an event says happened.
#[derive(Serialize)]
pub(crate) struct Happening<'a> {
    /// In formats that have no other place for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<EventId>,
    resource: &'a Resource,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
}

impl<'a> Happening<'a> {
    fn of(event: &'a Event) -> Self {
        Self {
            id: None,
            resource: &event.resource,
            actor: event.actor.as_deref(),
            data: event.data.as_deref(),
        }
    }

    /// The same with the id of the event.
    pub(crate) fn identified(event: &'a Event) -> Self {
        Self { id: Some(event.id), ..Self::of(event) }
    }
}
