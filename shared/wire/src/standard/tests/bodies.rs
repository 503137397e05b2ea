use super::*;
use crate::samples::{bare_event, event};

const FULL: &str = concat!(
    r#"{"type":"reports.Added","timestamp":"2026-11-21T08:00:00.500000Z","#,
    r#""data":{"id":"evt_0000000000000000000000000000000e","#,
    r#""resource":{"id":"42","name":"Q3 \"世界\"","category":"finance"},"actor":"amy","#,
    r#""data":{"pages":1.10, "huge":12345678901234567890123,"e":1E400}}}"#,
);
const BARE: &str = concat!(
    r#"{"type":"reports.Added","timestamp":"2026-11-21T08:00:00.500000Z","#,
    r#""data":{"id":"evt_0000000000000000000000000000000e","resource":{"id":"42"}}}"#,
);

#[test]
fn a_body_has_type_time_and_data_of_its_event() {
    assert_eq!(body(&[event()]), FULL);
    assert_eq!(body(&[bare_event()]), BARE);
}

#[test]
fn several_events_are_one_batch_with_the_time_of_the_last() {
    let mut last = bare_event();
    last.occurred_at = "2026-11-21T09:00:00Z".parse().unwrap();
    let expected = format!(
        r#"{{"type":"batch","timestamp":"2026-11-21T09:00:00.000000Z","data":{{"events":[{FULL},{}]}}}}"#,
        BARE.replace("08:00:00.5", "09:00:00.0")
    );
    assert_eq!(body(&[event(), last]), expected);
}
