//! The formats that Postrider speaks: what is posted, how it is signed, and what the queues carry.
//!
//! Everything here is pure. Time and ids are parameters, and nothing is sent or received.
//!
//! | module | format | who reads it |
//! |---|---|---|
//! | [`aspnet`] | body and `ms-signature` of the ASP.NET library| subscribers |
//! | [`standard`] | the signature headers of Standard Webhooks, beside the one above | subscribers |
//! | [`cloudevents`] | an accepted event | the dispatcher, and services that bind to the queue |
//! | [`queue`] | ids of deliveries that are ready | workers |
#![warn(missing_docs)]

pub mod aspnet;
pub mod cloudevents;
mod error;
mod mac;
pub mod queue;
pub mod standard;

pub use error::{DecodeError, VerifyError};

#[cfg(test)]
mod samples;
