//! A notification as an HTML form, for receivers that read nothing else.
//!
//! | field | value |
//! |---|---|
//! | `Id`, `Attempt` | those of the delivery |
//! | `Action`, `Type`, `EventId`, `ResourceId`, `OccurredAt` | as in the notification of [`crate::aspnet`] |
//! | `ResourceName`, `Category`, `Actor`, `Data` | the same, left out when the event has none; `Data` is JSON text |
//! | `Properties.<name>` | a property of the registration: what a JSON string says, anything else as JSON |
//!
//! A form has no lists, so registrations of this format are not batched. A bundle that was formed
//! before its registration changed to this format is still sent whole: the fields of its events are
//! named `Notifications[0].Action` and so on.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use postrider_domain::{DeliveryId, Event, Registration};
use serde_json::value::RawValue;
use url::form_urlencoded::Serializer;

use crate::json;

/// The media type of a body.
pub const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// The body of one attempt.
pub fn body(
    delivery: DeliveryId,
    attempt: u16,
    registration: &Registration,
    events: &[Event],
) -> Bytes {
    let mut form = Serializer::new(String::with_capacity(json::room_for(events)));
    form.append_pair("Id", &delivery.simple());
    form.append_pair("Attempt", &attempt.to_string());
    if let [event] = events {
        append(&mut form, "", event);
    } else {
        for (index, event) in events.iter().enumerate() {
            append(&mut form, &format!("Notifications[{index}]."), event);
        }
    }
    for (name, value) in &registration.properties {
        form.append_pair(&format!("Properties.{name}"), &text_of(value));
    }
    form.finish().into()
}

fn append(form: &mut Serializer<'_, String>, prefix: &str, event: &Event) {
    let fields = [
        ("Action", Some(event.filter.as_str())),
        ("Type", Some(event.event_type.as_str())),
        ("EventId", Some(&event.id.simple())),
        ("ResourceId", Some(&event.resource.id)),
        ("ResourceName", event.resource.name.as_deref()),
        ("Category", event.resource.category.as_deref()),
        ("Actor", event.actor.as_deref()),
        ("OccurredAt", Some(&event.occurred_at.to_string())),
        ("Data", event.data.as_deref().map(RawValue::get)),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            form.append_pair(&format!("{prefix}{name}"), value);
        }
    }
}

/// A form is read as text, so that a text does without the quotes of JSON. One that is no Unicode
/// (half of a surrogate pair) keeps them.
fn text_of(value: &RawValue) -> String {
    serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned())
}
