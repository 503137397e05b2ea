use proptest::prelude::*;

use super::*;
use crate::samples::{SECRET, bare_event, delivery, event, raw, registration, secret};

/// What the library's own sender posts in its tests, and the signature it expects of it.
const PUBLISHED: &[u8] = include_bytes!("../../tests/fixtures/aspnet/delivery.crlf.json");
const PUBLISHED_SECRET: &str = "123456789012345678901234567890123456789012345678";
const PUBLISHED_SIGNATURE: &str =
    "sha256=DCDEB62502988CDEDE464AF6A97566D61288C446CFC46F74F341E11173FF30A1";

fn text(body: &[u8]) -> &str {
    std::str::from_utf8(body).unwrap()
}

#[test]
fn the_published_body_is_reproduced_to_the_byte() {
    #[derive(Serialize)]
    struct Sample {
        #[serde(rename = "Action")]
        action: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        d1: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        d2: Option<&'static str>,
    }
    let body = Body {
        id: "1234567890",
        attempt: 1,
        properties: &BTreeMap::from([("p1".to_owned(), raw("\"pv1\""))]),
        notifications: &[
            Sample { action: "a1", d1: Some("dv1"), d2: None },
            Sample { action: "a1", d1: None, d2: Some("http://localhost") },
        ],
    };
    assert_eq!(PUBLISHED.len(), 239);
    assert_eq!(text(&body.to_bytes(0)), text(PUBLISHED));
}

#[test]
fn the_published_signature_is_reproduced() {
    assert_eq!(signature(&secret(PUBLISHED_SECRET), PUBLISHED), PUBLISHED_SIGNATURE);
    assert_eq!(verify(&secret(PUBLISHED_SECRET), PUBLISHED_SIGNATURE, PUBLISHED), Ok(()));

    let unix = text(PUBLISHED).replace('\r', "");
    assert_eq!(
        signature(&secret(PUBLISHED_SECRET), unix.as_bytes()),
        "sha256=32785553E5E20E57F138B9D154F67FD1EBBB394C76CC6B3BA5EFF9F516F99D8F"
    );
    let receiver = include_bytes!("../../tests/fixtures/aspnet/receiver-body.crlf.json");
    assert_eq!(
        signature(&secret(SECRET), receiver),
        "sha256=4C91105A750277500A032BEF74774CB6A82D37AE5B423F20B8C0B6D151339680"
    );
}

#[test]
fn a_delivery_carries_every_member_of_its_event() {
    let registration = registration(&[("tier", "1.0"), ("a", "{\"b\":[ ]}")]);
    let body = body(delivery(0xd), 3, &registration, &[event()]);
    let expected = r#"{
  "Id": "0000000000000000000000000000000d",
  "Attempt": 3,
  "Properties": {
    "a": {"b":[ ]},
    "tier": 1.0
  },
  "Notifications": [
    {
      "Action": "reports",
      "Type": "Added",
      "EventId": "0000000000000000000000000000000e",
      "ResourceId": "42",
      "ResourceName": "Q3 \"世界\"",
      "Category": "finance",
      "Actor": "amy",
      "OccurredAt": "2026-11-21T08:00:00.500000Z",
      "Data": {"pages":1.10, "huge":12345678901234567890123,"e":1E400}
    }
  ]
}"#;
    assert_eq!(text(&body), expected.replace('\n', "\r\n"));
}

#[test]
fn the_events_of_a_bundle_are_notifications_in_their_order() {
    let mut second = bare_event();
    second.resource.id = "43".into();
    let body = body(delivery(0xd), 1, &registration(&[]), &[bare_event(), second]);
    let notification = |resource: &str| {
        format!(
            r#"    {{
      "Action": "reports",
      "Type": "Added",
      "EventId": "0000000000000000000000000000000e",
      "ResourceId": "{resource}",
      "ResourceName": null,
      "Category": null,
      "Actor": null,
      "OccurredAt": "2026-11-21T08:00:00.500000Z",
      "Data": null
    }}"#
        )
    };
    let expected = format!(
        r#"{{
  "Id": "0000000000000000000000000000000d",
  "Attempt": 1,
  "Properties": {{}},
  "Notifications": [
{},
{}
  ]
}}"#,
        notification("42"),
        notification("43")
    );
    assert_eq!(text(&body), expected.replace('\n', "\r\n"));
}

