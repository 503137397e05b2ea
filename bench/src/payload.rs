//! The events that are published: 500 bytes of data each, which carry the event's number and when it
//! was sent through the pipeline to the sink.

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The size of an event's data, in bytes.
const DATA_BYTES: usize = 500;

/// The stamp is the last thing in the data, so that the sink finds it from the end of a body.
const MARK: &[u8] = b"\"sentAt\":";
const SECOND_MARK: &[u8] = b",\"sequence\":";

/// What a delivery tells of its origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The number of the event in its scenario.
    pub(crate) sequence: u32,
    /// When its request was begun, in microseconds since 1970.
    pub(crate) sent_at: i64,
}

impl Stamp {
    /// The data of the event: JSON of exactly 500 bytes.
    pub(crate) fn to_data(self) -> Box<RawValue> {
        let stamp = format!("\"sentAt\":{},\"sequence\":{}}}", self.sent_at, self.sequence);
        let head = "{\"filler\":\"";
        let filler = "x".repeat(DATA_BYTES - head.len() - "\",".len() - stamp.len());
        RawValue::from_string(format!("{head}{filler}\",{stamp}"))
            .expect("this is an object of a text and two numbers")
    }

    /// The request body that publishes the event.
    pub(crate) fn to_event(self) -> Bytes {
        self.to_json(FILTER).to_string().into()
    }

    /// The event under a filter.
    pub(crate) fn to_json(self, filter: &str) -> Value {
        json!({
            "filter": filter,
            "type": EVENT_TYPE,
            "resource": { "id": resource_id(self.sequence), "name": RESOURCE_NAME, "category": CATEGORY },
            "data": self.to_data(),
        })
    }

    /// Reads the stamp out of a delivery's body, wherever the data is in it.
    pub(crate) fn find(body: &[u8]) -> Option<Self> {
        let at = body.windows(MARK.len()).rposition(|window| window == MARK)?;
        let (sent_at, rest) = leading_number(&body[at + MARK.len()..])?;
        let (sequence, _) = leading_number(rest.strip_prefix(SECOND_MARK)?)?;
        Some(Self { sequence: u32::try_from(sequence).ok()?, sent_at })
    }
}

pub(crate) const FILTER: &str = "reports";
pub(crate) const EVENT_TYPE: &str = "Added";
pub(crate) const RESOURCE_NAME: &str = "Q3 revenue";
pub(crate) const CATEGORY: &str = "finance";

/// The resource of an event: one of a hundred.
pub(crate) fn resource_id(sequence: u32) -> String {
    format!("report-{}", sequence % 100)
}

fn leading_number(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(&bytes[..digits]).ok()?.parse().ok()?;
    Some((number, &bytes[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_has_500_bytes_and_tells_its_origin() {
        for sequence in [0, 7, u32::MAX] {
            let stamp = Stamp { sequence, sent_at: 1_795_248_000_123_456 };
            assert_eq!(stamp.to_data().get().len(), 500);
            assert_eq!(Stamp::find(stamp.to_data().get().as_bytes()), Some(stamp));
            let event = stamp.to_event();
            assert_eq!(Stamp::find(&event), Some(stamp));
            let parsed: serde_json::Value = serde_json::from_slice(&event).unwrap();
            assert_eq!(parsed["data"]["sequence"], sequence);
        }
    }

    #[test]
    fn a_body_without_a_stamp_has_no_origin() {
        for body in ["", "{}", "\"sentAt\":", "\"sentAt\":1", "\"sentAt\":1,\"sequence\":x"] {
            assert_eq!(Stamp::find(body.as_bytes()), None, "{body}");
        }
    }
}
