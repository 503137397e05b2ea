//! What every provider keeps.

use http::Method;
use secrecy::ExposeSecret;

use super::kit::{Kit, OTHER, S32};
use crate::providers::{all, canonical};
use crate::{Draft, Provider, RefusalKind, Request, Unsignable};

/// Those who show their secret, in the URL, a header or the body: what they say is not signed.
const UNSIGNED: &[&str] = &[
    "azurealert",
    "azurecontainerregistry",
    "dynamicscrm",
    "genericjson",
    "kudu",
    "mailchimp",
    "myget",
    "sfsoap",
    "sharepoint",
    "vsts",
    "wordpress",
];

/// Cut to what the provider takes.
fn fitting(provider: &dyn Provider, secret: &str) -> String {
    let text: String = secret.chars().take(*provider.secret_length().end()).collect();
    shaped(provider, &text)
}

/// In the form that the provider wants: Pusher's is the key of an app and its secret.
fn shaped(provider: &dyn Provider, secret: &str) -> String {
    match provider.names()[0] {
        "pusher" => format!("app_{}", &secret[4..]),
        _ => secret.to_owned(),
    }
}

/// What the provider sends, signed with `secret`.
fn signed(kit: &Kit, secret: &str) -> Request {
    try_signed(kit, secret).unwrap()
}

fn try_signed(kit: &Kit, secret: &str) -> Result<Request, Unsignable> {
    let sample = kit.provider().sample();
    let draft = Draft {
        event: sample.event.map(str::to_owned),
        content_type: Some(sample.content_type.to_owned()),
        ..kit.draft(sample.body, secret)
    };
    kit.provider().sign(draft)
}

#[tokio::test]
async fn what_a_provider_signs_is_accepted_under_each_of_its_names_and_ids() {
    for provider in all() {
        let secret = fitting(&*provider, S32);
        for name in provider.names() {
            for id in ["", "id", "你好", "1234567890"] {
                let kit = Kit::with(name, id, &[&secret]);
                kit.accepted(signed(&kit, &secret)).await;
            }
        }
    }
}

#[test]
fn what_no_header_carries_is_refused_in_words_and_not_with_a_panic() {
    for provider in all() {
        let name = provider.names()[0];
        let secret = fitting(&*provider, S32);
        let kit = Kit::new(name, &secret);
        let sample = provider.sample();
        let draft = || kit.draft(sample.body, &secret);
        for (draft, what) in [
            (Draft { event: Some("a\nb".into()), ..draft() }, "event"),
            (Draft { content_type: Some("a\0b".into()), ..draft() }, "media type"),
            (Draft { id: "a\u{7f}b".into(), ..draft() }, "id"),
        ] {
            let error = kit.provider().sign(draft).unwrap_err();
            let expected = format!("the {what} has a character that no header carries");
            assert_eq!(error, Unsignable(expected), "{name}");
        }
    }
}

#[test]
fn every_name_of_a_provider_means_its_first_and_no_other_name_does() {
    for provider in all() {
        for name in provider.names() {
            assert_eq!(canonical(&name.to_uppercase()), Some(provider.names()[0]));
        }
    }
    assert_eq!(canonical("nobody"), None);
}

#[tokio::test]
async fn every_live_secret_is_taken_and_no_other() {
    for provider in all() {
        let name = provider.names()[0];
        let (secret, other) = (fitting(&*provider, S32), fitting(&*provider, OTHER));
        let rotating = Kit::with(name, "", &[&other, &secret]);
        rotating.accepted(signed(&rotating, &secret)).await;
        rotating.accepted(signed(&rotating, &other)).await;

        let rotated = Kit::new(name, &other);
        let (kind, message) = rotated.refused(signed(&rotated, &secret)).await;
        assert_eq!(kind, RefusalKind::Mismatch, "{name}: {message}");
        assert!(!message.contains(&secret) && !message.contains(&other), "{name}: {message}");
    }
}

#[tokio::test]
async fn the_secret_of_one_id_is_refused_on_another() {
    for provider in all() {
        let name = provider.names()[0];
        let secret = fitting(&*provider, S32);
        let other = Kit::with(name, "12345", &[&fitting(&*provider, OTHER)]);
        let (kind, _) = other.refused(signed(&other, &secret)).await;
        assert_eq!(kind, RefusalKind::Mismatch, "{name}");
        let unconfigured = Kit::with(name, "12345", &[]);
        let (kind, _) = unconfigured.refused(signed(&unconfigured, &secret)).await;
        assert_eq!(kind, RefusalKind::Unconfigured, "{name}");
    }
}

#[tokio::test]
async fn a_body_with_one_bit_changed_is_refused_wherever_it_is_signed() {
    for provider in all() {
        let name = provider.names()[0];
        if UNSIGNED.contains(&name) {
            continue;
        }
        let secret = fitting(&*provider, S32);
        let kit = Kit::new(name, &secret);
        let request = signed(&kit, &secret);
        for at in 0..request.body.len() {
            let mut body = request.body.to_vec();
            body[at] ^= 1;
            let (kind, _) = kit.refused(Request { body: body.into(), ..request.clone() }).await;
            assert_eq!(kind, RefusalKind::Mismatch, "{name}, byte {at}");
        }
    }
}

#[tokio::test]
async fn a_request_without_its_proof_is_refused() {
    for provider in all() {
        let name = provider.names()[0];
        let secret = fitting(&*provider, S32);
        let kit = Kit::new(name, &secret);
        let request = signed(&kit, &secret);
        // Some have their proof in the body that they send, but not in the sample of it.
        let mut bare = kit.request(Method::POST, "", kit.provider().sample().body);
        if let Some(content_type) = request.header("content-type") {
            bare = bare.with("content-type", content_type);
        }
        let (kind, _) = kit.refused(bare).await;
        let refused = [RefusalKind::Malformed, RefusalKind::Mismatch, RefusalKind::Body];
        assert!(refused.contains(&kind), "{name}: {kind:?}");
    }
}

#[tokio::test]
async fn a_secret_outside_the_lengths_is_not_used() {
    for provider in all() {
        let name = provider.names()[0];
        let (min, max) = provider.secret_length().into_inner();
        for (length, usable) in [(min - 1, false), (min, true), (max, true), (max + 1, false)] {
            let secret = shaped(&*provider, &"k".repeat(length));
            let kit = Kit::new(name, &secret);
            // Who cannot even sign with such a secret signs with another one.
            let request = try_signed(&kit, &secret)
                .unwrap_or_else(|_| signed(&kit, &fitting(&*provider, S32)));
            if usable {
                kit.accepted(request).await;
            } else {
                let (kind, message) = kit.refused(request).await;
                assert_eq!(kind, RefusalKind::Unconfigured, "{name}: {message}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_kept_of_a_request_reads_the_same_and_holds_no_secret() {
    for provider in all() {
        let name = provider.names()[0];
        let secret = fitting(&*provider, S32);
        let kit = Kit::new(name, &secret);
        let request = signed(&kit, &secret);
        let said = kit.accepted(request.clone()).await;

        let kept = request.to_received();
        let head = format!("{} {:?}", kept.query, kept.headers);
        assert!(!head.contains(secrecy::SecretString::from(secret).expose_secret()), "{name}");
        let again = Request::from_received(&kept, kit.url());
        match kit.provider().read(&again).unwrap() {
            crate::Reading::Webhook(notification) => assert_eq!(notification, said, "{name}"),
            crate::Reading::Answered(answer) => panic!("{name}: {answer:?}"),
        }
    }
}
