//! Receiving webhooks: each verified the way its provider signs, answered at once, and processed from
//! a queue.
//!
//! | part | what it does |
//! |---|---|
//! | [`Receivers`] | finds out who sent a request and what it says, as a plain function |
//! | [`Provider`] | one sender's flavour; those that are built in are in [`providers`] |
//! | [`routes`] | their URLs, for any axum application |
//! | [`Handler`], [`Chain`] | what is done with a webhook |
//! | [`handlers`] | handlers that are configured instead of programmed |
//! | [`inbox`] | doing it later: stored webhooks, and those who process them |
//! | [`ReceiverConfig`] | all of its settings |
//! | [`Secrets`] | the secrets by URL, which can be replaced while requests are under way |
#![warn(missing_docs)]

pub mod answer;
mod certificates;
mod check;
mod config;
mod handler;
pub mod handlers;
pub mod inbox;
mod json;
mod pairs;
#[cfg(feature = "program")]
pub mod program;
mod provider;
pub mod providers;
mod receivers;
mod refusal;
mod request;
pub mod routes;
mod secrets;
pub mod slack;

pub use answer::Answer;
pub use certificates::{CertificateError, Certificates, NoCertificates};
pub use config::{LiveSecrets, ReceiverConfig, ReceiverSecrets};
pub use handler::{Again, Chain, Context, Handler, HandlerError, Webhook};
pub use pairs::Pairs;
pub use provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
pub use receivers::{Admission, Outcome, ReceiverOptions, Receivers, Reception};
pub use refusal::{Refusal, RefusalKind};
pub use request::Request;
pub use secrets::{ClassicError, SecretTable, Secrets};
