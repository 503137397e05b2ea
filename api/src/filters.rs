//! Which filters there are: the built-in ones, those of the configuration, and those that
//! administrators added.
//!
//! Whoever asks gets a snapshot, which costs no query. It is read again once it is a few seconds
//! old, after a change made here, and (at most once a second) for a name that is not in it: so
//! several processes on one store soon agree, and a filter that was added through another one is
//! good at once.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use postrider_domain::ports::{Store, StoreError};
use postrider_domain::{Clock, FilterName, Invalid, Timestamp, causes};
use tokio::sync::{Mutex, MutexGuard};
use tracing::warn;

pub(crate) use self::custom::FilterError;
pub(crate) use self::snapshot::FilterSnapshot;

mod custom;
mod snapshot;
#[cfg(test)]
mod tests;

/// How old a snapshot may be.
const MAX_AGE: Duration = Duration::from_secs(5);
/// How old it may be when a name is not in it: a flood of made-up names must not become one of
/// queries.
const MAX_AGE_FOR_UNKNOWN: Duration = Duration::from_secs(1);

/// The filters that events have and registrations may ask for.
pub(crate) struct KnownFilters {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    snapshot: RwLock<Loaded>,
    /// Held while the store is asked, so that it is asked once.
    loading: Mutex<()>,
}

#[derive(Clone)]
struct Loaded {
    filters: Arc<FilterSnapshot>,
    /// When the store was asked; none before the first time.
    at: Option<Timestamp>,
}

impl KnownFilters {
    pub(crate) fn new(
        configured: &[FilterName],
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let filters = Arc::new(FilterSnapshot::without_custom(configured));
        Self {
            store,
            clock,
            snapshot: RwLock::new(Loaded { filters, at: None }),
            loading: Mutex::new(()),
        }
    }

    /// The filters as they were a few seconds ago at the most. While the store does not answer they
    /// stay as they are; an error is only when it never has.
    pub(crate) async fn current(&self) -> Result<Arc<FilterSnapshot>, StoreError> {
        let Loaded { filters, at } = self.loaded();
        match at {
            None => self.load_if_older(MAX_AGE).await,
            Some(at) if self.age(at) < MAX_AGE => Ok(filters),
            // One request asks the store, and the others go on with what there is.
            Some(_) => match self.loading.try_lock() {
                Ok(turn) => Ok(self.load(&turn).await.unwrap_or_else(|error| {
                    warn!(error = %causes(&error), "filters could not be read");
                    filters
                })),
                Err(_) => Ok(filters),
            },
        }
    }

    /// The filters, looked up again if one of `names` is not among them.
    pub(crate) async fn covering<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Arc<FilterSnapshot>, StoreError> {
        let filters = self.current().await?;
        if names.into_iter().all(|name| filters.contains(name)) {
            return Ok(filters);
        }
        self.load_if_older(MAX_AGE_FOR_UNKNOWN).await
    }

    /// The registered spelling of a filter that is named in any case.
    pub(crate) async fn resolve(&self, name: &str) -> Result<Option<FilterName>, StoreError> {
        Ok(self.covering([name]).await?.resolve(name).cloned())
    }

    /// The filters as the store has them now.
    pub(crate) async fn reload(&self) -> Result<Arc<FilterSnapshot>, StoreError> {
        let turn = self.loading.lock().await;
        self.load(&turn).await
    }

    async fn load_if_older(&self, max_age: Duration) -> Result<Arc<FilterSnapshot>, StoreError> {
        let turn = self.loading.lock().await;
        // Somebody else may have asked while this waited for its turn.
        let Loaded { filters, at } = self.loaded();
        match at {
            Some(at) if self.age(at) < max_age => Ok(filters),
            _ => self.load(&turn).await,
        }
    }

    async fn load(&self, _turn: &MutexGuard<'_, ()>) -> Result<Arc<FilterSnapshot>, StoreError> {
        let at = Some(self.clock.now());
        let custom = self.store.list_filters().await?;
        let filters = Arc::new(self.loaded().filters.with_custom(custom));
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) =
            Loaded { filters: Arc::clone(&filters), at };
        Ok(filters)
    }

    /// The lock is held for as long as it takes to count a reference.
    fn loaded(&self) -> Loaded {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn age(&self, at: Timestamp) -> Duration {
        self.clock.now().since(at)
    }
}

/// What those are told who want to do with the product's own filter what only the product may.
pub(crate) fn reserved(rule: &str) -> Invalid {
    let name = FilterName::NOTICES;
    Invalid::new(format!("`{name}` is the filter of what the product itself has to tell: {rule}"))
}
