//! The native dialect: camelCase JSON, problem+json, pages by cursor.

use axum::Router;

use crate::App;

mod api_keys;
mod deliveries;
mod events;
mod me;
mod permissions;
mod registrations;
mod users;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .merge(api_keys::routes())
        .merge(deliveries::routes())
        .merge(events::routes())
        .merge(me::routes())
        .merge(permissions::routes())
        .merge(registrations::routes())
        .merge(users::routes())
}
