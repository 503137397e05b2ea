//! Binary HTTP mode: attributes in headers, the data as the body.

use std::fmt::Write;

use bytes::Bytes;
use http::HeaderValue;
use http::header::HeaderName;
use postrider_domain::Event;

use super::{Happening, SOURCE, SPEC_VERSION, routing_key};
use crate::json;

/// The names of the headers. The media type of the data is the `content-type`, and has no header of
/// its own (HTTP binding, 3.1.1).
pub const ATTRIBUTES: [HeaderName; 6] = [
    HeaderName::from_static("ce-specversion"),
    HeaderName::from_static("ce-id"),
    HeaderName::from_static("ce-source"),
    HeaderName::from_static("ce-type"),
    HeaderName::from_static("ce-subject"),
    HeaderName::from_static("ce-time"),
];

/// The attributes of an event as headers.
pub fn attributes(event: &Event) -> [(HeaderName, HeaderValue); 6] {
    let [spec_version, id, source, event_type, subject, time] = ATTRIBUTES;
    [
        (spec_version, HeaderValue::from_static(SPEC_VERSION)),
        (id, value(&event.id.to_string())),
        (source, HeaderValue::from_static(SOURCE)),
        (event_type, value(&routing_key(event))),
        (subject, value(&event.resource.id)),
        (time, value(&event.occurred_at.to_string())),
    ]
}

/// Writes the data of an event, the same as in structured mode.
pub fn encode_data(event: &Event) -> Bytes {
    json::bytes(&Happening::of(event), json::room_for(std::slice::from_ref(event)))
}

/// Percent-encodes what a header cannot carry as it is (HTTP binding, 3.1.3.2): the space, the
/// double quote, the percent sign, and every byte of UTF-8 outside printable ASCII.
fn value(text: &str) -> HeaderValue {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'%') {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to memory cannot fail");
        }
    }
    HeaderValue::from_str(&encoded).expect("printable ASCII is a header value")
}
