//! How clients see roles.

use postrider_domain::{Role, RoleId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::schema;

/// A role.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleView {
    #[schema(value_type = schema::RoleId)]
    id: RoleId,
    #[schema(value_type = schema::RoleName)]
    name: String,
    /// What it is for.
    #[schema(required)]
    description: Option<String>,
    /// Comes with the product: cannot be renamed or deleted.
    built_in: bool,
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
    #[schema(value_type = schema::Time)]
    updated_at: Timestamp,
}

impl From<Role> for RoleView {
    fn from(role: Role) -> Self {
        Self {
            id: role.id,
            name: role.name.to_string(),
            description: role.description,
            built_in: role.built_in,
            created_at: role.created_at,
            updated_at: role.updated_at,
        }
    }
}
