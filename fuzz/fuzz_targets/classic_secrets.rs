//! Texts that are read by hand: lines of secrets, forms and commands.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postrider_receiver::slack::SlackCommand;
use postrider_receiver::{Pairs, SecretTable};
use secrecy::ExposeSecret;

fuzz_target!(|data: &[u8]| {
    let pairs = Pairs::parse(data);
    assert_eq!(Pairs::parse(pairs.encode().as_bytes()), pairs);
    serde_json::to_value(&pairs).expect("texts are JSON");
    let Ok(text) = std::str::from_utf8(data) else { return };
    SlackCommand::parse(text).parameters().ok();
    let mut table = SecretTable::default();
    if table.insert_classic("custom", text).is_ok() {
        for address in table.addresses() {
            for secret in table.get(address).iter() {
                let secret = secret.expose_secret();
                assert!(!secret.is_empty() && !secret.contains(','));
            }
        }
    }
});
