//! A request to any provider: what is not signed is never accepted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postrider_fuzz::{provider, receive, request};
use postrider_receiver::Outcome;

fuzz_target!(|data: &[u8]| {
    let Some((number, text)) = data.split_first() else { return };
    let provider = provider(*number);
    let reception = receive(provider, request(provider, text));
    assert!(!matches!(reception.outcome, Outcome::Webhook(_)), "{reception:?}");
});
