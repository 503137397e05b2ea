//! Resources of the catalogue, and what is told of them.

use postrider_domain::ports::{Announcement, ResourceAddition, Store};
use postrider_domain::{CatalogueEntry, Created, Event, EventId};

use super::{NOW, RESCUE_AT, event_about, id};

/// A resource in no category that is not stored yet; its name tells it from others.
pub fn new_resource(kind: &str, resource: &str) -> anyhow::Result<CatalogueEntry> {
    Ok(CatalogueEntry {
        entry: id(),
        kind: kind.parse()?,
        id: resource.into(),
        name: format!("the one called {resource}"),
        category: None,
        owner: None,
        created_at: NOW,
        updated_at: NOW,
    })
}

/// A category that is not stored yet.
pub fn new_category(category: &str) -> anyhow::Result<CatalogueEntry> {
    new_resource(CatalogueEntry::CATEGORIES, category)
}

/// The event that tells of a change to a resource.
pub fn announcement(entry: &CatalogueEntry, event_type: &str) -> anyhow::Result<Announcement> {
    let event = Event {
        event_type: event_type.parse()?,
        resource: entry.resource(),
        publisher: entry.owner,
        ..event_about(entry.kind.as_str(), &entry.id)?
    };
    Ok(Announcement { event, rescue_at: RESCUE_AT })
}

/// Stores a resource, and returns the event that tells of it.
pub async fn add_resource(store: &dyn Store, entry: &CatalogueEntry) -> anyhow::Result<EventId> {
    let told = announcement(entry, "Added")?;
    let addition = store.add_resource(entry, None, None, &told).await?;
    let stored = addition == ResourceAddition::Created(Created::New);
    anyhow::ensure!(stored, "it can be added: {addition:?}");
    Ok(told.event.id)
}
