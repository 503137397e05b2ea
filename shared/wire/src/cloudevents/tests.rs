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
    let encoded: serde_json::Value = serde_json::from_slice(&encode_event(&bare_event())).unwrap();
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

#[test]
fn several_events_are_a_json_array_of_events() {
    let [one, two] = [event(), bare_event()].map(|event| encode_event(&event));
    let (one, two) = (std::str::from_utf8(&one).unwrap(), std::str::from_utf8(&two).unwrap());
    assert_eq!(encode_batch(&[event(), bare_event()]), format!("[{one},{two}]"));
}

#[test]
fn in_binary_mode_attributes_are_headers_and_the_body_is_the_data() {
    let headers =
        attributes(&event()).map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
    assert_eq!(
        headers,
        [
            "ce-specversion: 1.0",
            "ce-id: evt_0000000000000000000000000000000e",
            "ce-source: /postrider",
            "ce-type: reports.Added",
            "ce-subject: 42",
            "ce-time: 2026-11-21T08:00:00.500000Z",
        ]
    );
    assert_eq!(
        encode_data(&event()),
        concat!(
            r#"{"resource":{"id":"42","name":"Q3 \"世界\"","category":"finance"},"actor":"amy","#,
            r#""data":{"pages":1.10, "huge":12345678901234567890123,"e":1E400}}"#,
        )
    );
    assert_eq!(encode_data(&bare_event()), r#"{"resource":{"id":"42"}}"#);
}

/// The first is the example of the HTTP binding, 3.1.3.2.
#[test]
fn header_values_are_percent_encoded_where_the_http_binding_says_so() {
    for (subject, expected) in [
        ("Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"),
        ("100%", "100%25"),
        ("%E2", "%25E2"),
        ("a\"b\\c'd", "a%22b\\c'd"),
        ("~!/?#[]@&=+;,", "~!/?#[]@&=+;,"),
        ("a\r\nb: c\t\u{7f}\u{80}", "a%0D%0Ab:%20c%09%7F%C2%80"),
    ] {
        let mut event = event();
        event.resource.id = subject.into();
        let [.., (name, value), _] = attributes(&event);
        assert_eq!(name, "ce-subject");
        assert_eq!(value, expected, "{subject}");
    }
}
