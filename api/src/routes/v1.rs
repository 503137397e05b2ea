//! The native dialect: camelCase JSON, problem+json, pages by cursor.

use utoipa_axum::router::OpenApiRouter;

use crate::App;

mod api_keys;
mod audit;
mod bodies;
mod conditions;
mod deliveries;
mod events;
mod filters;
mod headers;
mod inbox;
mod live;
mod me;
mod overview;
mod permissions;
mod registrations;
mod replays;
mod resources;
mod roles;
mod scopes;
mod session;
mod users;

pub(crate) use self::live::PATH as LIVE_PATH;
pub(crate) use self::resources::EVENT;
pub(crate) use self::session::PATH as SESSION_PATH;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(api_keys::routes())
        .merge(audit::routes())
        .merge(conditions::routes())
        .merge(deliveries::routes())
        .merge(events::routes())
        .merge(filters::routes())
        .merge(inbox::routes())
        .merge(live::routes())
        .merge(me::routes())
        .merge(overview::routes())
        .merge(permissions::routes())
        .merge(registrations::routes())
        .merge(replays::routes())
        .merge(resources::routes())
        .merge(roles::routes())
        .merge(session::routes())
        .merge(users::routes())
}
