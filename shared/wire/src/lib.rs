//! The formats that Postrider speaks: what is posted, how it is signed, and what the queues carry.
//!
//! Everything here is pure. Time and ids are parameters, and nothing is sent or received.
//!
//! | module | format | who reads it |
//! |---|---|---|
//! | [`request`] | the whole request of an attempt, in any of the formats below, and its record | subscribers |
//! | [`aspnet`] | body and `ms-signature` of the ASP.NET library | subscribers |
//! | [`standard`] | body and signatures (`v1`, `v1a`) of Standard Webhooks; every request has the latter | subscribers |
//! | [`cloudevents`] | an event, or several, as CloudEvents: structured, batched, binary | subscribers, the dispatcher, and services that bind to the queue |
//! | [`form`] | a notification as an HTML form | subscribers |
//! | [`queue`] | ids of deliveries that are ready | workers |
//!
//! What a subscriber gets follows from the format of its registration:
//!
//! | format | `content-type` | body | headers of its own |
//! |---|---|---|---|
//! | `aspnet` | [`aspnet::CONTENT_TYPE`] | [`aspnet::body`] | `ms-signature`, `ms-signature-previous` |
//! | `standard` | [`standard::CONTENT_TYPE`] | [`standard::body`] | |
//! | `cloudevents` | [`cloudevents::CONTENT_TYPE`] | [`cloudevents::encode_event`] | |
//! | the same, several events | [`cloudevents::BATCH_CONTENT_TYPE`] | [`cloudevents::encode_batch`] | |
//! | `cloudevents-binary` | [`cloudevents::DATA_CONTENT_TYPE`] | [`cloudevents::encode_data`] | [`cloudevents::ATTRIBUTES`] |
//! | `form` | [`form::CONTENT_TYPE`] | [`form::body`] | `ms-signature`, `ms-signature-previous` |
#![warn(missing_docs)]

pub mod aspnet;
pub mod cloudevents;
mod error;
pub mod form;
mod json;
mod mac;
pub mod queue;
pub mod request;
pub mod standard;

pub use error::{DecodeError, VerifyError};

#[cfg(test)]
mod samples;
