use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::{
    CatalogueEntry, Created, CreationKey, Event, FilterName, Page, PageRequest, Permission,
    Timestamp, Visibility,
};

/// How long a permission that has ended is kept: so long may an event that was accepted before wait to
/// be dispatched.
pub const PERMISSIONS_KEPT: Duration = Duration::from_hours(7 * 24);

/// The event that tells of a change to the catalogue: stored in the same commit as the change, so
/// that neither is ever without the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Announcement {
    /// The event.
    pub event: Event,
    /// When somebody who finds it undispatched publishes it again.
    pub rescue_at: Timestamp,
}

/// What became of the wish to add a resource. Of several obstacles the first in this order is told.
#[derive(Debug, Clone, PartialEq)]
pub enum ResourceAddition {
    /// As the key of the request has it; [`Created::New`] when it has none.
    Created(Created<CatalogueEntry>),
    /// There is a resource of this kind and id.
    IdTaken,
    /// There is a resource of this kind and name, and no two may have the same.
    NameTaken,
    /// The category is not in the catalogue.
    NoSuchCategory,
}

/// What became of a change to a resource. But for `Done`, nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceChange {
    /// It is done.
    Done,
    /// It is not there, or was changed since it was read.
    Stale,
    /// There is another resource of this kind and name, and no two may have the same.
    NameTaken,
    /// The category is not in the catalogue.
    NoSuchCategory,
    /// It is a category, and resources are filed under it.
    CategoryInUse,
}

/// Which resources a list shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceFilter {
    /// Only those of one kind.
    pub kind: Option<FilterName>,
    /// Only those filed under one category.
    pub category: Option<String>,
    /// Only those whose name or id contains this, in any case.
    pub search: Option<String>,
}

/// The catalogue of resources (api). Who may do what is judged by the caller; a list is judged by
/// the store.
#[async_trait]
pub trait CatalogueStore: Send + Sync {
    /// Adds a resource, announces it, and grants `owner_access`, unless its holder has a permission
    /// of that kind and scope already. A key belongs to the entry's owner: without an owner it is passed over.
    async fn add_resource(
        &self,
        entry: &CatalogueEntry,
        owner_access: Option<&Permission>,
        key: Option<&CreationKey>,
        announcement: &Announcement,
    ) -> Result<ResourceAddition, StoreError>;

    /// One resource.
    async fn find_resource(
        &self,
        kind: &FilterName,
        id: &str,
    ) -> Result<Option<CatalogueEntry>, StoreError>;

    /// A page of resources, newest first. `Visibility::Own` shows those that the user may read by
    /// their own permissions and those of their roles.
    async fn list_resources(
        &self,
        visibility: Visibility,
        filter: &ResourceFilter,
        page: PageRequest,
    ) -> Result<Page<CatalogueEntry>, StoreError>;

    /// Replaces name, category and `updated_at` of a resource that was last changed at `expected`,
    /// and announces it.
    async fn update_resource(
        &self,
        entry: &CatalogueEntry,
        expected: Timestamp,
        announcement: &Announcement,
    ) -> Result<ResourceChange, StoreError>;

    /// Deletes a resource that was last changed at `expected`, and announces it.
    ///
    /// Permissions on it end with the announcement's acceptance, and with a category those on what is
    /// filed under it: they are gone for everybody who asks, and only events that were accepted up
    /// to then, the announcement included, are still judged by them
    /// ([`super::DispatchStore::dispatch_events`]). Those that ended more than
    /// [`PERMISSIONS_KEPT`] before are removed.
    async fn delete_resource(
        &self,
        entry: &CatalogueEntry,
        expected: Timestamp,
        announcement: &Announcement,
    ) -> Result<ResourceChange, StoreError>;
}
