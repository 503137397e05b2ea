//! What becomes of requests.

use bytes::Bytes;
use postrider_receiver::{Outcome, RefusalKind, Request};
use proptest::prelude::*;

use crate::kit::{OTHER, RECEIVERS, SECRET, address, cases, check, receive, signed};
use crate::requests::{body, mutated, provider, stray};

/// Those who show their secret instead of signing: with it, any body is genuine.
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

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn what_nobody_signed_is_refused_or_answered_and_never_accepted(
        (provider, request) in provider().prop_flat_map(|it| (Just(it), stray(it)))
    ) {
        let reception = receive(provider, request.clone());
        check(&request, &reception);
        prop_assert!(!matches!(reception.outcome, Outcome::Webhook(_)), "{reception:?}");
    }

    #[test]
    fn what_is_read_without_asking_who_sent_it_is_refused_or_of_its_own_size(
        (provider, request) in provider().prop_flat_map(|it| (Just(it), stray(it)))
    ) {
        match RECEIVERS.read(address(provider), request.clone()) {
            Ok(reception) => check(&request, &reception),
            Err(refusal) => {
                let reading = [RefusalKind::Body, RefusalKind::MediaType, RefusalKind::Malformed];
                prop_assert!(reading.contains(&refusal.kind), "{refusal:?}");
            }
        }
    }

    #[test]
    fn what_is_signed_with_the_secret_is_read_or_refused_for_its_body_whatever_is_in_it(
        (provider, body) in provider().prop_flat_map(|it| (Just(it), body(it)))
    ) {
        let Ok(request) = signed(provider, SECRET, &body) else { return Ok(()) };
        let reception = receive(provider, request.clone());
        check(&request, &reception);
        if let Outcome::Refused(refusal) = reception.outcome {
            prop_assert_ne!(refusal.kind, RefusalKind::Stale);
            prop_assert_ne!(refusal.kind, RefusalKind::Unconfigured);
            // What is not signed may have lost its secret with its body.
            if !UNSIGNED.contains(&provider.names()[0]) {
                prop_assert_ne!(refusal.kind, RefusalKind::Mismatch);
            }
        }
    }

    #[test]
    fn what_is_signed_with_another_secret_or_over_another_body_is_not_accepted(
        (provider, body) in provider()
            .prop_flat_map(|it| (Just(it), mutated(it.sample().body.as_bytes())))
    ) {
        let sample = provider.sample().body.as_bytes();
        let not_accepted = |request: Request| {
            let reception = receive(provider, request.clone());
            check(&request, &reception);
            prop_assert!(!matches!(reception.outcome, Outcome::Webhook(_)), "{reception:?}");
            Ok(())
        };
        if let Ok(request) = signed(provider, OTHER, &body) {
            not_accepted(request)?;
        }
        if body != sample && !UNSIGNED.contains(&provider.names()[0])
            && let Ok(request) = signed(provider, SECRET, sample)
        {
            not_accepted(Request { body: Bytes::from(body), ..request })?;
        }
    }
}

#[test]
fn a_sample_that_is_signed_is_accepted_so_that_the_others_say_something() {
    for provider in &*crate::kit::PROVIDERS {
        // PayPal signs with a private key and a certificate.
        if let Ok(request) = signed(&**provider, SECRET, provider.sample().body.as_bytes()) {
            let reception = receive(&**provider, request.clone());
            check(&request, &reception);
            let accepted = matches!(reception.outcome, Outcome::Webhook(_));
            assert!(accepted, "{provider:?}: {reception:?}");
        } else {
            assert_eq!(provider.names()[0], "paypal");
        }
    }
}
