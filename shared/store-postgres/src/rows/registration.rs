//! Rows of `registrations`.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{
    FilterSet, Registration, RegistrationHeaders, RegistrationId, Secret, UserId,
};
use serde::Serialize;
use uuid::Uuid;

use crate::errors::corrupt;

/// A registration.
pub(crate) struct RegistrationRow {
    pub(crate) id: Uuid,
    pub(crate) owner_id: Uuid,
    pub(crate) uri: String,
    pub(crate) secret: String,
    pub(crate) description: Option<String>,
    pub(crate) filters: String,
    pub(crate) headers: String,
    pub(crate) properties: String,
    pub(crate) paused: bool,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl TryFrom<RegistrationRow> for Registration {
    type Error = StoreError;

    fn try_from(row: RegistrationRow) -> Result<Self, StoreError> {
        registration(row).map_err(corrupt("registrations"))
    }
}

fn registration(row: RegistrationRow) -> Result<Registration, BoxError> {
    let filters: Vec<String> = serde_json::from_str(&row.filters)?;
    let headers: BTreeMap<String, String> = serde_json::from_str(&row.headers)?;
    Ok(Registration {
        id: RegistrationId(row.id),
        owner: UserId(row.owner_id),
        // Its own error quotes the whole URI, which belongs in no log.
        uri: row.uri.parse().map_err(|_| format!("the URI of {} does not parse", row.id))?,
        filters: FilterSet::parse(filters)?,
        secret: Secret::parse(&row.secret)?,
        description: row.description,
        paused: row.paused,
        headers: RegistrationHeaders::parse(headers)?,
        properties: serde_json::from_str(&row.properties)?,
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
    })
}

/// The registrations of one result: most of a batch goes to a few, which are parsed once each.
#[derive(Default)]
pub(crate) struct RegistrationCache(HashMap<Uuid, Registration>);

impl RegistrationCache {
    /// The registration of `row`.
    pub(crate) fn read(&mut self, row: RegistrationRow) -> Result<Registration, StoreError> {
        let id = row.id;
        if let Some(registration) = self.0.get(&id) {
            return Ok(registration.clone());
        }
        let registration = Registration::try_from(row)?;
        self.0.insert(id, registration.clone());
        Ok(registration)
    }
}

/// Lists and maps of text as JSON.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("lists and maps with text keys can be written")
}
