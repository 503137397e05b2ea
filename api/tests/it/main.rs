//! The api through its router, on the embedded back ends.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod api_keys;
mod aspnet;
mod audit;
mod conditions;
mod deliveries;
mod echo;
mod echo_receiver;
mod events;
mod expunge;
mod filters;
mod harness;
mod idempotency;
mod inbox;
mod limits;
mod lists;
mod live;
mod me;
mod openapi;
mod origins;
mod overview;
mod pages;
mod permissions;
mod registrations;
mod replays;
mod resources;
mod roles;
mod session;
mod shape;
mod surroundings;
mod token;
mod versions;
mod visibility;
mod walk;
