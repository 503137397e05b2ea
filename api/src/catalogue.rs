//! The use cases of the catalogue: resources that Postrider keeps for the application, and whose
//! changes it tells by itself.
//!
//! A change and the event that tells of it are one commit. Who may do what: creating needs Create on
//! every resource of the kind, seeing needs Read, changing and executing Modify, deleting Delete;
//! administrators may do everything. What somebody may not read is not found.
//!
//! Events of other publishers name resources that are not in the catalogue. Whoever adds a resource may
//! read it, and so is told of the events that name its id: to choose an id takes what one would gain by
//! it, on every resource of the kind.

use std::sync::Arc;
use std::time::Duration;

use postrider_domain::ports::{
    Accessed, Announcement, ResourceAddition, ResourceChange, Store, StoreError,
};
use postrider_domain::{
    Access, CatalogueEntry, Clock, Created, CreationKey, Event, EventId, EventType, FilterName,
    Holder, Ids, Invalid, Permission, Principal, ResourceScope,
};
use serde_json::value::RawValue;

use crate::metrics::{Accepted, Metrics};
use crate::relay::Relay;

pub(crate) use self::execution::Execution;

mod execution;

/// A resource that somebody wants to add.
pub(crate) struct NewResource {
    pub(crate) kind: FilterName,
    /// Missing: one is generated.
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) category: Option<String>,
}

