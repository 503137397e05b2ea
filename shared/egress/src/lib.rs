//! The one way out: the guard that every URL the product calls has to pass.
//!
//! Whoever registers a target decides where this process connects to, so a target could name the
//! cloud's metadata service or a neighbour behind the firewall. Two halves stand against that, and
//! both are needed, because an HTTP client asks its resolver for names only:
//!
//! - a host that is an address, in any spelling that the URL parser knows, is judged before each
//!   request;
//! - a host that is a name is resolved by a resolver that judges every address and hands only good
//!   ones to the client, so what was judged is what is connected to, however often the name changes
//!   its mind.
//!
//! With redirects and proxies off there is no third way. [`GuardedClient`] is the only thing in the
//! product that can send, so that no caller can forget the first half.
#![warn(missing_docs)]

mod address;
mod client;
mod config;
mod failure;
mod guard;
mod resolver;

pub use client::{ClientSettings, GuardedClient, Response};
pub use config::EgressConfig;
pub use failure::SendError;
pub use guard::{Guard, Refusal};
pub use resolver::{Lookup, SystemLookup};
