//! Rows of `registrations`.

use std::collections::BTreeMap;

use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{
    FilterSet, PreviousSecret, Registration, RegistrationHeaders, RegistrationId, Secret,
    Timestamp, UserId,
};
use postrider_vault::{Keyring, Place};
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::errors::corrupt;
use crate::json::json;

/// Where the sealed texts of a row are kept.
pub(crate) const SECRET: &str = "registrations.secret";
pub(crate) const PREVIOUS_SECRET: &str = "registrations.previous_secret";
pub(crate) const HEADERS: &str = "registrations.headers";

/// A registration, its secrets and headers sealed.
#[derive(sqlx::FromRow)]
pub(crate) struct RegistrationRow {
    pub(crate) id: Uuid,
    pub(crate) owner_id: Uuid,
    pub(crate) uri: String,
    pub(crate) secret: String,
    pub(crate) previous_secret: Option<String>,
    pub(crate) previous_secret_ends_at: Option<i64>,
    pub(crate) description: Option<String>,
    pub(crate) filters: String,
    pub(crate) headers: String,
    pub(crate) properties: String,
    pub(crate) paused: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl RegistrationRow {
    /// The registration, opened with `keyring`.
    pub(crate) fn open(self, keyring: &Keyring) -> Result<Registration, StoreError> {
        registration(self, keyring).map_err(corrupt("registrations"))
    }
}

fn registration(row: RegistrationRow, keyring: &Keyring) -> Result<Registration, BoxError> {
    let id = row.id;
    let filters: Vec<String> = serde_json::from_str(&row.filters)?;
    let previous_secret = match (row.previous_secret, row.previous_secret_ends_at) {
        (Some(sealed), Some(ends_at)) => Some(PreviousSecret {
            secret: secret(keyring, Place { column: PREVIOUS_SECRET, row: id }, &sealed)?,
            ends_at: Timestamp::from_micros(ends_at),
        }),
        (None, None) => None,
        _ => return Err(format!("{id} has half a previous secret").into()),
    };
    Ok(Registration {
        id: RegistrationId(id),
        owner: UserId(row.owner_id),
        // Its own error quotes the whole URI, which belongs in no log.
        uri: row.uri.parse().map_err(|_| format!("the URI of {id} does not parse"))?,
        filters: FilterSet::parse(filters)?,
        secret: secret(keyring, Place { column: SECRET, row: id }, &row.secret)?,
        previous_secret,
        description: row.description,
        paused: row.paused,
        headers: headers(keyring, id, &row.headers)?,
        properties: serde_json::from_str(&row.properties)?,
        created_at: Timestamp::from_micros(row.created_at),
        updated_at: Timestamp::from_micros(row.updated_at),
    })
}

fn secret(keyring: &Keyring, place: Place, sealed: &str) -> Result<Secret, BoxError> {
    Ok(Secret::parse(open(keyring, place, sealed)?.expose_secret())?)
}

fn headers(keyring: &Keyring, row: Uuid, sealed: &str) -> Result<RegistrationHeaders, BoxError> {
    let text = open(keyring, Place { column: HEADERS, row }, sealed)?;
    // The errors of both steps quote what they do not understand.
    serde_json::from_str::<BTreeMap<String, String>>(text.expose_secret())
        .ok()
        .and_then(|headers| RegistrationHeaders::parse(headers).ok())
        .ok_or_else(|| format!("the headers of {row} do not parse").into())
}

fn open(keyring: &Keyring, place: Place, sealed: &str) -> Result<secrecy::SecretString, BoxError> {
    keyring
        .open(place, sealed)
        .map_err(|error| format!("`{}` of {}: {error}", place.column, place.row).into())
}

/// The members of a registration that are kept sealed, or as JSON.
pub(crate) struct RegistrationTexts {
    pub(crate) secret: String,
    pub(crate) previous_secret: Option<String>,
    pub(crate) previous_secret_ends_at: Option<i64>,
    pub(crate) filters: String,
    pub(crate) headers: String,
    pub(crate) properties: String,
}

impl RegistrationTexts {
    /// The texts, sealed with `keyring`.
    pub(crate) fn seal(registration: &Registration, keyring: &Keyring) -> Self {
        let seal =
            |column, text: &str| keyring.seal(Place { column, row: registration.id.0 }, text);
        let previous = registration.previous_secret.as_ref();
        let headers = json(&registration.headers.iter().collect::<BTreeMap<_, _>>());
        Self {
            secret: seal(SECRET, registration.secret.expose()),
            previous_secret: previous
                .map(|previous| seal(PREVIOUS_SECRET, previous.secret.expose())),
            previous_secret_ends_at: previous.map(|previous| previous.ends_at.as_micros()),
            filters: json(&registration.filters.iter().collect::<Vec<_>>()),
            headers: seal(HEADERS, &headers),
            properties: json(&registration.properties),
        }
    }
}
