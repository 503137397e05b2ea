//! What `docs/DELIVERY-SEMANTICS.md` says of the formats, held against them.

use serde_json::Value;

use super::*;
use crate::samples::raw;

const DOCUMENT: &str = include_str!("../../../../../docs/DELIVERY-SEMANTICS.md");

/// The event of the examples.
fn example() -> Event {
    Event {
        id: "evt_0198f3c2a1b07a1b8c2d3e4f5a6b7c8d".parse().unwrap(),
        resource: postrider_domain::Resource {
            id: "42".into(),
            name: Some("Q3 revenue".into()),
            category: Some("finance".into()),
        },
        actor: Some("ada".into()),
        occurred_at: "2026-11-21T08:00:00Z".parse().unwrap(),
        data: Some(raw("{\"pages\": 12}")),
        ..event()
    }
}

fn posted(format: PayloadFormat, events: &[Event]) -> Request {
    let delivery = "dlv_0198f3c2a1b27c3d9e4f5a6b7c8d9e0f".parse().unwrap();
    let registration = of_format(format);
    let outbound =
        Outbound { delivery, attempt: 1, replay: 0, registration: &registration, events };
    Request::new(&outbound, now()).unwrap()
}

/// The section under a heading of a format, up to the next heading.
fn section(format: PayloadFormat) -> &'static str {
    let heading = format!("### `{format}`\n");
    let (_, rest) = DOCUMENT.split_once(&heading).unwrap_or_else(|| panic!("{heading} is missing"));
    rest.split("\n#").next().unwrap()
}

#[test]
fn the_examples_in_the_document_are_what_is_posted() {
    for format in [PayloadFormat::Aspnet, PayloadFormat::Standard, PayloadFormat::CloudEvents] {
        let example_text = section(format).split("```").nth(1).unwrap().trim_start_matches("json");
        let shown: Value = serde_json::from_str(example_text).unwrap();
        let posted: Value = serde_json::from_slice(&posted(format, &[example()]).body).unwrap();
        assert_eq!(posted, shown, "{format}");
    }
}

#[test]
fn the_aspnet_example_is_the_body_to_the_byte_but_for_line_ends() {
    let shown = section(PayloadFormat::Aspnet).split("```json\n").nth(1).unwrap();
    let shown = shown.split("\n```").next().unwrap();
    let body = posted(PayloadFormat::Aspnet, &[example()]).body;
    assert_eq!(std::str::from_utf8(&body).unwrap(), shown.replace('\n', "\r\n"));
}

#[test]
fn the_document_names_the_media_type_of_every_format() {
    for format in PayloadFormat::ALL {
        let row = DOCUMENT
            .lines()
            .find(|line| line.starts_with(&format!("| `{format}`")))
            .unwrap_or_else(|| panic!("no row for {format}"));
        let one = posted(*format, &[example()]);
        let media_type = format!("`{}`", one.header("content-type").unwrap());
        assert!(row.contains(&media_type), "{row}");
        let cannot = row.contains("cannot be batched");
        assert_eq!(cannot, !format.takes_several(), "{row}");
    }
}

#[test]
fn the_document_names_every_header_of_binary_mode_and_every_field_of_a_form() {
    let binary = posted(PayloadFormat::CloudEventsBinary, &[example()]);
    for name in cloudevents::ATTRIBUTES {
        let value = binary.header(name.as_str()).unwrap();
        let shown = if name == "ce-subject" { "the id" } else { value };
        let row = section(PayloadFormat::CloudEventsBinary)
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}`")));
        assert!(row.is_some_and(|row| row.contains(shown)), "{name}: {row:?}");
    }
    let form = posted(PayloadFormat::Form, &[example()]).body;
    for (field, _) in url::form_urlencoded::parse(&form) {
        assert!(section(PayloadFormat::Form).contains(&format!("`{field}`")), "{field}");
    }
}
