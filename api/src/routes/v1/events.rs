//! `/api/v1/events`: publishing, and what became of it.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use self::reader::{EventReader, SentEvent};
pub(super) use self::schemas::{WrittenEvent, WrittenResource};
use crate::App;

mod body;
mod idempotency;
mod list;
mod payload;
mod publish;
mod reader;
mod schemas;
mod show;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(publish::publish, list::list))
        .routes(routes!(show::show))
        .routes(routes!(payload::remove))
}
