//! Rows of `resources`.

use chrono::{DateTime, Utc};
use postrider_domain::ports::StoreError;
use postrider_domain::{CatalogueEntry, EntryId, UserId};
use uuid::Uuid;

use crate::errors::corrupt;

/// A resource of the catalogue.
pub(crate) struct ResourceRow {
    pub(crate) entry_id: Uuid,
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) category: Option<String>,
    pub(crate) owner_id: Option<Uuid>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl TryFrom<ResourceRow> for CatalogueEntry {
    type Error = StoreError;

    fn try_from(row: ResourceRow) -> Result<Self, StoreError> {
        Ok(Self {
            entry: EntryId(row.entry_id),
            kind: row.kind.parse().map_err(corrupt("resources"))?,
            id: row.id,
            name: row.name,
            category: row.category,
            owner: row.owner_id.map(UserId),
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        })
    }
}
