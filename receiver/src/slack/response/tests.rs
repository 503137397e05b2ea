use serde_json::{Value, json};

use super::*;

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(answer.body()).unwrap()
}

#[test]
fn a_message_to_the_channel_is_its_text() {
    let answer = SlackResponse::new("Hello").into_answer();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/json; charset=utf-8");
    assert_eq!(body(&answer), json!({ "text": "Hello" }));
}

#[test]
fn the_answer_to_a_command_has_slacks_names_and_nothing_that_is_empty() {
    let plain = SlackSlashResponse::new("Done");
    let expected = json!({ "text": "Done", "response_type": "ephemeral" });
    assert_eq!(body(&plain.clone().into_answer()), expected);

    let attachment = SlackAttachment {
        fallback: "Ticket #1".into(),
        color: Some("#36a64f".into()),
        title_link: Some("https://example.com/1".into()),
        fields: vec![SlackField { title: "Priority".into(), value: "High".into(), short: true }],
        ..SlackAttachment::default()
    };
    let rich = plain.in_channel().with(attachment);
    let expected = json!({
        "text": "Done",
        "response_type": "in_channel",
        "attachments": [{
            "fallback": "Ticket #1",
            "color": "#36a64f",
            "title_link": "https://example.com/1",
            "fields": [{ "title": "Priority", "value": "High", "short": true }],
        }],
    });
    assert_eq!(body(&rich.clone().into_answer()), expected);
    assert_eq!(serde_json::from_value::<SlackSlashResponse>(expected).unwrap(), rich);
}

#[test]
fn every_member_of_an_attachment_is_written_under_its_own_name() {
    let names = [
        "fallback",
        "color",
        "pretext",
        "author_name",
        "author_link",
        "author_icon",
        "title",
        "title_link",
        "text",
        "image_url",
        "thumb_url",
    ];
    let mut all: serde_json::Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), json!(format!("the {name}")))).collect();
    all.insert("fields".into(), json!([{ "title": "t", "value": "v", "short": false }]));
    let read: SlackAttachment = serde_json::from_value(Value::Object(all.clone())).unwrap();
    assert_eq!(json!(read), Value::Object(all));
}
