//! A body in JSON, or in the provider's own type, which is read without asking who sent it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postrider_fuzz::{provider, read, request, with_body};

fuzz_target!(|data: &[u8]| {
    let Some((number, body)) = data.split_first() else { return };
    let provider = provider(*number);
    read(provider, with_body(provider, body));
    read(provider, request(provider, body));
});
