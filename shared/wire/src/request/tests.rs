mod credentials;
mod document;
mod formats;
mod record;
mod signatures;

use postrider_domain::{
    Authentication, PayloadFormat, PreviousKey, PreviousSecret, RegistrationHeaders, SecretText,
};

use super::*;
use crate::samples::{bare_event, delivery, event, registration, secret};

const NOW: i64 = 1_795_248_000;

fn now() -> Timestamp {
    Timestamp::from_micros(NOW * 1_000_000)
}

fn of_format(format: PayloadFormat) -> Registration {
    let mut registration = registration(&[]);
    registration.options.format = format;
    registration
}

fn text(text: &str) -> SecretText {
    SecretText::parse(text).unwrap()
}

fn outbound<'a>(registration: &'a Registration, events: &'a [Event]) -> Outbound<'a> {
    Outbound { delivery: delivery(0xd), attempt: 2, replay: 0, registration, events }
}

fn request(registration: &Registration, events: &[Event]) -> Request {
    Request::new(&outbound(registration, events), now()).unwrap()
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        assert!(self.headers.get_all(name).iter().count() <= 1, "{name} is there twice");
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

#[test]
fn a_replay_says_which_one_it_is_and_nothing_else_does() {
    let registration = registration(&[]);
    let events = [event()];
    let replayed = Outbound { replay: 3, ..outbound(&registration, &events) };
    assert_eq!(Request::new(&replayed, now()).unwrap().header("postrider-replay"), Some("3"));
    assert_eq!(request(&registration, &events).header("postrider-replay"), None);
}

#[test]
fn registered_headers_are_sent_and_marked_as_possible_credentials() {
    let mut registration = registration(&[]);
    registration.headers =
        RegistrationHeaders::parse([("X-Team", "reports"), ("Authorization", "Bearer t")]).unwrap();
    let request = request(&registration, &[event()]);
    assert_eq!(request.header("x-team"), Some("reports"));
    assert_eq!(request.header("authorization"), Some("Bearer t"));
    assert!(request.headers["x-team"].is_sensitive());
    assert!(request.headers["authorization"].is_sensitive());
}

/// The most that a registration may have, by all limits at once.
#[test]
fn the_largest_registration_makes_a_request() {
    let mut registration = of_format(PayloadFormat::CloudEventsBinary);
    let value = "x".repeat(RegistrationHeaders::MAX_VALUE);
    let headers = (0..RegistrationHeaders::MAX_ENTRIES).map(|n| (format!("x-{n}"), value.clone()));
    registration.headers = RegistrationHeaders::parse(headers).unwrap();
    registration.credentials.authentication =
        Some(Authentication::Bearer { token: text(&"t".repeat(SecretText::MAX_LENGTH)) });
    let mut event = event();
    event.resource.id = "世".repeat(170);

    let request = request(&registration, &[event]);

    assert_eq!(request.headers.len(), RegistrationHeaders::MAX_ENTRIES + 11);
    assert_eq!(request.header("ce-subject").map(str::len), Some(170 * 9));
}
