//! `/api/v1/me`: whom the caller acts as.

use axum::Router;
use axum::routing::get;
use postrider_domain::{ApiKeyId, Role, UserId};
use serde::Serialize;

use crate::App;
use crate::extract::{Caller, Json};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/me", get(show))
}

/// Whom the caller acts as.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Me {
    id: UserId,
    name: String,
    role: &'static str,
    /// The key that was used, if one was.
    api_key_id: Option<ApiKeyId>,
    may_publish: bool,
}

async fn show(caller: Caller) -> Json<Me> {
    Json(Me {
        id: caller.user.id,
        name: caller.user.name.to_string(),
        role: role_name(caller.user.role),
        api_key_id: caller.key,
        may_publish: caller.may_publish(),
    })
}

/// How the role is called here.
pub(super) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Administrator => "administrator",
        Role::User => "user",
    }
}
