//! Rows of `filters` and `resources`.

use postrider_domain::ports::StoreError;
use postrider_domain::{CatalogueEntry, EntryId, Filter, FilterOrigin, Timestamp, UserId};
use uuid::Uuid;

use crate::errors::corrupt;

/// A custom filter.
pub(crate) struct FilterRow {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl TryFrom<FilterRow> for Filter {
    type Error = StoreError;

    fn try_from(row: FilterRow) -> Result<Self, StoreError> {
        Ok(Self {
            name: row.name.parse().map_err(corrupt("filters"))?,
            description: row.description,
            origin: FilterOrigin::Custom,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

/// A resource of the catalogue.
#[derive(sqlx::FromRow)]
pub(crate) struct ResourceRow {
    pub(crate) entry_id: Uuid,
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) category: Option<String>,
    pub(crate) owner_id: Option<Uuid>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
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
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}
