//! Rows of `filters`.

use chrono::{DateTime, Utc};
use postrider_domain::ports::StoreError;
use postrider_domain::{Filter, FilterOrigin};

use crate::errors::corrupt;

/// A filter that an administrator added.
pub(crate) struct FilterRow {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl TryFrom<FilterRow> for Filter {
    type Error = StoreError;

    fn try_from(row: FilterRow) -> Result<Self, StoreError> {
        Ok(Self {
            name: row.name.parse().map_err(corrupt("filters"))?,
            description: row.description,
            origin: FilterOrigin::Custom,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        })
    }
}
