//! HTTP in: publishing events, looking after registrations and deliveries, and accounts.
//!
//! One core, several dialects. A handler in `routes` translates a request of its dialect into a use
//! case ([`Accounts`], and the private `accept` and `registrations`), and the outcome back. Handlers
//! return one [`error::ApiError`]; a middleware puts it in the words of the dialect that was spoken.
//!
//! The hot path is `POST /api/v1/events`: requests that arrive together share one commit, are
//! answered right after it, and their events are then handed to the queue in the background. What is
//! not handed over is found in the outbox by a dispatcher, so that the queue can be away.
#![warn(missing_docs)]

mod accept;
pub mod accounts;
mod app;
mod auth;
mod config;
pub mod error;
mod extract;
mod filters;
mod metrics;
mod middleware;
mod passwords;
mod registrations;
mod relay;
mod routes;
mod throttle;
mod tokens;

pub use accounts::Accounts;
pub use app::{App, AppParts};
pub use config::{ApiConfig, LoginConfig};
pub use metrics::Metrics;
pub use routes::router;
