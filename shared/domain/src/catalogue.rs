//! The catalogue of resources: the things that events are about, for those who let Postrider keep
//! them. Publishers may as well tell of resources that are in no catalogue.

use crate::{EntryId, FilterName, Invalid, Resource, Timestamp, UserId};

/// A resource of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogueEntry {
    /// Orders the pages of a list.
    pub entry: EntryId,
    /// Its kind, which is the filter of its events.
    pub kind: FilterName,
    /// Its id, unique within the kind: what permissions on it and events about it name.
    pub id: String,
    /// What people call it. No two tasks, alerts or connections have the same name.
    pub name: String,
    /// The id of the category it is filed under; that is an entry of the kind `categories`.
    pub category: Option<String>,
    /// Who created it.
    pub owner: Option<UserId>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl CatalogueEntry {
    /// The kind of categories.
    pub const CATEGORIES: &'static str = "categories";
    /// The kinds, in lower case, that have no two resources of one name.
    pub const UNIQUELY_NAMED: [&'static str; 3] = ["alerts", "connections", "tasks"];

    /// Checks what no single member can know by itself.
    ///
    /// # Errors
    /// When id or name is empty or too long, or a category is filed under a category.
    pub fn validate(&self) -> Result<(), Invalid> {
        self.resource().validate()?;
        if self.name.trim().is_empty() {
            return Err(Invalid::new("the name of a resource is empty"));
        }
        if self.category.is_some() && self.kind.key() == Self::CATEGORIES {
            return Err(Invalid::new("a category is in no category"));
        }
        Ok(())
    }

    /// The resource as events name it.
    pub fn resource(&self) -> Resource {
        Resource {
            id: self.id.clone(),
            name: Some(self.name.clone()),
            category: self.category.clone(),
        }
    }
}
