//! An event and a registration for the tests of every format.

use std::collections::BTreeMap;

use postrider_domain::{
    Credentials, DeliveryId, DeliveryOptions, Event, EventId, FilterSet, Registration,
    RegistrationHeaders, RegistrationId, Resource, Secret, Timestamp, UserId,
};
use serde_json::value::RawValue;
use uuid::Uuid;

pub(crate) const SECRET: &str = "12345678901234567890123456789012";

pub(crate) fn secret(text: &str) -> Secret {
    Secret::parse(text).unwrap()
}

pub(crate) fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

pub(crate) fn delivery(n: u128) -> DeliveryId {
    DeliveryId(Uuid::from_u128(n))
}

pub(crate) fn event() -> Event {
    Event {
        id: EventId(Uuid::from_u128(0xe)),
        filter: "reports".parse().unwrap(),
        event_type: "Added".parse().unwrap(),
        resource: Resource {
            id: "42".into(),
            name: Some("Q3 \"世界\"".into()),
            category: Some("finance".into()),
        },
        actor: Some("amy".into()),
        occurred_at: "2026-11-21T08:00:00.5Z".parse().unwrap(),
        accepted_at: "2026-11-21T08:00:01Z".parse().unwrap(),
        data: Some(raw(r#"{"pages":1.10, "huge":12345678901234567890123,"e":1E400}"#)),
        publisher: None,
        audience: None,
    }
}

/// An event with nothing but what every event has.
pub(crate) fn bare_event() -> Event {
    Event {
        resource: Resource { id: "42".into(), name: None, category: None },
        actor: None,
        data: None,
        ..event()
    }
}

pub(crate) fn registration(properties: &[(&str, &str)]) -> Registration {
    let properties: BTreeMap<_, _> =
        properties.iter().map(|&(name, value)| (name.to_owned(), raw(value))).collect();
    Registration {
        id: RegistrationId(Uuid::from_u128(1)),
        owner: UserId(Uuid::from_u128(2)),
        uri: "https://subscriber.example/hook".parse().unwrap(),
        filters: FilterSet::all(),
        secret: secret(SECRET),
        previous_secret: None,
        description: None,
        paused: false,
        secret_expires_at: None,
        disabled: None,
        condition: None,
        options: DeliveryOptions::default(),
        credentials: Credentials::default(),
        headers: RegistrationHeaders::default(),
        properties,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    }
}
