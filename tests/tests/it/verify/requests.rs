//! Requests of registrations that differ in format, secrets and keys, with what a receiver knows of
//! them.

use std::collections::BTreeMap;
use std::time::Duration;

use postrider_domain::{
    Clock, Credentials, DeliveryOptions, Event, FilterSet, PayloadFormat, PreviousKey,
    PreviousSecret, Registration, RegistrationHeaders, Resource, Secret, Timestamp,
};
use postrider_runtime::clock::SystemClock;
use postrider_wire::request::{Outbound, Request};
use postrider_wire::standard::{SigningKey, consumer_secret};
use serde_json::value::RawValue;
use serde_json::{Value, json};

const PLAIN: &str = "a plain secret of ümlauts, long enough";
const STANDARD: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// A request, and what a receiver knows of its sender.
pub(crate) struct Posted {
    pub(crate) name: String,
    format: PayloadFormat,
    request: Request,
    registration: Registration,
    events: Vec<Event>,
}

impl Posted {
    fn new(name: String, registration: Registration, events: Vec<Event>) -> Self {
        let outbound = Outbound {
            delivery: "dlv_0198f3c2a1b27c3d9e4f5a6b7c8d9e0f".parse().unwrap(),
            attempt: 2,
            replay: 1,
            registration: &registration,
            events: &events,
        };
        // Receivers ask the machine for the time.
        let request = Request::new(&outbound, SystemClock.now()).unwrap();
        Self { name, format: registration.options.format, request, registration, events }
    }

    /// Changes one character of the body, and leaves it what it is.
    pub(crate) fn tamper(&mut self) {
        let body = String::from_utf8(self.request.body.to_vec()).unwrap();
        let changed = body.replacen("42", "43", 1);
        assert_ne!(changed, body);
        self.request.body = changed.into();
    }

    /// The request as a program reads it.
    pub(crate) fn to_json(&self) -> Value {
        let headers: BTreeMap<_, _> = self
            .request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        let secrets: Vec<_> = [
            Some(&self.registration.secret),
            self.registration.previous_secret.as_ref().map(|previous| &previous.secret),
        ]
        .into_iter()
        .flatten()
        .collect();
        let is_classic = matches!(self.format, PayloadFormat::Aspnet | PayloadFormat::Form);
        let classic: Vec<_> =
            secrets.iter().filter(|_| is_classic).map(|secret| secret.expose()).collect();
        let credentials = &self.registration.credentials;
        let keys = [
            credentials.signing_key.as_ref(),
            credentials.previous_signing_key.as_ref().map(|previous| &previous.key),
        ];
        let public_keys: Vec<_> = keys
            .into_iter()
            .flatten()
            .map(|key| SigningKey::parse(key.expose()).unwrap().public_key().to_string())
            .collect();
        json!({
            "format": self.format,
            "headers": headers,
            "body": hex::encode(&self.request.body),
            "consumerSecrets": secrets.iter().map(|secret| consumer_secret(secret)).collect::<Vec<_>>(),
            "classicSecrets": classic,
            "publicKeys": public_keys,
            "events": self.events.iter().map(told).collect::<Vec<_>>(),
        })
    }
}

/// What every format tells of an event.
fn told(event: &Event) -> Value {
    json!({
        "id": event.id,
        "type": format!("{}.{}", event.filter, event.event_type),
        "subject": event.resource.id,
        "name": event.resource.name,
        "actor": event.actor,
        "time": event.occurred_at,
        "data": event.data,
    })
}

/// Every format with one event, with one that has no more than it must, and with several where the
/// format has them; each for registrations that sign in every way.
pub(crate) fn every_request() -> Vec<Posted> {
    let mut requests = Vec::new();
    for format in PayloadFormat::ALL {
        let mut payloads = vec![("full", vec![full()]), ("bare", vec![bare()])];
        if format.takes_several() {
            payloads.push(("bundle", vec![bare(), full(), bare()]));
        }
        for (payload, events) in payloads {
            for (signer, registration) in signers() {
                let mut registration = registration;
                registration.options.format = *format;
                let name = format!("{format}-{payload}-{signer}");
                requests.push(Posted::new(name, registration, events.clone()));
            }
        }
    }
    requests
}

fn signers() -> [(&'static str, Registration); 3] {
    let ends_at = SystemClock.now() + Duration::from_hours(1);
    let key = |n| SigningKey::generate([n; 32]).to_text();
    let mut rotating = registration(STANDARD);
    rotating.previous_secret = Some(PreviousSecret { secret: secret(PLAIN), ends_at });
    rotating.credentials.signing_key = Some(key(1));
    rotating.credentials.previous_signing_key = Some(PreviousKey { key: key(2), ends_at });
    let mut keyed = registration(STANDARD);
    keyed.credentials.signing_key = Some(key(3));
    [("plain-secret", registration(PLAIN)), ("key", keyed), ("rotating", rotating)]
}

fn secret(text: &str) -> Secret {
    Secret::parse(text).unwrap()
}

fn registration(text: &str) -> Registration {
    let property = RawValue::from_string("{\"of\": [\"the\", \"owner\"]}".into()).unwrap();
    Registration {
        id: "reg_0198f3c2a1b27c3d9e4f5a6b7c8d9e0e".parse().unwrap(),
        owner: "usr_0198f3c2a1b27c3d9e4f5a6b7c8d9e0d".parse().unwrap(),
        uri: "https://receiver.example/hook?code=1".parse().unwrap(),
        filters: FilterSet::all(),
        secret: secret(text),
        previous_secret: None,
        description: None,
        paused: false,
        secret_expires_at: None,
        disabled: None,
        condition: None,
        options: DeliveryOptions::default(),
        credentials: Credentials::default(),
        headers: RegistrationHeaders::parse([("x-team", "reports")]).unwrap(),
        properties: BTreeMap::from([("Own property".to_owned(), property)]),
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    }
}

fn full() -> Event {
    Event {
        resource: Resource {
            id: "42 \"€\"\\ 100% 😀".into(),
            name: Some("Q3 revenue: \"世界\" & more = 1+1".into()),
            category: Some("finance".into()),
        },
        actor: Some("ada".into()),
        data: Some(
            RawValue::from_string("{\"pages\": 1.50, \"of\":[null, \"é\"]}".into()).unwrap(),
        ),
        ..bare()
    }
}

/// An event with nothing but what every event has.
fn bare() -> Event {
    Event {
        id: "evt_0198f3c2a1b07a1b8c2d3e4f5a6b7c8d".parse().unwrap(),
        filter: "reports".parse().unwrap(),
        event_type: "Added".parse().unwrap(),
        resource: Resource { id: "42".into(), name: None, category: None },
        actor: None,
        occurred_at: "2026-11-21T08:00:00.125Z".parse().unwrap(),
        accepted_at: "2026-11-21T08:00:01Z".parse().unwrap(),
        data: None,
        publisher: None,
        audience: None,
    }
}
