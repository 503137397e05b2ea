//! The body that the specification recommends: `type`, `timestamp`, `data`.

use bytes::Bytes;
use postrider_domain::{Event, Timestamp};
use serde::Serialize;

use crate::cloudevents::Happening;
use crate::json;

/// The media type of a body.
pub const CONTENT_TYPE: &str = "application/json";

/// The `type` of a body with several events.
pub const BATCH_TYPE: &str = "batch";

/// The body of one event, or of several.
///
/// The specification has no form for several. Ours is a payload of the type [`BATCH_TYPE`] with the
/// time of the last event, whose `data.events` are payloads of one event each.
pub fn body(events: &[Event]) -> Bytes {
    if let [event] = events {
        return json::bytes(&Payload::of(event), json::room_for(events));
    }
    let batch = Batch {
        event_type: BATCH_TYPE,
        timestamp: events.last().map(|event| event.occurred_at),
        data: Events { events: events.iter().map(Payload::of).collect() },
    };
    json::bytes(&batch, json::room_for(events))
}

#[derive(Serialize)]
struct Payload<'a> {
    #[serde(rename = "type")]
    event_type: String,
    timestamp: Timestamp,
    data: Happening<'a>,
}

impl<'a> Payload<'a> {
    fn of(event: &'a Event) -> Self {
        Self {
            event_type: crate::cloudevents::routing_key(event),
            timestamp: event.occurred_at,
            data: Happening::identified(event),
        }
    }
}

#[derive(Serialize)]
struct Batch<'a> {
    #[serde(rename = "type")]
    event_type: &'static str,
    timestamp: Option<Timestamp>,
    data: Events<'a>,
}

#[derive(Serialize)]
struct Events<'a> {
    events: Vec<Payload<'a>>,
}
