//! Rows of `registrations`.

use std::collections::BTreeMap;

use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{
    Credentials, Disabled, FilterSet, PreviousSecret, Registration, RegistrationHeaders,
    RegistrationId, Secret, Timestamp, UserId, WhilePaused,
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
pub(crate) const CREDENTIALS: &str = "registrations.credentials";

/// A registration, its secrets, headers and credentials sealed.
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
    pub(crate) options: String,
    pub(crate) condition: Option<String>,
    pub(crate) credentials: Option<String>,
    pub(crate) paused: bool,
    pub(crate) secret_expires_at: Option<i64>,
    pub(crate) disabled_at: Option<i64>,
    pub(crate) disabled_reason: Option<String>,
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
    let disabled = match (row.disabled_at, row.disabled_reason) {
        (Some(at), Some(reason)) => {
            Some(Disabled { at: Timestamp::from_micros(at), reason: reason.parse()? })
        }
        (None, None) => None,
        _ => return Err(format!("{id} is half switched off").into()),
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
        secret_expires_at: row.secret_expires_at.map(Timestamp::from_micros),
        disabled,
        // Its own error quotes the condition, which may name what is in an event.
        condition: row
            .condition
            .map(|text| text.parse())
            .transpose()
            .map_err(|_| format!("the condition of {id} does not parse"))?,
        options: serde_json::from_str(&row.options)?,
        credentials: credentials(keyring, id, row.credentials.as_deref())?,
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
        .and_then(|headers| RegistrationHeaders::restore(headers).ok())
        .ok_or_else(|| format!("the headers of {row} do not parse").into())
}

fn credentials(
    keyring: &Keyring,
    row: Uuid,
    sealed: Option<&str>,
) -> Result<Credentials, BoxError> {
    let Some(sealed) = sealed else { return Ok(Credentials::default()) };
    let text = open(keyring, Place { column: CREDENTIALS, row }, sealed)?;
    Ok(Credentials::parse_json(text.expose_secret())?)
}

fn open(keyring: &Keyring, place: Place, sealed: &str) -> Result<secrecy::SecretString, BoxError> {
    keyring
        .open(place, sealed)
        .map_err(|error| format!("`{}` of {}: {error}", place.column, place.row).into())
}

/// The members of a registration that are kept sealed, as JSON, or in parts.
pub(crate) struct RegistrationTexts {
    pub(crate) secret: String,
    pub(crate) previous_secret: Option<String>,
    pub(crate) previous_secret_ends_at: Option<i64>,
    pub(crate) filters: String,
    pub(crate) headers: String,
    pub(crate) properties: String,
    pub(crate) options: String,
    /// From the options: deliveries wait for the scheduler to let them go.
    pub(crate) paced: bool,
    /// From the options: deliveries are discarded while it is paused.
    pub(crate) discards: bool,
    /// None when there are none.
    pub(crate) credentials: Option<String>,
    pub(crate) disabled_at: Option<i64>,
    pub(crate) disabled_reason: Option<&'static str>,
}

impl RegistrationTexts {
    /// The texts, sealed with `keyring`.
    pub(crate) fn seal(registration: &Registration, keyring: &Keyring) -> Self {
        let seal =
            |column, text: &str| keyring.seal(Place { column, row: registration.id.0 }, text);
        let (previous, options) = (registration.previous_secret.as_ref(), &registration.options);
        let headers = json(&registration.headers.iter().collect::<BTreeMap<_, _>>());
        Self {
            secret: seal(SECRET, registration.secret.expose()),
            previous_secret: previous
                .map(|previous| seal(PREVIOUS_SECRET, previous.secret.expose())),
            previous_secret_ends_at: previous.map(|previous| previous.ends_at.as_micros()),
            filters: json(&registration.filters.iter().collect::<Vec<_>>()),
            headers: seal(HEADERS, &headers),
            properties: json(&registration.properties),
            options: json(options),
            paced: options.is_paced(),
            discards: options.while_paused == WhilePaused::Discard,
            credentials: (!registration.credentials.is_empty())
                .then(|| seal(CREDENTIALS, &registration.credentials.expose_json())),
            disabled_at: registration.disabled.map(|disabled| disabled.at.as_micros()),
            disabled_reason: registration.disabled.map(|disabled| disabled.reason.as_str()),
        }
    }
}
