//! `/api/v1/events`: publishing, and what became of it.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

mod body;
mod idempotency;
mod publish;
mod schemas;
mod show;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(publish::publish)).routes(routes!(show::show))
}
