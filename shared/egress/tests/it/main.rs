//! The guard from outside: what it refuses, and that nothing gets past it.

mod addresses;
mod client;
mod lookup;
mod server;
mod targets;
