//! Requests and texts that nobody meant: whatever comes in, nothing panics, what is not signed is not
//! accepted, and what is read is not much larger than what was sent. A bounded number of generated
//! cases; `fuzz/` of the repository goes on for as long as one likes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod kit;
mod receive;
mod requests;
#[cfg(feature = "program")]
mod sign;
mod texts;
