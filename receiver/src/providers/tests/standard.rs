use http::{Method, StatusCode};

use super::kit::{Kit, NOW, OTHER, S32};
use crate::{Data, Draft, RefusalKind, Request, Unsignable};

/// A published vector: secret, id, time, body and signature.
struct Vector {
    secret: &'static str,
    id: &'static str,
    time: i64,
    body: &'static str,
    signature: &'static str,
}

/// Of the specification's Rust library.
const RUST: Vector = Vector {
    secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    id: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
    time: 1_649_367_553,
    body: r#"{"email":"test@example.com","username":"test_user"}"#,
    signature: "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
};

/// Of its Go library.
const GO: Vector = Vector {
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    time: 1_614_265_330,
    body: r#"{"test": 2432232314}"#,
    signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

/// Of Svix, with its public key.
const ED25519: Vector = Vector {
    secret: "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
    signature: "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
    ..GO
};
const PRIVATE_KEY: &str =
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";

impl Vector {
    fn kit(&self) -> Kit {
        Kit::new("standard", self.secret).at(self.time)
    }

    fn request(&self, kit: &Kit) -> Request {
        kit.post(self.body)
            .with("webhook-id", self.id)
            .with("webhook-timestamp", self.time.to_string())
            .with("webhook-signature", self.signature)
    }
}

fn signed(kit: &Kit, body: &str, content_type: &str) -> Request {
    let draft = Draft { content_type: Some(content_type.into()), ..kit.draft(body, S32) };
    kit.provider().sign(draft).unwrap()
}

#[tokio::test]
async fn the_published_vectors_are_accepted_and_named_by_their_ids() {
    for vector in [RUST, GO, ED25519] {
        let kit = vector.kit();
        let said = kit.accepted(vector.request(&kit)).await;
        assert_eq!(said.dedupe_key.as_deref(), Some(vector.id));
        assert!(said.actions.is_empty());
    }
}

#[tokio::test]
async fn the_headers_of_svix_are_taken_under_their_older_names() {
    let kit = GO.kit();
    let request = kit
        .post(GO.body)
        .with("svix-id", GO.id)
        .with("svix-timestamp", GO.time.to_string())
        .with("svix-signature", GO.signature);
    assert_eq!(kit.accepted(request).await.dedupe_key.as_deref(), Some(GO.id));
}

#[tokio::test]
async fn headers_of_two_kinds_are_not_mixed() {
    let kit = GO.kit();
    // The id that would be read must be the one that was signed.
    let request = kit
        .post(GO.body)
        .with("webhook-id", "another")
        .with("svix-id", GO.id)
        .with("svix-timestamp", GO.time.to_string())
        .with("svix-signature", GO.signature);
    let (kind, text) = kit.refused(request).await;
    assert_eq!(kind, RefusalKind::Malformed);
    assert!(text.starts_with("Expecting exactly one 'webhook-timestamp' header field"), "{text}");
}

#[tokio::test]
async fn any_of_several_signatures_and_any_of_several_secrets_will_do() {
    let kit = Kit::with("standard", "", &[S32, ED25519.secret, RUST.secret, GO.secret]).at(GO.time);
    let several = format!("v1a,AAAA v2,x {} v1,AAAA", GO.signature);
    for signature in [several.as_str(), ED25519.signature] {
        let mut request = GO.request(&kit);
        request.headers.insert("webhook-signature", signature.parse().unwrap());
        kit.accepted(request).await;
    }
}

#[tokio::test]
async fn more_than_sixteen_signatures_are_refused_even_with_the_right_one_among_them() {
    for vector in [GO, ED25519] {
        let kit = vector.kit();
        let with = |others: usize| {
            let several = format!("{}{}", "v1,AAAA ".repeat(others), vector.signature);
            let mut request = vector.request(&kit);
            request.headers.insert("webhook-signature", several.parse().unwrap());
            request
        };
        kit.accepted(with(15)).await;
        let text = "The 'webhook-signature' header value is invalid. It must contain no more than 16 signatures.";
        assert_eq!(kit.refused(with(16)).await, (RefusalKind::Malformed, text.to_owned()));
    }
}

#[test]
fn a_secret_that_is_no_key_is_told_in_words_that_show_nothing_of_it() {
    let kit = Kit::new("standard", S32);
    let check = |secret: &str| kit.provider().check_secret(secret);
    for secret in [S32, GO.secret, RUST.secret, ED25519.secret] {
        assert_eq!(check(secret), Ok(()));
    }
    for (secret, wrong) in [
        ("short", "it must have 32 to 128 characters"),
        (
            PRIVATE_KEY,
            "it is a private key, which stays with the sender; the public one begins with `whpk_`",
        ),
        (
            "whsec_no base64 at all, whatever it is",
            "it begins with `whsec_`, and what follows is not base64",
        ),
        (
            "whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "it begins with `whpk_`, and what follows is no public key",
        ),
    ] {
        assert_eq!(check(secret).unwrap_err(), wrong);
    }
}

#[tokio::test]
async fn a_private_key_is_not_used_for_verifying() {
    let kit = Kit::new("standard", PRIVATE_KEY);
    assert_eq!(kit.refused(GO.request(&kit)).await.0, RefusalKind::Unconfigured);
}

#[tokio::test]
async fn a_private_key_signs_what_its_public_key_verifies() {
    let kit = Kit::new("standard", ED25519.secret);
    let draft = Draft { private_key: Some(PRIVATE_KEY.into()), ..kit.draft("{}", ED25519.secret) };
    let request = kit.provider().sign(draft).unwrap();
    assert!(request.header("webhook-signature").unwrap().starts_with("v1a,"));
    kit.accepted(request).await;

    kit.provider().sign(kit.draft("{}", PRIVATE_KEY)).unwrap();
    let error = kit.provider().sign(kit.draft("{}", ED25519.secret)).unwrap_err();
    let expected = "what a public key verifies is signed by its private key, `whsk_…`";
    assert_eq!(error, Unsignable(expected.into()));
}

#[tokio::test]
async fn the_type_of_a_body_is_its_action() {
    let kit = Kit::new("standard", S32);
    for (body, content_type, actions) in [
        (r#"{"type":"user.created","data":{}}"#, "application/json", &["user.created"][..]),
        (
            r#"{"specversion":"1.0","type":"com.example.a"}"#,
            "application/cloudevents+json",
            &["com.example.a"],
        ),
        (
            r#"[{"type":"a"},{"data":1},{"type":"b"}]"#,
            "application/cloudevents-batch+json",
            &["a", "b"],
        ),
        ("type=reports.Added&id=42", "application/x-www-form-urlencoded", &["reports.Added"]),
        (r#"{"type":7}"#, "application/json", &[]),
        ("7", "application/json", &[]),
    ] {
        let said = kit.accepted(signed(&kit, body, content_type)).await;
        assert_eq!(said.actions, actions, "{body}");
    }
}

#[tokio::test]
async fn the_type_of_a_cloudevent_in_binary_mode_is_in_its_header() {
    let kit = Kit::new("standard", S32);
    let body = r#"{"type":"of the data"}"#;
    let plain = signed(&kit, body, "application/json");
    let binary = plain.clone().with("ce-specversion", "1.0").with("ce-type", "reports.%E4%BD%A0+");
    let said = kit.accepted(binary).await;
    assert_eq!(said.actions, ["reports.你+"]);
    assert_eq!(said.data, Data::Json(serde_json::json!({ "type": "of the data" })));

    let said = kit.accepted(plain.with("ce-type", "no CloudEvent")).await;
    assert_eq!(said.actions, ["of the data"]);
}

#[tokio::test]
async fn what_was_signed_more_than_five_minutes_away_is_stale() {
    for (off, accepted) in [(-301, false), (-300, true), (300, true), (301, false)] {
        let kit = Kit::new("standard", GO.secret).at(GO.time + off);
        if accepted {
            kit.accepted(GO.request(&kit)).await;
        } else {
            let expected = "The WebHook request was signed 301 seconds from the present time. No more than 300 are accepted.";
            let refused = kit.refused(GO.request(&kit)).await;
            assert_eq!(refused, (RefusalKind::Stale, expected.into()));
        }
    }
}

#[tokio::test]
async fn what_proves_nothing_is_refused() {
    let kit = Kit::new("standard", S32);
    let with = |id: &str, time: &str| {
        kit.post("{}")
            .with("webhook-id", id)
            .with("webhook-timestamp", time)
            .with("webhook-signature", "v1,AAAA")
    };
    let now = NOW.to_string();
    let mismatch = "The WebHook signature provided by the 'webhook-signature' header field does not match the value expected by the 'StandardWebHookReceiver' receiver. WebHook request is invalid.";
    let id = "The 'webhook-id' header value is invalid. It must be an id without a '.'.";
    for (request, kind, text) in [
        (
            kit.post("{}"),
            RefusalKind::Malformed,
            "Expecting exactly one 'webhook-id' header field in the WebHook request but found 0. Please ensure that the request contains exactly one 'webhook-id' header field.",
        ),
        (
            with("a", "soon"),
            RefusalKind::Malformed,
            "The 'webhook-timestamp' header value is invalid. It must be a number of seconds since 1970.",
        ),
        (with("a.b", &now), RefusalKind::Malformed, id),
        (with("", &now), RefusalKind::Malformed, id),
        (with("a", &now), RefusalKind::Mismatch, mismatch),
        (kit.provider().sign(kit.draft("{}", OTHER)).unwrap(), RefusalKind::Mismatch, mismatch),
        (
            kit.request(Method::GET, "", ""),
            RefusalKind::Method,
            "The HTTP 'GET' method is not supported by the 'StandardWebHookReceiver' WebHook receiver.",
        ),
    ] {
        assert_eq!(kit.refused(request).await, (kind, text.to_owned()));
    }
}

#[tokio::test]
async fn a_public_key_that_is_none_is_a_mistake_of_the_receiver() {
    let kit = Kit::new("standard", "whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let reception = kit.receive(GO.request(&kit)).await;
    assert_eq!(reception.answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
}
