//! HTTP in: publishing events, looking after registrations and deliveries, and accounts.
//!
//! One core, several dialects. A handler in `routes` translates a request of its dialect into a use
//! case ([`Accounts`], and the private `accept` and `registrations`), and the outcome back. Handlers
//! return one [`error::ApiError`]; a middleware puts it in the words of the dialect that was spoken.
//!
//! Every route is declared in the [`openapi()`] document, and from it follows what a caller has to prove:
//! the guard in `middleware` sees to that before the handler runs, and notes what is done in the audit
//! log. A new route is guarded without knowing it.
//!
//! The hot path is `POST /api/v1/events`: requests that arrive together share one commit, are
//! answered right after it, and their events are then handed to the queue in the background. What is
//! not handed over is found in the outbox by a dispatcher, so that the queue can be away.
#![warn(missing_docs)]

mod accept;
pub mod accounts;
mod app;
mod audit;
mod auth;
mod catalogue;
mod config;
mod cors;
mod echo;
pub mod error;
mod etag;
mod explain;
mod extract;
mod filters;
mod hints;
mod live;
mod metrics;
mod middleware;
mod openapi;
mod origin;
mod overview;
pub mod pages;
mod passwords;
mod registrations;
mod relay;
mod routes;
mod sign_in;
mod throttle;
mod tokens;

pub use accounts::Accounts;
pub use app::{App, AppParts};
pub use config::{ApiConfig, LoginConfig};
pub use metrics::Metrics;
pub use routes::{openapi, router, router_with};
