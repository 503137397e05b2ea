use async_trait::async_trait;

use super::StoreError;
use crate::{
    Created, CreationKey, FilterName, Registration, RegistrationId, Timestamp, UserId, UserName,
    Visibility,
};

/// What became of the wish to add a registration.
#[derive(Debug, Clone)]
pub enum RegistrationAddition {
    /// As the key of the request has it; [`Created::New`] when it has none.
    Created(Created<Box<Registration>>),
    /// The owner has as many as one may have.
    LimitReached,
}

/// What became of the wish to delete a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationRemoval {
    /// It is gone.
    Done {
        /// Whose it was.
        owner: UserId,
    },
    /// It is not there, or not visible.
    NotFound,
    /// It was changed since it was read; nothing has changed.
    Stale,
}

/// What a list of registrations can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegistrationSort {
    /// The URI, byte by byte.
    Uri,
    /// The description, byte by byte; none is the smallest.
    Description,
    /// The owner's name in lower case, byte by byte.
    Owner,
    /// Running ones are smaller than paused ones.
    Paused,
    /// When it was made.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
}

/// One column of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey {
    /// What is compared.
    pub by: RegistrationSort,
    /// The greatest first.
    pub descending: bool,
}

impl SortKey {
    /// Whether those that are equal in every column of an order come in the opposite order of their
    /// ids: in the direction of the last column, so that one index serves an order both ways.
    pub fn ids_descend(order: &[Self]) -> bool {
        order.last().is_some_and(|key| key.descending)
    }
}

/// Where a page ended: the next one begins after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationCursor {
    /// The last entry's value of each column of the order, as text: times in microseconds since
    /// 1970, switches as `0` or `1`, no description as the empty text.
    pub values: Vec<String>,
    /// The last entry's id, which decides among those whose values are the same.
    pub id: RegistrationId,
}

/// Which registrations a list shows, and in what order.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistrationQuery {
    /// Whose the caller may see.
    pub visibility: Visibility,
    /// Only those of one owner.
    pub owner: Option<UserId>,
    /// Only those that ask for this filter by name.
    pub filter: Option<FilterName>,
    /// Only paused, or only running ones.
    pub paused: Option<bool>,
    /// Only those whose URI, description, filters or owner's name contain this, in any case.
    pub search: Option<String>,
    /// The order, at most [`RegistrationQuery::MAX_SORT_KEYS`] columns; none is by URI. Equals are
    /// in the order of their ids, in the direction of the last column.
    pub sort: Vec<SortKey>,
    /// Where the page before ended.
    pub after: Option<RegistrationCursor>,
    /// The most entries of the page, 1 to 100.
    pub limit: u32,
}

impl RegistrationQuery {
    /// The most columns of an order.
    pub const MAX_SORT_KEYS: usize = 3;

    /// The first page of everything that is visible.
    pub fn of(visibility: Visibility) -> Self {
        Self {
            visibility,
            owner: None,
            filter: None,
            paused: None,
            search: None,
            sort: Vec::new(),
            after: None,
            limit: crate::PageRequest::MAX_LIMIT,
        }
    }

    /// The columns of the order: those that are asked for, or else the URI.
    pub fn order(&self) -> &[SortKey] {
        const BY_URI: &[SortKey] = &[SortKey { by: RegistrationSort::Uri, descending: false }];
        if self.sort.is_empty() { BY_URI } else { &self.sort }
    }
}

/// A registration in a list.
#[derive(Debug, Clone)]
pub struct ListedRegistration {
    /// The registration.
    pub registration: Registration,
    /// The name of its owner.
    pub owner_name: UserName,
}

/// One page of registrations.
#[derive(Debug, Clone)]
pub struct RegistrationPage {
    /// The entries.
    pub items: Vec<ListedRegistration>,
    /// Where it ended; `None` when this is the last page.
    pub next: Option<RegistrationCursor>,
}

/// How many of a registration's deliveries are looked at while it is deleted, so that somebody who
/// deletes one with a million does not wait for them.
pub const BURIED_AT_ONCE: u32 = 1_000;

/// Keeping registrations (api). Secrets and the values of headers are encrypted in the database.
#[async_trait]
pub trait RegistrationStore: Send + Sync {
    /// Stores a new registration.
    ///
    /// `max_per_owner` is how many its owner may have. (Two at once may both pass: it is a bound
    /// against carelessness, not a licence.)
    async fn add_registration(
        &self,
        registration: &Registration,
        key: Option<&CreationKey>,
        max_per_owner: u32,
    ) -> Result<RegistrationAddition, StoreError>;

    /// What an earlier creation with this key of this owner led to; `None` when there was none.
    async fn find_creation(
        &self,
        owner: UserId,
        key: &CreationKey,
    ) -> Result<Option<Created<Box<Registration>>>, StoreError>;

    /// A page of registrations. One that cannot be decrypted is passed over, and logged: it must not
    /// take the others with it. A cursor that was not made by this order is
    /// [`StoreError::Rejected`]: the caller checks what it lets in.
    async fn list_registrations(
        &self,
        query: &RegistrationQuery,
    ) -> Result<RegistrationPage, StoreError>;

    /// One registration.
    async fn find_registration(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
    ) -> Result<Option<Registration>, StoreError>;

    /// Replaces everything but id, owner and `created_at`, if it is there and visible and was last
    /// changed at `expected`; otherwise `false`, and nothing changes.
    ///
    /// It is a new beginning for the registration's flow ([`crate::FlowState::fresh`]): the breaker is
    /// closed, and [`super::FlowStore::release_held`] lets go what is held, if it may go now.
    async fn update_registration(
        &self,
        visibility: Visibility,
        registration: &Registration,
        expected: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Deletes a registration, also one that cannot be decrypted. Its pending and held deliveries
    /// become `dead` (`registration_deleted`) and stay on record: at once as far as they are among its
    /// newest [`BURIED_AT_ONCE`], the others when [`super::OperationsStore::bury_deliveries`] comes to
    /// them, or when they would be claimed. With `expected`, only if it was last changed then.
    async fn delete_registration(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
        expected: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<RegistrationRemoval, StoreError>;

    /// Deletes every registration of `owner`, each as above, and [`BURIED_AT_ONCE`] for all of them;
    /// how many there were.
    async fn delete_registrations_of(
        &self,
        owner: UserId,
        now: Timestamp,
    ) -> Result<u64, StoreError>;
}
