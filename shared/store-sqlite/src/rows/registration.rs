//! Rows of `registrations`.

use std::collections::BTreeMap;

use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{
    FilterSet, Registration, RegistrationHeaders, RegistrationId, Secret, Timestamp, UserId,
};
use uuid::Uuid;

use crate::errors::corrupt;
use crate::json::json;

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
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
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
        created_at: Timestamp::from_micros(row.created_at),
        updated_at: Timestamp::from_micros(row.updated_at),
    })
}

/// The members of a registration that are kept as JSON.
pub(crate) struct RegistrationTexts {
    pub(crate) filters: String,
    pub(crate) headers: String,
    pub(crate) properties: String,
}

impl From<&Registration> for RegistrationTexts {
    fn from(registration: &Registration) -> Self {
        Self {
            filters: json(&registration.filters.iter().collect::<Vec<_>>()),
            headers: json(&registration.headers.iter().collect::<BTreeMap<_, _>>()),
            properties: json(&registration.properties),
        }
    }
}
