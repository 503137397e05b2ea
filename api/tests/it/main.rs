//! The api through its router, on the embedded back ends.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod aspnet;
mod deliveries;
mod events;
mod harness;
mod idempotency;
mod limits;
mod registrations;
mod surroundings;
mod token;
mod visibility;
