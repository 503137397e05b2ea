use async_trait::async_trait;

use super::StoreError;
use crate::{Filter, FilterName, Timestamp};

/// What became of the wish to delete a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterRemoval {
    /// It is gone.
    Done,
    /// There is none of this name.
    NotFound,
    /// It was changed since it was read; nothing has changed.
    Stale,
    /// Registrations ask for it; nothing has changed.
    InUse,
}

/// The filters that administrators add (api); those that are built in or configured are not in the
/// store.
#[async_trait]
pub trait FilterStore: Send + Sync {
    /// Adds a custom filter.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is one of this name, in any case.
    async fn add_filter(&self, filter: &Filter) -> Result<(), StoreError>;

    /// Every custom filter, by name.
    async fn list_filters(&self) -> Result<Vec<Filter>, StoreError>;

    /// Replaces description, spelling and `updated_at` of the filter of this name, if it was last
    /// changed at `expected`; otherwise `false`.
    async fn update_filter(&self, filter: &Filter, expected: Timestamp)
    -> Result<bool, StoreError>;

    /// Deletes a custom filter that no registration names, with `expected` only if it was last
    /// changed then.
    async fn delete_filter(
        &self,
        name: &FilterName,
        expected: Option<Timestamp>,
    ) -> Result<FilterRemoval, StoreError>;
}
