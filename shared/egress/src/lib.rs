//! The one way out: the guard that every URL the product calls has to pass.
//!
//! Whoever registers a target decides where this process connects to, so a target could name the
//! cloud's metadata service or a neighbour behind the firewall.
//!
//! What counts is judged where a socket is opened, and there is one such place, the connector: it
//! resolves the name, judges every address, and connects to one that it found good. So what was
//! judged is what is connected to, in whatever spelling, and however often a name changes its mind.
//! Before that, what a URL shows by itself is judged when it is registered and before each request,
//! so that a refusal comes early and says why.
//!
//! Redirects are not followed and proxies are not known, so there is no other way.
//! [`GuardedClient`] is the only thing in the product that can send.
#![warn(missing_docs)]

mod address;
mod client;
mod config;
mod connector;
mod failure;
mod guard;
mod identity;
mod lookup;
mod ports;
mod response;
mod retry_after;
mod socket;
mod timings;

pub use client::{ClientSettings, GuardedClient};
pub use config::EgressConfig;
pub use failure::SendError;
pub use guard::{Guard, Refusal};
pub use identity::TlsIdentity;
pub use lookup::{Lookup, SystemLookup};
pub use response::Response;
pub use retry_after::retry_after;
pub use timings::Timings;
