//! How clients see resources.

use postrider_domain::{CatalogueEntry, FilterName, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::schema;

/// A resource.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceView {
    /// Its kind, which is the filter of its events.
    #[schema(value_type = schema::FilterName)]
    kind: FilterName,
    /// Its id, which is unique within the kind.
    id: String,
    /// What people call it.
    name: String,
    /// The id of the category it is filed under.
    #[schema(required)]
    category: Option<String>,
    /// Who added it, if they are still there.
    #[schema(required, value_type = Option<schema::UserId>)]
    owner_id: Option<UserId>,
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
    #[schema(value_type = schema::Time)]
    updated_at: Timestamp,
}

impl From<CatalogueEntry> for ResourceView {
    fn from(entry: CatalogueEntry) -> Self {
        Self {
            kind: entry.kind,
            id: entry.id,
            name: entry.name,
            category: entry.category,
            owner_id: entry.owner,
            created_at: entry.created_at,
            updated_at: entry.updated_at,
        }
    }
}
