use super::*;
use crate::standard::{PublicKey, SignatureHeaders, SigningKey, TOLERANCE};

const OLD: &str = "98765432109876543210987654321098";

fn key(n: u8) -> SigningKey {
    SigningKey::generate([n; 32])
}

fn signatures(request: &Request) -> Vec<&str> {
    request.header("webhook-signature").unwrap().split(' ').collect()
}

#[test]
fn secret_and_key_sign_and_so_do_those_before_until_they_end() {
    let mut registration = registration(&[]);
    let ends_at = now() + std::time::Duration::from_micros(1);
    registration.previous_secret = Some(PreviousSecret { secret: secret(OLD), ends_at });
    registration.credentials.signing_key = Some(key(1).to_text());
    registration.credentials.previous_signing_key =
        Some(PreviousKey { key: key(2).to_text(), ends_at });
    let events = [event()];

    let during = request(&registration, &events);
    let (id, body) = (delivery(0xd).to_string(), &during.body);
    let by_secret = |secret| standard::signature(secret, &id, NOW, body);
    let by_key = |key| standard::asymmetric_signature(&key, &id, NOW, body);
    let expected =
        [by_secret(&registration.secret), by_secret(&secret(OLD)), by_key(key(1)), by_key(key(2))];
    assert_eq!(signatures(&during), expected);
    let classic =
        [&registration.secret, &secret(OLD)].map(|secret| aspnet::signature(secret, body));
    assert_eq!(during.header("ms-signature"), Some(&*classic[0]));
    assert_eq!(during.header("ms-signature-previous"), Some(&*classic[1]));

    let after = Request::new(&outbound(&registration, &events), ends_at).unwrap();
    assert_eq!(signatures(&after), [&*expected[0], &*expected[2]]);
    assert_eq!(after.header("ms-signature-previous"), None);
}

#[test]
fn every_format_is_signed_for_receivers_of_standard_webhooks() {
    for format in PayloadFormat::ALL {
        let mut registration = of_format(*format);
        registration.credentials.signing_key = Some(key(1).to_text());
        let request = request(&registration, &[event()]);
        let headers = SignatureHeaders {
            id: request.header("webhook-id").unwrap(),
            timestamp: request.header("webhook-timestamp").unwrap(),
            signature: request.header("webhook-signature").unwrap(),
        };
        let public: PublicKey = key(1).public_key();
        let secret = &registration.secret;
        let symmetric = standard::verify(secret, headers, &request.body, now(), TOLERANCE);
        assert_eq!(symmetric, Ok(()), "{format}");
        let asymmetric =
            standard::verify_asymmetric(&public, headers, &request.body, now(), TOLERANCE);
        assert_eq!(asymmetric, Ok(()), "{format}");
    }
}

#[test]
fn only_the_formats_of_classic_receivers_have_their_signature() {
    for format in PayloadFormat::ALL {
        let mut registration = of_format(*format);
        registration.previous_secret =
            Some(PreviousSecret { secret: secret(OLD), ends_at: Timestamp::from_micros(i64::MAX) });
        let request = request(&registration, &[event()]);
        let classic = matches!(format, PayloadFormat::Aspnet | PayloadFormat::Form);
        for name in ["ms-signature", "ms-signature-previous"] {
            assert_eq!(request.header(name).is_some(), classic, "{format} {name}");
        }
    }
}

#[test]
fn the_id_is_that_of_the_delivery_for_every_attempt_and_has_no_dot() {
    let registration = registration(&[]);
    let events = [event()];
    let ids: Vec<_> = [(1, 0), (2, 0), (9, 4)]
        .map(|(attempt, replay)| {
            let outbound = Outbound { attempt, replay, ..outbound(&registration, &events) };
            Request::new(&outbound, now()).unwrap().header("webhook-id").unwrap().to_owned()
        })
        .into();
    assert_eq!(ids, ["dlv_0000000000000000000000000000000d"; 3]);
    assert!(!ids[0].contains('.'));
}

#[test]
fn a_request_is_signed_with_the_time_of_its_attempt() {
    let registration = registration(&[]);
    let events = [event()];
    let later = Timestamp::from_micros(NOW * 1_000_000 + 1_999_999);
    let request = Request::new(&outbound(&registration, &events), later).unwrap();
    assert_eq!(request.header("webhook-timestamp"), Some(&*(NOW + 1).to_string()));
}
