use proptest::prelude::*;

use super::*;
use crate::samples::{bare_event, delivery, event, raw, registration};

fn text(body: &[u8]) -> &str {
    std::str::from_utf8(body).unwrap()
}

#[test]
fn a_notification_is_a_form_with_its_names() {
    let registration = registration(&[("a b", "\"x&y\""), ("n", "1.0"), ("o", "{\"b\":[ ]}")]);
    let expected = concat!(
        "Id=0000000000000000000000000000000d&Attempt=3&Action=reports&Type=Added",
        "&EventId=0000000000000000000000000000000e&ResourceId=42",
        "&ResourceName=Q3+%22%E4%B8%96%E7%95%8C%22&Category=finance&Actor=amy",
        "&OccurredAt=2026-11-21T08%3A00%3A00.500000Z",
        "&Data=%7B%22pages%22%3A1.10%2C+%22huge%22%3A12345678901234567890123%2C%22e%22%3A1E400%7D",
        "&Properties.a+b=x%26y&Properties.n=1.0&Properties.o=%7B%22b%22%3A%5B+%5D%7D",
    );
    assert_eq!(text(&body(delivery(0xd), 3, &registration, &[event()])), expected);
}

#[test]
fn what_an_event_does_not_have_is_left_out() {
    let expected = concat!(
        "Id=0000000000000000000000000000000d&Attempt=1&Action=reports&Type=Added",
        "&EventId=0000000000000000000000000000000e&ResourceId=42",
        "&OccurredAt=2026-11-21T08%3A00%3A00.500000Z",
    );
    assert_eq!(text(&body(delivery(0xd), 1, &registration(&[]), &[bare_event()])), expected);
}

#[test]
fn the_events_of_a_bundle_are_numbered() {
    let mut second = bare_event();
    second.resource.id = "43".into();
    let expected = concat!(
        "Id=0000000000000000000000000000000d&Attempt=1",
        "&Notifications%5B0%5D.Action=reports&Notifications%5B0%5D.Type=Added",
        "&Notifications%5B0%5D.EventId=0000000000000000000000000000000e",
        "&Notifications%5B0%5D.ResourceId=42",
        "&Notifications%5B0%5D.OccurredAt=2026-11-21T08%3A00%3A00.500000Z",
        "&Notifications%5B1%5D.Action=reports&Notifications%5B1%5D.Type=Added",
        "&Notifications%5B1%5D.EventId=0000000000000000000000000000000e",
        "&Notifications%5B1%5D.ResourceId=43",
        "&Notifications%5B1%5D.OccurredAt=2026-11-21T08%3A00%3A00.500000Z",
        "&Properties.n=1",
    );
    let registration = registration(&[("n", "1")]);
    let body = body(delivery(0xd), 1, &registration, &[bare_event(), second]);
    assert_eq!(text(&body), expected);
}

#[test]
fn a_property_that_is_no_unicode_is_written_as_json() {
    let registration = registration(&[("half", r#""\ud800""#)]);
    let body = body(delivery(1), 1, &registration, &[bare_event()]);
    assert!(text(&body).ends_with("&Properties.half=%22%5Cud800%22"), "{}", text(&body));
}

proptest! {
    #[test]
    fn whatever_names_contain_the_form_reads_back(
        name in any::<String>(),
        property in any::<String>(),
    ) {
        let mut event = event();
        event.resource.name = Some(name.clone());
        let mut registration = registration(&[]);
        registration.properties
            .insert(property.clone(), raw(&serde_json::to_string(&name).unwrap()));
        let body = body(delivery(1), 1, &registration, &[event]);
        let read: Vec<_> = url::form_urlencoded::parse(&body).into_owned().collect();
        let property = format!("Properties.{property}");
        prop_assert!(read.contains(&("ResourceName".into(), name.clone())));
        prop_assert!(read.contains(&(property, name)));
    }
}
