//! Adding, describing and deleting custom filters.

use postrider_domain::ports::{FilterRemoval, StoreError};
use postrider_domain::{Filter, FilterName, FilterOrigin, Invalid, Timestamp, causes};
use tracing::warn;

use super::KnownFilters;

/// Why nothing became of a change to the filters.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilterError {
    /// The description is too long.
    #[error("the description is not valid")]
    Description(Invalid),
    /// There is a filter of this name.
    #[error("the name is taken")]
    NameTaken,
    /// The name is that of the product's own filter.
    #[error("the name is reserved")]
    Reserved,
    /// It comes with the product or from the configuration.
    #[error("the filter is not a custom one")]
    Fixed,
    /// Registrations ask for it.
    #[error("registrations ask for the filter")]
    InUse,
    /// There is none of this name.
    #[error("there is no such filter")]
    NotFound,
    /// Somebody else changed or deleted it after it was read.
    #[error("the filter was changed in the meantime")]
    Changed,
    /// The store failed.
    #[error("the filter could not be stored")]
    Store(#[from] StoreError),
}

impl KnownFilters {
    /// Adds a custom filter.
    pub(crate) async fn add(
        &self,
        name: FilterName,
        description: Option<String>,
    ) -> Result<Filter, FilterError> {
        check(description.as_deref()).map_err(FilterError::Description)?;
        if name.is_reserved() {
            return Err(FilterError::Reserved);
        }
        if self.reload().await?.contains(name.as_str()) {
            return Err(FilterError::NameTaken);
        }
        let now = self.clock.now();
        let filter = Filter {
            name,
            description,
            origin: FilterOrigin::Custom,
            created_at: now,
            updated_at: now,
        };
        match self.store.add_filter(&filter).await {
            Err(StoreError::Conflict { .. }) => return Err(FilterError::NameTaken),
            stored => stored?,
        }
        self.changed().await;
        Ok(filter)
    }

    /// Gives a custom filter another description, unless it was changed since `current` was read.
    pub(crate) async fn describe(
        &self,
        current: Filter,
        description: Option<String>,
    ) -> Result<Filter, FilterError> {
        if current.origin != FilterOrigin::Custom {
            return Err(FilterError::Fixed);
        }
        check(description.as_deref()).map_err(FilterError::Description)?;
        let expected = current.updated_at;
        let filter = Filter {
            description,
            updated_at: self.clock.now().as_version_after(expected),
            ..current
        };
        if !self.store.update_filter(&filter, expected).await? {
            return Err(FilterError::Changed);
        }
        self.changed().await;
        Ok(filter)
    }

    /// Deletes a custom filter that no registration asks for, with `expected` only if it was last
    /// changed then.
    pub(crate) async fn remove(
        &self,
        filter: &Filter,
        expected: Option<Timestamp>,
    ) -> Result<(), FilterError> {
        if filter.origin != FilterOrigin::Custom {
            return Err(FilterError::Fixed);
        }
        match self.store.delete_filter(&filter.name, expected).await? {
            FilterRemoval::Done => {}
            FilterRemoval::NotFound => return Err(FilterError::NotFound),
            FilterRemoval::Stale => return Err(FilterError::Changed),
            FilterRemoval::InUse => return Err(FilterError::InUse),
        }
        self.changed().await;
        Ok(())
    }

    /// The change is done whether or not it can be read back now.
    async fn changed(&self) {
        if let Err(error) = self.reload().await {
            warn!(error = %causes(&error), "changed filters could not be read");
        }
    }
}

fn check(description: Option<&str>) -> Result<(), Invalid> {
    let fits = |text: &str| text.len() <= Filter::MAX_DESCRIPTION && !text.contains('\0');
    if description.is_none_or(fits) {
        return Ok(());
    }
    Err(Invalid::new(format!(
        "the description is longer than {} bytes or contains a NUL character",
        Filter::MAX_DESCRIPTION
    )))
}
