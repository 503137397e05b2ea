//! `/api/v1/events`: publishing, and what became of it.

use axum::Router;
use axum::routing::{get, post};

use crate::App;

mod body;
mod idempotency;
mod publish;
mod show;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/events", post(publish::publish))
        .route("/api/v1/events/{id}", get(show::show))
}
