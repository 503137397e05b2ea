//! The dialect of the ASP.NET library: `api/webhooks/*`, `PascalCase`, ids of 32 hex digits, and the error
//! texts that its clients know.
//!
//! It shows everybody, administrators included, their own registrations and no others. What is
//! registered here is seen in the native dialect and the other way round.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;

mod body;
pub(crate) mod error;
mod filters;
mod json;
mod register;
mod remove;
mod replace;
mod show;
mod view;

/// Where registrations are.
const REGISTRATIONS: &str = "/api/webhooks/registrations";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show::list, register::register, remove::remove_all))
        .routes(routes!(show::show, replace::replace, remove::remove))
        .routes(routes!(filters::list))
}
