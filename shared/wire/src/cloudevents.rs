//! An accepted event as a CloudEvents 1.0 message in structured JSON mode.
//!
//! Any service may bind to the events exchange and read these. The dispatcher reads the id only:
//! everything else it takes from the store.

use bytes::Bytes;
use postrider_domain::{Event, EventId, Resource, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::DecodeError;

/// The media type of an event.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

/// Where events come from, as CloudEvents names it. Together with the id it is unique.
pub const SOURCE: &str = "/postrider";

/// Writes an event.
pub fn encode_event(event: &Event) -> Bytes {
    let envelope = Envelope {
        specversion: "1.0",
        id: event.id,
        source: SOURCE,
        event_type: &routing_key(event),
        subject: &event.resource.id,
        time: event.occurred_at,
        datacontenttype: "application/json",
        data: Happening {
            resource: &event.resource,
            actor: event.actor.as_deref(),
            data: event.data.as_deref(),
        },
    };
    let data = event.data.as_ref().map_or(0, |data| data.get().len());
    let mut buffer = Vec::with_capacity(512 + data);
    serde_json::to_writer(&mut buffer, &envelope)
        .expect("writing text and numbers to memory cannot fail");
    buffer.into()
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
    event_type: &'a str,
    subject: &'a str,
    time: Timestamp,
    datacontenttype: &'static str,
    data: Happening<'a>,
}

#[derive(Serialize)]
struct Happening<'a> {
    resource: &'a Resource,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{bare_event, event};

    #[test]
    fn an_event_is_written_as_a_cloud_event_with_its_data_verbatim() {
        let expected = concat!(
            r#"{"specversion":"1.0","id":"evt_0000000000000000000000000000000e","#,
            r#""source":"/postrider","type":"reports.Added","subject":"42","#,
            r#""time":"2026-11-21T08:00:00.500000Z","datacontenttype":"application/json","#,
            r#""data":{"resource":{"id":"42","name":"Q3 \"世界\"","category":"finance"},"#,
            r#""actor":"amy","#,
            r#""data":{"pages":1.10, "huge":12345678901234567890123,"e":1E400}}}"#,
        );
        assert_eq!(encode_event(&event()), expected);
    }

    #[test]
    fn what_an_event_does_not_have_is_left_out() {
        let encoded: serde_json::Value =
            serde_json::from_slice(&encode_event(&bare_event())).unwrap();
        assert_eq!(encoded["data"], serde_json::json!({ "resource": { "id": "42" } }));
    }

    #[test]
    fn the_id_reads_back_whatever_else_there_is() {
        assert_eq!(decode_id(&encode_event(&event())).unwrap(), event().id);
        let id = event().id;
        let other = format!(r#"{{"extension":{{"id":[1]}},"data":"x","id":"{id}","more":null}}"#);
        assert_eq!(decode_id(other.as_bytes()).unwrap(), id);
    }

    #[test]
    fn what_has_no_id_of_an_event_is_malformed() {
        for body in ["", "{}", "null", "{\"id\":7}", "{\"id\":\"dlv_1\"}", "{\"id\":\"evt_0\""] {
            assert!(matches!(decode_id(body.as_bytes()), Err(DecodeError::Malformed(_))), "{body}");
        }
    }
}
