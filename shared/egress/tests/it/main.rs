//! The guard from outside: what it refuses, and that nothing gets past it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod addresses;
mod answers;
mod client;
mod connections;
mod hostile;
mod identity;
mod lookup;
mod receiver;
mod server;
mod targets;
