//! Rows of `registrations`. What they hold in secret is sealed; nothing of it is ever quoted.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{
    Condition, Credentials, Disabled, FilterSet, PreviousSecret, Registration, RegistrationHeaders,
    RegistrationId, Secret, UserId,
};
use postrider_vault::{Keyring, Place};
use secrecy::{ExposeSecret, SecretString};
use sqlx::FromRow;
use uuid::Uuid;

use super::json;
use crate::errors::corrupt;

/// The columns whose texts are sealed, as their places name them.
pub(crate) const SECRET: &str = "registrations.secret";
pub(crate) const HEADERS: &str = "registrations.headers";
pub(crate) const PREVIOUS_SECRET: &str = "registrations.previous_secret";
pub(crate) const CREDENTIALS: &str = "registrations.credentials";

/// A registration.
#[derive(FromRow)]
pub(crate) struct RegistrationRow {
    pub(crate) id: Uuid,
    pub(crate) owner_id: Uuid,
    pub(crate) uri: String,
    pub(crate) secret: String,
    pub(crate) previous_secret: Option<String>,
    pub(crate) previous_secret_ends_at: Option<DateTime<Utc>>,
    pub(crate) description: Option<String>,
    pub(crate) filters: String,
    pub(crate) headers: String,
    pub(crate) properties: String,
    pub(crate) paused: bool,
    pub(crate) secret_expires_at: Option<DateTime<Utc>>,
    pub(crate) disabled_at: Option<DateTime<Utc>>,
    pub(crate) disabled_reason: Option<String>,
    pub(crate) condition: Option<String>,
    pub(crate) options: String,
    pub(crate) credentials: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl RegistrationRow {
    /// The registration, its secrets opened.
    pub(crate) fn open(self, keyring: &Keyring) -> Result<Registration, StoreError> {
        registration(self, keyring).map_err(corrupt("registrations"))
    }

    fn previous_secret(&self, keyring: &Keyring) -> Result<Option<PreviousSecret>, BoxError> {
        let (sealed, ends_at) = match (&self.previous_secret, self.previous_secret_ends_at) {
            (Some(sealed), Some(ends_at)) => (sealed, ends_at),
            (None, None) => return Ok(None),
            _ => return Err(format!("{} has half a previous secret", self.id).into()),
        };
        let place = Place { column: PREVIOUS_SECRET, row: self.id };
        let secret = Secret::parse(open(keyring, place, sealed)?.expose_secret())?;
        Ok(Some(PreviousSecret { secret, ends_at: ends_at.into() }))
    }

    fn disabled(&self) -> Result<Option<Disabled>, BoxError> {
        match (self.disabled_at, &self.disabled_reason) {
            (Some(at), Some(reason)) => {
                Ok(Some(Disabled { at: at.into(), reason: reason.parse()? }))
            }
            (None, None) => Ok(None),
            _ => Err(format!("{} is half switched off", self.id).into()),
        }
    }

    fn condition(&self) -> Result<Option<Condition>, BoxError> {
        let condition = self.condition.as_deref().map(str::parse).transpose();
        // Its own error may quote the condition, and what is compared in it is the owner's.
        condition.map_err(|_| format!("the condition of {} does not parse", self.id).into())
    }

    fn credentials(&self, keyring: &Keyring) -> Result<Credentials, BoxError> {
        let Some(sealed) = &self.credentials else { return Ok(Credentials::default()) };
        let text = open(keyring, Place { column: CREDENTIALS, row: self.id }, sealed)?;
        Ok(Credentials::parse_json(text.expose_secret())?)
    }
}

fn registration(row: RegistrationRow, keyring: &Keyring) -> Result<Registration, BoxError> {
    let id = row.id;
    let filters: Vec<String> = serde_json::from_str(&row.filters)?;
    let secret = open(keyring, Place { column: SECRET, row: id }, &row.secret)?;
    let headers = open(keyring, Place { column: HEADERS, row: id }, &row.headers)?;
    // The error of the parser quotes what it stumbles over.
    let headers: BTreeMap<String, String> = serde_json::from_str(headers.expose_secret())
        .map_err(|_| format!("the headers of {id} do not parse"))?;
    Ok(Registration {
        id: RegistrationId(id),
        owner: UserId(row.owner_id),
        // Its own error quotes the whole URI, which belongs in no log.
        uri: row.uri.parse().map_err(|_| format!("the URI of {id} does not parse"))?,
        filters: FilterSet::parse(filters)?,
        secret: Secret::parse(secret.expose_secret())?,
        previous_secret: row.previous_secret(keyring)?,
        paused: row.paused,
        secret_expires_at: row.secret_expires_at.map(Into::into),
        disabled: row.disabled()?,
        condition: row.condition()?,
        options: serde_json::from_str(&row.options)?,
        credentials: row.credentials(keyring)?,
        description: row.description,
        headers: RegistrationHeaders::restore(headers)
            .map_err(|_| format!("the headers of {id} are not valid"))?,
        properties: serde_json::from_str(&row.properties)?,
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
    })
}

/// Opens a sealed text; the error names its place.
pub(crate) fn open(
    keyring: &Keyring,
    place: Place,
    sealed: &str,
) -> Result<SecretString, BoxError> {
    keyring
        .open(place, sealed)
        .map_err(|error| format!("`{}` of {}: {error}", place.column, place.row).into())
}

/// What is kept sealed of a registration, as it is stored.
pub(crate) struct SealedTexts {
    pub(crate) secret: String,
    pub(crate) headers: String,
    pub(crate) previous_secret: Option<String>,
    pub(crate) credentials: Option<String>,
}

impl SealedTexts {
    /// Seals what is secret of `registration` for its row.
    pub(crate) fn of(registration: &Registration, keyring: &Keyring) -> Self {
        let seal =
            |column, text: &str| keyring.seal(Place { column, row: registration.id.0 }, text);
        let headers = json(&registration.headers.iter().collect::<BTreeMap<_, _>>());
        let previous = registration.previous_secret.as_ref();
        let credentials = &registration.credentials;
        Self {
            secret: seal(SECRET, registration.secret.expose()),
            headers: seal(HEADERS, &headers),
            previous_secret: previous.map(|old| seal(PREVIOUS_SECRET, old.secret.expose())),
            credentials: (!credentials.is_empty())
                .then(|| seal(CREDENTIALS, &credentials.expose_json())),
        }
    }
}

/// The registrations of one result: most of a batch goes to a few, which are opened once each.
pub(crate) struct RegistrationCache<'a> {
    keyring: &'a Keyring,
    opened: HashMap<Uuid, Registration>,
}

impl<'a> RegistrationCache<'a> {
    /// Knows none yet.
    pub(crate) fn new(keyring: &'a Keyring) -> Self {
        Self { keyring, opened: HashMap::new() }
    }

    /// The registration of `row`.
    pub(crate) fn read(&mut self, row: RegistrationRow) -> Result<Registration, StoreError> {
        let id = row.id;
        if let Some(registration) = self.opened.get(&id) {
            return Ok(registration.clone());
        }
        let registration = row.open(self.keyring)?;
        self.opened.insert(id, registration.clone());
        Ok(registration)
    }
}
