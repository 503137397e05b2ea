use proptest::prelude::*;

use super::*;

/// Vector 3: the key pair of which the reference sender publishes a signature.
const KEY: &str =
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
const PUBLIC: &str = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const TIME: i64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str =
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";

fn key() -> SigningKey {
    SigningKey::parse(KEY).unwrap()
}

fn check_published(signature: &str, body: &[u8]) -> Result<(), VerifyError> {
    let timestamp = TIME.to_string();
    let headers = SignatureHeaders { id: ID, timestamp: &timestamp, signature };
    verify_asymmetric(&PUBLIC.parse().unwrap(), headers, body, at(TIME), TOLERANCE)
}

#[test]
fn the_published_asymmetric_signature_is_reproduced() {
    assert_eq!(asymmetric_signature(&key(), ID, TIME, BODY), SIGNATURE);
    assert_eq!(key().public_key().to_string(), PUBLIC);
    assert_eq!(check_published(SIGNATURE, BODY), Ok(()));
    // The same JSON, written anew by a receiver that does not keep the bytes.
    assert_eq!(check_published(SIGNATURE, br#"{"test":2432232314}"#), Err(VerifyError::Mismatch));
}

#[test]
fn a_key_is_written_as_it_was_read_and_may_come_without_its_public_half() {
    assert_eq!(key().to_text().expose(), KEY);
    let seed = BASE64.encode(&BASE64.decode(&KEY[5..]).unwrap()[..32]);
    for text in [format!("whsk_{seed}"), format!("whsk_{}", seed.trim_end_matches('='))] {
        assert_eq!(SigningKey::parse(&text).unwrap().to_text().expose(), KEY, "{text}");
    }
}

#[test]
fn a_key_whose_halves_do_not_belong_together_is_refused() {
    let mut bytes = BASE64.decode(&KEY[5..]).unwrap();
    bytes[0] ^= 1;
    let error = SigningKey::parse(&format!("whsk_{}", BASE64.encode(&bytes))).unwrap_err();
    assert!(error.to_string().contains("not the one of its seed"), "{error}");
}

#[test]
fn what_is_no_key_is_refused_and_not_quoted() {
    for text in [
        "",
        "whsk_",
        &KEY[5..],
        "whsk_no base64!",
        "whsk_c2hvcnQ=",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        PUBLIC,
        &format!("{KEY}AAAA"),
    ] {
        let error = SigningKey::parse(text).unwrap_err().to_string();
        assert!(text.len() < 6 || !error.contains(&text[5..]), "{error}");
    }
    for text in ["", "whpk_", KEY, &PUBLIC[5..], "whpk_c2hvcnQ="] {
        assert!(text.parse::<PublicKey>().is_err(), "{text}");
    }
    // It has the right length, and is no point of the curve.
    let nowhere = format!("whpk_{}", BASE64.encode([2; 32]));
    assert!(nowhere.parse::<PublicKey>().is_err());
}

#[test]
fn printing_a_key_shows_nothing() {
    assert_eq!(format!("{:?}", key()), "SigningKey(…)");
}

#[test]
fn one_right_asymmetric_signature_among_others_is_enough() {
    let symmetric = signature(&secret(SECRET), ID, TIME, BODY);
    for header in [
        format!("{symmetric} {SIGNATURE}"),
        format!("v1a,AAAA v1a,!!! {SIGNATURE} v1b,x"),
        SIGNATURE.trim_end_matches('=').to_owned(),
    ] {
        assert_eq!(check_published(&header, BODY), Ok(()), "{header}");
    }
    for header in ["", "v1a", &symmetric, &SIGNATURE.replace("v1a,", "v1,")] {
        assert_eq!(check_published(header, BODY), Err(VerifyError::Mismatch), "{header}");
    }
}

#[test]
fn id_and_time_are_under_the_asymmetric_signature_too() {
    let public = PUBLIC.parse().unwrap();
    let now = TIME.to_string();
    let headers = SignatureHeaders { id: ID, timestamp: &now, signature: SIGNATURE };
    let later = (TIME + 1).to_string();
    for (headers, at_second, expected) in [
        (SignatureHeaders { id: "msg_other", ..headers }, TIME, VerifyError::Mismatch),
        (SignatureHeaders { timestamp: &later, ..headers }, TIME, VerifyError::Mismatch),
        (SignatureHeaders { id: "msg.other", ..headers }, TIME, VerifyError::Malformed),
        (headers, TIME + 301, VerifyError::OutsideTolerance),
        (headers, TIME - 301, VerifyError::OutsideTolerance),
    ] {
        let verified = verify_asymmetric(&public, headers, BODY, at(at_second), TOLERANCE);
        assert_eq!(verified, Err(expected), "{headers:?} at {at_second}");
    }
}

proptest! {
    // Curves are slow without optimisation.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_a_generated_key_signs_verifies_with_its_public_key_and_no_other(
        random in any::<[u8; 32]>(),
        other in any::<[u8; 32]>(),
        body in prop::collection::vec(any::<u8>(), 1..200),
        place in any::<prop::sample::Index>(),
        flip in 1..=u8::MAX,
    ) {
        prop_assume!(random != other);
        let key = SigningKey::generate(random);
        let signature = asymmetric_signature(&key, "msg_1", NOW, &body);
        let timestamp = NOW.to_string();
        let headers = SignatureHeaders { id: "msg_1", timestamp: &timestamp, signature: &signature };
        let check = |key: &SigningKey, body: &[u8]| {
            let public = key.public_key().to_string().parse().unwrap();
            verify_asymmetric(&public, headers, body, at(NOW), TOLERANCE)
        };
        prop_assert_eq!(check(&key, &body), Ok(()));
        prop_assert_eq!(check(&SigningKey::generate(other), &body), Err(VerifyError::Mismatch));

        let mut changed = body.clone();
        changed[place.index(body.len())] ^= flip;
        prop_assert_eq!(check(&key, &changed), Err(VerifyError::Mismatch));
    }
}
