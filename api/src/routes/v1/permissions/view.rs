//! How clients see permissions.

use postrider_domain::{Access, FilterName, Permission, PermissionId, ResourceScope, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::filters::FilterSnapshot;
use crate::openapi::schema;

/// What can be done with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum AccessName {
    Read,
    Modify,
    Delete,
    Create,
}

impl AccessName {
    const ALL: [Self; 4] = [Self::Read, Self::Modify, Self::Delete, Self::Create];

    pub(super) const fn access(self) -> Access {
        match self {
            Self::Read => Access::READ,
            Self::Modify => Access::MODIFY,
            Self::Delete => Access::DELETE,
            Self::Create => Access::CREATE,
        }
    }
}

/// Which resources of a kind a permission is about: every one, one, or those in a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ResourceScope)]
pub(super) enum ScopeName {
    #[default]
    Any,
    One,
    Category,
}

/// A permission.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PermissionView {
    #[schema(value_type = schema::PermissionId)]
    id: PermissionId,
    /// The kind of resource.
    #[schema(value_type = schema::FilterName)]
    kind: FilterName,
    scope: ScopeName,
    /// The id of the one resource, or of the category.
    #[schema(required)]
    target: Option<String>,
    /// What is allowed.
    access: Vec<AccessName>,
    /// When it was granted, or last replaced.
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
}

impl PermissionView {
    /// The permission, its kind in the spelling that is registered.
    pub(crate) fn new(permission: Permission, filters: &FilterSnapshot) -> Self {
        let (scope, target) = match permission.scope {
            ResourceScope::Any => (ScopeName::Any, None),
            ResourceScope::One(id) => (ScopeName::One, Some(id)),
            ResourceScope::Category(id) => (ScopeName::Category, Some(id)),
        };
        Self {
            id: permission.id,
            kind: filters.resolve(permission.kind.as_str()).cloned().unwrap_or(permission.kind),
            scope,
            target,
            access: AccessName::ALL
                .into_iter()
                .filter(|name| permission.access.allows(name.access()))
                .collect(),
            created_at: permission.created_at,
        }
    }
}