#[test]
fn what_an_event_does_not_have_is_null_and_no_properties_are_an_empty_object() {
    let body = body(delivery(0xd), 1, &registration(&[]), &[bare_event(), bare_event()]);
    assert!(text(&body).contains("  \"Properties\": {},\r\n"), "{}", text(&body));
    let parsed: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(parsed["Notifications"].as_array().unwrap().len(), 2);
    for member in ["ResourceName", "Category", "Actor", "Data"] {
        assert_eq!(parsed["Notifications"][1].get(member), Some(&serde_json::Value::Null));
    }
}

#[test]
fn spaces_and_either_case_are_accepted() {
    let hex = PUBLISHED_SIGNATURE.strip_prefix("sha256=").unwrap();
    for hex in [hex.to_owned(), hex.to_lowercase()] {
        for header in [
            format!(" sha256={hex}"),
            format!("sha256 ={hex}"),
            format!("sha256= {hex}"),
            format!(" sha256 = {hex} "),
        ] {
            assert_eq!(verify(&secret(PUBLISHED_SECRET), &header, PUBLISHED), Ok(()), "{header}");
        }
    }
}

#[test]
fn a_header_of_another_form_is_malformed() {
    for header in ["", "=", "==", "invalid", "sha256", "sha256=", "sha256= ", "k1=v1;k2=v2"] {
        let verified = verify(&secret(SECRET), header, b"");
        assert_eq!(verified, Err(VerifyError::Malformed), "{header}");
    }
}

#[test]
fn a_value_that_is_not_hexadecimal_is_told_from_a_wrong_one() {
    for value in ["invalid", "1", "123456789", "github", "\0\0", "你好"] {
        let verified = verify(&secret(SECRET), &format!("sha256={value}"), b"");
        assert_eq!(verified, Err(VerifyError::Encoding), "{value}");
    }
    let right = signature(&secret(SECRET), b"");
    for wrong in ["sha256=00", &right[..right.len() - 2], &format!("{right}00")] {
        assert_eq!(verify(&secret(SECRET), wrong, b""), Err(VerifyError::Mismatch), "{wrong}");
    }
}

proptest! {
    #[test]
    fn what_was_signed_verifies_and_any_changed_byte_does_not(
        body in prop::collection::vec(any::<u8>(), 1..200),
        place in any::<prop::sample::Index>(),
        flip in 1..=u8::MAX,
    ) {
        let secret = secret(SECRET);
        let signature = signature(&secret, &body);
        prop_assert_eq!(verify(&secret, &signature, &body), Ok(()));

        let mut changed = body.clone();
        changed[place.index(body.len())] ^= flip;
        prop_assert_eq!(verify(&secret, &signature, &changed), Err(VerifyError::Mismatch));
    }

    #[test]
    fn whatever_names_contain_the_body_is_json_that_reads_back(
        name in any::<Option<String>>(),
        actor in any::<Option<String>>(),
        data in any::<Option<f64>>(),
    ) {
        let mut event = event();
        event.resource.name.clone_from(&name);
        event.actor.clone_from(&actor);
        event.data = data.map(|number| raw(&serde_json::to_string(&number).unwrap()));
        let body = body(delivery(1), 1, &registration(&[]), &[event]);
        let parsed: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let notification = &parsed["Notifications"][0];
        prop_assert_eq!(notification["ResourceName"].as_str(), name.as_deref());
        prop_assert_eq!(notification["Actor"].as_str(), actor.as_deref());
    }
}
