//! A message in SOAP.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postrider_fuzz::{RECEIVERS, read, receive, with_body};
use postrider_receiver::Outcome;

fuzz_target!(|body: &[u8]| {
    let provider = &**RECEIVERS.provider("salesforce").expect("it is built in");
    read(provider, with_body(provider, body));
    let reception = receive(provider, with_body(provider, body));
    assert!(!matches!(reception.outcome, Outcome::Webhook(_)), "{reception:?}");
});
