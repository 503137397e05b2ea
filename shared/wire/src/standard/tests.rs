mod asymmetric;
mod bodies;

use proptest::prelude::*;
use standardwebhooks::Webhook;

use super::*;
use crate::samples::{SECRET, secret};

const NOW: i64 = 1_795_248_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn check(headers: SignatureHeaders<'_>, body: &[u8], now: i64) -> Result<(), VerifyError> {
    verify(&secret(SECRET), headers, body, at(now), TOLERANCE)
}

#[test]
fn the_published_signatures_are_reproduced() {
    assert_eq!(
        signature(
            &secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"),
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            br#"{"email":"test@example.com","username":"test_user"}"#,
        ),
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
    );
    assert_eq!(
        signature(
            &secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        ),
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    );
}

#[test]
fn a_consumers_library_given_the_consumer_secret_signs_alike() {
    for text in [
        SECRET,
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        // The prefix alone does not make it base64.
        "whsec_this is no base64 at all, is it?",
        // 28 bytes without their padding.
        "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nw",
        &"世".repeat(32),
    ] {
        let secret = secret(text);
        let consumer = Webhook::new(&consumer_secret(&secret)).unwrap();
        assert_eq!(
            signature(&secret, "dlv_1", NOW, b"{\"a\": 1}"),
            consumer.sign("dlv_1", NOW, b"{\"a\": 1}").unwrap(),
            "{text}"
        );
    }
}

#[test]
fn a_secret_that_is_base64_already_is_handed_over_as_it_is() {
    let text = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    assert_eq!(consumer_secret(&secret(text)), text);
}

#[test]
fn one_right_signature_among_others_is_enough() {
    let right = signature(&secret(SECRET), "msg_1", NOW, b"body");
    let timestamp = NOW.to_string();
    for header in [
        right.clone(),
        format!("v1a,AAAA {right}"),
        format!("v1,AAAA v1,!!! nonsense {right} v9,x"),
        right.trim_end_matches('=').to_owned(),
    ] {
        let headers = SignatureHeaders { id: "msg_1", timestamp: &timestamp, signature: &header };
        assert_eq!(check(headers, b"body", NOW), Ok(()), "{header}");
    }
    for header in [String::new(), "v1".into(), right.replace("v1,", "v2,"), "v1,AAAA".into()] {
        let headers = SignatureHeaders { id: "msg_1", timestamp: &timestamp, signature: &header };
        assert_eq!(check(headers, b"body", NOW), Err(VerifyError::Mismatch), "{header}");
    }
}

#[test]
fn no_more_than_sixteen_signatures_are_looked_at() {
    let right = signature(&secret(SECRET), "dlv_1", NOW, b"{}");
    let timestamp = NOW.to_string();
    for (others, good) in [(15, true), (16, false)] {
        let signatures = format!("v1a,AAAA {}{right}", "v1,AAAA ".repeat(others));
        let headers =
            SignatureHeaders { id: "dlv_1", timestamp: &timestamp, signature: &signatures };
        assert_eq!(check(headers, b"{}", NOW).is_ok(), good, "behind {others}");
    }
}

#[test]
fn a_tolerance_shorter_than_a_second_is_kept() {
    let signature = signature(&secret(SECRET), "dlv_1", NOW, b"{}");
    let timestamp = NOW.to_string();
    let headers = SignatureHeaders { id: "dlv_1", timestamp: &timestamp, signature: &signature };
    let tolerance = Duration::from_millis(500);
    for (millis, good) in [(-501, false), (-500, true), (500, true), (501, false)] {
        let now = Timestamp::from_micros(NOW * 1_000_000 + millis * 1_000);
        let verified = verify(&secret(SECRET), headers, b"{}", now, tolerance);
        assert_eq!(verified.is_ok(), good, "{millis}");
    }
}

#[test]
fn the_id_and_the_time_are_signed_too() {
    let signature = signature(&secret(SECRET), "msg_1", NOW, b"body");
    let (now, later) = (NOW.to_string(), (NOW + 1).to_string());
    for (id, timestamp) in [("msg_2", &now), ("msg_1", &later)] {
        let headers = SignatureHeaders { id, timestamp, signature: &signature };
        assert_eq!(check(headers, b"body", NOW), Err(VerifyError::Mismatch), "{id} {timestamp}");
    }
}

#[test]
fn a_timestamp_is_tolerated_for_five_minutes_in_both_directions() {
    let signature = signature(&secret(SECRET), "msg_1", NOW, b"body");
    let timestamp = NOW.to_string();
    let headers = SignatureHeaders { id: "msg_1", timestamp: &timestamp, signature: &signature };
    for (now, expected) in [
        (NOW - 301, Err(VerifyError::OutsideTolerance)),
        (NOW - 300, Ok(())),
        (NOW + 300, Ok(())),
        (NOW + 301, Err(VerifyError::OutsideTolerance)),
    ] {
        assert_eq!(check(headers, b"body", now), expected, "{now}");
    }
    for (timestamp, expected) in [
        ("", VerifyError::Malformed),
        ("soon", VerifyError::Malformed),
        ("9223372036854775807", VerifyError::OutsideTolerance),
        ("-9223372036854775808", VerifyError::OutsideTolerance),
    ] {
        let headers = SignatureHeaders { timestamp, ..headers };
        assert_eq!(check(headers, b"body", NOW), Err(expected), "{timestamp}");
    }
}

/// The bytes that are signed for `a`, 1 and `2.body` are those of `a.1`, 2 and `body`.
#[test]
fn a_message_does_not_pass_for_another_one_with_a_dot_in_its_id() {
    let signature = signature(&secret(SECRET), "a", NOW, format!("{NOW}.body").as_bytes());
    let (id, timestamp) = (format!("a.{NOW}"), NOW.to_string());
    let headers = SignatureHeaders { id: &id, timestamp: &timestamp, signature: &signature };
    assert_eq!(check(headers, b"body", NOW), Err(VerifyError::Malformed));
}

proptest! {
    #[test]
    fn what_was_signed_verifies_and_any_changed_byte_does_not(
        body in prop::collection::vec(any::<u8>(), 1..200),
        place in any::<prop::sample::Index>(),
        flip in 1..=u8::MAX,
    ) {
        let signature = signature(&secret(SECRET), "msg_1", NOW, &body);
        let timestamp = NOW.to_string();
        let headers = SignatureHeaders { id: "msg_1", timestamp: &timestamp, signature: &signature };
        prop_assert_eq!(check(headers, &body, NOW), Ok(()));

        let mut changed = body.clone();
        changed[place.index(body.len())] ^= flip;
        prop_assert_eq!(check(headers, &changed, NOW), Err(VerifyError::Mismatch));
    }
}
