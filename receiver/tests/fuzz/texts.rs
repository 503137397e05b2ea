//! Texts that are read by hand.

use bytes::Bytes;
use http::Method;
use postrider_domain::ReceiverAddress;
use postrider_receiver::slack::{SlackCommand, SlackCommandError};
use postrider_receiver::{Outcome, Pairs, Request, SecretTable};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use secrecy::ExposeSecret;

use crate::kit::{PROVIDERS, cases, receive, url};

/// A text of characters that mean something, and any others.
fn text_of(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => select(pieces).prop_map(str::to_owned), 1 => any::<String>()];
    vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn the_secrets_of_a_classic_line_are_parts_of_it_and_an_error_shows_none(
        line in text_of(&["a", "id1", "=", "==", ",", " ", "c2VjcmV0cw==", "世界", "\t", "\u{a0}"])
    ) {
        let mut table = SecretTable::default();
        match table.insert_classic("custom", &line) {
            Ok(()) => for address in table.addresses() {
                let ReceiverAddress { receiver, id } = address;
                prop_assert_eq!(receiver, "custom");
                prop_assert!(line.to_lowercase().contains(id.as_str()));
                for secret in table.get(address).iter() {
                    let secret = secret.expose_secret();
                    prop_assert!(!secret.is_empty() && !secret.contains(','));
                    prop_assert!(line.contains(secret.trim_end_matches('=')));
                }
            },
            Err(error) => prop_assert!(error.to_string().starts_with("The 'custom'")
                || error.to_string().starts_with("Could not add")),
        }
    }

    #[test]
    fn pairs_are_written_as_they_were_read(
        text in text_of(&["a", "A", "=", "&", "+", "%", "%41", "%00", "%ff", "é", ";"])
    ) {
        let pairs = Pairs::parse(text.as_bytes());
        prop_assert_eq!(&Pairs::parse(pairs.encode().as_bytes()), &pairs);
        let json = serde_json::to_value(&pairs).unwrap();
        for (name, _) in &pairs.0 {
            let value = pairs.get(name).unwrap();
            let found = json.as_object().unwrap().iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
            prop_assert_eq!(found.unwrap().1.as_str(), Some(&*value));
            prop_assert!(pairs.clone().without(name).get(name).is_none());
        }
    }

    #[test]
    fn the_position_of_what_is_wrong_in_a_command_is_within_it(
        text in text_of(&["do", " ", "a=b", "=", ";", "\\;", "\\", "'", "\"", "é", "\n"])
    ) {
        let command = SlackCommand::parse(&text);
        prop_assert!(!command.action.contains(char::is_whitespace));
        prop_assert!(text.contains(&command.action) && text.contains(&command.value));
        let characters = command.value.chars().count();
        match command.parameters() {
            Ok(pairs) => for (name, value) in &pairs.0 {
                prop_assert!(name.len() + value.len() <= command.value.len());
            },
            Err(SlackCommandError::Name { position }) => prop_assert!(position <= characters),
            Err(SlackCommandError::UnmatchedQuote { quote, position }) => {
                prop_assert_eq!(command.value.chars().nth(position), Some(quote));
            }
        }
    }
}

/// One whose form is written name by name would take minutes.
#[test]
fn a_form_of_very_many_names_is_read_and_written() {
    let names: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
    let form = Pairs::parse(names.join("&").as_bytes());
    assert_eq!(serde_json::to_value(&form).unwrap().as_object().unwrap().len(), names.len());
}

/// Each was hashed against the whole body, which for a large one would take hours.
#[test]
fn a_header_of_very_many_signatures_is_refused() {
    let signatures = |one: &str, between: &str| vec![one; 4_000].join(between);
    let hex = signatures(&format!("v1={}", "ab".repeat(32)), ",");
    let base64 = signatures(&format!("v1,{}=", "a".repeat(43)), " ");
    let (stripe, standard) = (format!("t=1700000000,{hex}"), base64);
    for (name, headers) in [
        ("stripe", [("stripe-signature", stripe.as_str()), ("x-a", ""), ("x-b", "")]),
        (
            "standard",
            [
                ("webhook-id", "msg_1"),
                ("webhook-timestamp", "1700000000"),
                ("webhook-signature", standard.as_str()),
            ],
        ),
    ] {
        let provider = PROVIDERS.iter().find(|provider| provider.names()[0] == name).unwrap();
        let body = vec![b' '; 8 * 1024 * 1024];
        let mut request = Request::new(Method::POST, url(&**provider), Bytes::from(body));
        for (name, value) in headers {
            request = request.with(name, value);
        }
        match receive(&**provider, request).outcome {
            Outcome::Refused(refusal) => {
                assert_eq!(refusal.kind, postrider_receiver::RefusalKind::Malformed, "{refusal:?}");
            }
            other => panic!("{other:?}"),
        }
    }
}
