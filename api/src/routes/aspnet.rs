//! The dialect of the ASP.NET library: `api/webhooks/*`, `PascalCase`, ids of 32 hex digits, and the error
//! texts that its clients know.

use axum::Router;
use axum::routing::{get, post};

use crate::App;

mod body;
pub(crate) mod error;
mod register;
mod show;
mod view;

/// Where registrations are.
const REGISTRATIONS: &str = "/api/webhooks/registrations";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(REGISTRATIONS, post(register::register))
        .route("/api/webhooks/registrations/{id}", get(show::show))
}
