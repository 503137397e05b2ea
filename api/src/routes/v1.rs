//! The native dialect: camelCase JSON, problem+json, pages by cursor.

use utoipa_axum::router::OpenApiRouter;

use crate::App;

mod api_keys;
mod audit;
mod bodies;
mod deliveries;
mod events;
mod filters;
mod headers;
mod inbox;
mod me;
mod permissions;
mod registrations;
mod replays;
mod resources;
mod roles;
mod scopes;
mod users;

pub(crate) use self::resources::EVENT;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(api_keys::routes())
        .merge(audit::routes())
        .merge(deliveries::routes())
        .merge(events::routes())
        .merge(filters::routes())
        .merge(inbox::routes())
        .merge(me::routes())
        .merge(permissions::routes())
        .merge(registrations::routes())
        .merge(replays::routes())
        .merge(resources::routes())
        .merge(roles::routes())
        .merge(users::routes())
}
