//! How clients see users.

use postrider_domain::{Role, RoleId, Timestamp, User, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::etag::ETag;
use crate::openapi::schema;

/// A user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserView {
    #[schema(value_type = schema::UserId)]
    id: UserId,
    #[schema(value_type = schema::UserName)]
    name: String,
    /// Whether they manage everything.
    administrator: bool,
    /// Switched off: cannot sign in, and nothing is sent to their registrations.
    disabled: bool,
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
    #[schema(value_type = schema::Time)]
    updated_at: Timestamp,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            name: user.name.to_string(),
            administrator: user.administrator,
            disabled: user.disabled,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// A user with their roles.
#[derive(Serialize, ToSchema)]
pub(super) struct UserDetails {
    #[serde(flatten)]
    user: UserView,
    /// By name.
    roles: Vec<NamedRole>,
}

impl UserDetails {
    pub(super) fn new(user: User, roles: Vec<Role>) -> Self {
        Self { user: user.into(), roles: roles.into_iter().map(NamedRole::from).collect() }
    }

    pub(super) fn version(&self) -> ETag {
        ETag::of(self.user.updated_at)
    }
}

/// A role, named.
#[derive(Serialize, ToSchema)]
pub(crate) struct NamedRole {
    #[schema(value_type = schema::RoleId)]
    id: RoleId,
    #[schema(value_type = schema::RoleName)]
    name: String,
}

impl From<Role> for NamedRole {
    fn from(role: Role) -> Self {
        Self { id: role.id, name: role.name.to_string() }
    }
}