/// Why nothing became of a change to the catalogue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogueError {
    /// The resource breaks a rule.
    #[error("the resource is not valid")]
    Invalid(Invalid),
    /// The caller may see it (or its kind), and not do this.
    #[error("the permission `{missing}` is missing")]
    Forbidden { missing: &'static str },
    /// The caller may add a resource, and not say by which id.
    #[error("the caller may not choose the id")]
    ForeignId,
    /// It is not there, or the caller may not see it.
    #[error("there is no such resource")]
    NotFound,
    /// There is one of this kind and id.
    #[error("the id is taken")]
    IdTaken,
    /// There is one of this kind and name, and no two may have the same.
    #[error("the name is taken")]
    NameTaken,
    /// The category is not in the catalogue.
    #[error("there is no such category")]
    NoSuchCategory,
    /// It is a category, and resources are filed under it.
    #[error("resources are filed under the category")]
    CategoryInUse,
    /// Resources of this kind do not run.
    #[error("resources of this kind are not executed")]
    NotExecutable,
    /// The key of the request was used before for other content.
    #[error("the key was used before for other content")]
    KeyReused,
    /// What was created with the key of the request is there no longer.
    #[error("the resource that was created with the key is gone")]
    Gone,
    /// Somebody else changed or deleted it after it was read.
    #[error("the resource was changed in the meantime")]
    Changed,
    /// The store failed.
    #[error("the catalogue could not be reached")]
    Store(#[from] StoreError),
}

/// Keeps the catalogue.
pub(crate) struct Catalogue {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Ids,
    /// Where announcements go after their commit; one that is lost there is found in the outbox.
    pub(crate) relay: Arc<Relay>,
    pub(crate) metrics: Metrics,
    pub(crate) rescue_after: Duration,
}

impl Catalogue {
    /// Adds a resource, which its creator may read, change and delete from then on, or finds what an
    /// earlier request with the same key added; then there is no event.
    pub(crate) async fn create(
        &self,
        principal: &Principal,
        new: NewResource,
        key: Option<&CreationKey>,
    ) -> Result<(CatalogueEntry, Option<EventId>), CatalogueError> {
        let access = self.access_to(principal, &new.kind, None).await?;
        require(access, Access::CREATE)?;
        if new.id.is_some() && require(access, Access::OWNER).is_err() {
            return Err(CatalogueError::ForeignId);
        }
        let now = self.clock.now();
        let entry_id: postrider_domain::EntryId = self.ids.next();
        let entry = CatalogueEntry {
            entry: entry_id,
            kind: new.kind,
            id: new.id.unwrap_or_else(|| entry_id.simple()),
            name: new.name,
            category: new.category,
            owner: Some(principal.user.id),
            created_at: now,
            updated_at: now,
        };
        entry.validate().map_err(CatalogueError::Invalid)?;
        let owner_access = (!principal.is_administrator()).then(|| Permission {
            id: self.ids.next(),
            holder: Holder::User(principal.user.id),
            kind: entry.kind.clone(),
            scope: ResourceScope::One(entry.id.clone()),
            access: Access::OWNER,
            created_at: now,
        });
        let announcement = self.announce(principal, &entry, "Added");
        let added = self.store.add_resource(&entry, owner_access.as_ref(), key, &announcement);
        match added.await? {
            ResourceAddition::Created(Created::New) => {
                Ok((entry, Some(self.hand_over(announcement))))
            }
            ResourceAddition::Created(Created::Repeated(existing)) => Ok((existing, None)),
            ResourceAddition::Created(Created::Gone) => Err(CatalogueError::Gone),
            ResourceAddition::Created(Created::KeyReused) => Err(CatalogueError::KeyReused),
            ResourceAddition::IdTaken => Err(CatalogueError::IdTaken),
            ResourceAddition::NameTaken => Err(CatalogueError::NameTaken),
            ResourceAddition::NoSuchCategory => Err(CatalogueError::NoSuchCategory),
        }
    }

    /// A resource that the caller may read.
    pub(crate) async fn find(
        &self,
        principal: &Principal,
        kind: &FilterName,
        id: &str,
    ) -> Result<CatalogueEntry, CatalogueError> {
        self.find_with(principal, kind, id, Access::READ).await
    }

    /// A resource with which the caller may do `wanted`. Whoever may not read it is told that it is
    /// not there.
    pub(crate) async fn find_with(
        &self,
        principal: &Principal,
        kind: &FilterName,
        id: &str,
        wanted: Access,
    ) -> Result<CatalogueEntry, CatalogueError> {
        let entry = self.store.find_resource(kind, id).await?;
        let entry = entry.ok_or(CatalogueError::NotFound)?;
        let accessed = Accessed { id: &entry.id, category: entry.category.as_deref() };
        let access = self.access_to(principal, kind, Some(accessed)).await?;
        require(access, Access::READ).map_err(|_| CatalogueError::NotFound)?;
        require(access, wanted)?;
        // The store knows kinds in lower case; what goes out is spelled as it is registered.
        Ok(CatalogueEntry { kind: kind.clone(), ..entry })
    }

    /// Renames a resource or files it elsewhere, unless it was changed since `current` was read. The
    /// caller may change it, as [`Self::find_with`] has found.
    pub(crate) async fn update(
        &self,
        principal: &Principal,
        current: CatalogueEntry,
        name: String,
        category: Option<String>,
    ) -> Result<(CatalogueEntry, EventId), CatalogueError> {
        let expected = current.updated_at;
        let updated_at = self.clock.now().as_version_after(expected);
        let entry = CatalogueEntry { name, category, updated_at, ..current };
        entry.validate().map_err(CatalogueError::Invalid)?;
        let announcement = self.announce(principal, &entry, "Edited");
        changed(self.store.update_resource(&entry, expected, &announcement).await?)?;
        Ok((entry, self.hand_over(announcement)))
    }

    /// Deletes a resource, unless it was changed since `current` was read. The caller may delete it,
    /// as [`Self::find_with`] has found.
    pub(crate) async fn delete(
        &self,
        principal: &Principal,
        current: &CatalogueEntry,
    ) -> Result<EventId, CatalogueError> {
        let announcement = self.announce(principal, current, "Deleted");
        let deleted = self.store.delete_resource(current, current.updated_at, &announcement);
        changed(deleted.await?)?;
        Ok(self.hand_over(announcement))
    }

    /// The event of an execution. It changes nothing in the catalogue, so that it is published like
    /// any other.
    pub(crate) fn execution(
        &self,
        principal: &Principal,
        entry: &CatalogueEntry,
        execution: &Execution,
    ) -> Result<Event, CatalogueError> {
        const EXECUTED: &str = "Executed";
        if entry.kind.event_types().is_some_and(|types| !types.contains(&EXECUTED)) {
            return Err(CatalogueError::NotExecutable);
        }
        Ok(self.event(principal, entry, EXECUTED, Some(execution.data())))
    }

    /// What the caller may do with a resource, or with every resource of a kind.
    async fn access_to(
        &self,
        principal: &Principal,
        kind: &FilterName,
        resource: Option<Accessed<'_>>,
    ) -> Result<Option<Access>, StoreError> {
        if principal.is_administrator() {
            return Ok(Some(Access::ALL));
        }
        self.store.access_of(principal.user.id, kind, resource).await
    }

    fn announce(
        &self,
        principal: &Principal,
        entry: &CatalogueEntry,
        event_type: &str,
    ) -> Announcement {
        let event = self.event(principal, entry, event_type, None);
        let rescue_at = event.accepted_at + self.rescue_after;
        Announcement { event, rescue_at }
    }

    fn event(
        &self,
        principal: &Principal,
        entry: &CatalogueEntry,
        event_type: &str,
        data: Option<Box<RawValue>>,
    ) -> Event {
        let now = self.clock.now();
        Event {
            id: self.ids.next(),
            filter: entry.kind.clone(),
            event_type: event_type.parse::<EventType>().expect("the types of this file are types"),
            resource: entry.resource(),
            actor: Some(principal.user.name.as_str().to_owned()),
            occurred_at: now,
            accepted_at: now,
            data,
            publisher: Some(principal.user.id),
            audience: None,
        }
    }

    fn hand_over(&self, announcement: Announcement) -> EventId {
        let id = announcement.event.id;
        self.metrics.accepted.of(Accepted::Stored).inc();
        self.relay.hand_over(vec![announcement.event]);
        id
    }
}

fn require(access: Option<Access>, wanted: Access) -> Result<(), CatalogueError> {
    if access.is_some_and(|access| access.allows(wanted)) {
        return Ok(());
    }
    let missing = match wanted {
        Access::CREATE => "create",
        Access::MODIFY => "modify",
        Access::DELETE => "delete",
        _ => "read",
    };
    Err(CatalogueError::Forbidden { missing })
}

fn changed(change: ResourceChange) -> Result<(), CatalogueError> {
    match change {
        ResourceChange::Done => Ok(()),
        ResourceChange::Stale => Err(CatalogueError::Changed),
        ResourceChange::NameTaken => Err(CatalogueError::NameTaken),
        ResourceChange::NoSuchCategory => Err(CatalogueError::NoSuchCategory),
        ResourceChange::CategoryInUse => Err(CatalogueError::CategoryInUse),
    }
}
