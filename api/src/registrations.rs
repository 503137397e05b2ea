//! The use cases of registrations, the same for every dialect.
//!
//! A dialect reads its body into a [`Draft`], which is checked here as a whole, so that its sender
//! learns of every mistake at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use postrider_domain::ports::{Store, StoreError};
use postrider_domain::{
    Clock, FilterSet, Ids, Invalid, Principal, Registration, RegistrationHeaders, Secret,
    TargetUri, UserId,
};
use postrider_egress::{Guard, Refusal};
use serde_json::value::RawValue;

use crate::filters::KnownFilters;

#[cfg(test)]
mod tests;

/// A registration as its owner wrote it, before anything is checked.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) uri: String,
    pub(crate) filters: Vec<String>,
    /// Missing: one is generated for a new registration, and an existing one keeps its own.
    pub(crate) secret: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) paused: bool,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) properties: BTreeMap<String, Box<RawValue>>,
}

impl From<&Registration> for Draft {
    fn from(registration: &Registration) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            uri: registration.uri.as_str().to_owned(),
            filters: registration.filters.iter().map(str::to_owned).collect(),
            secret: None,
            description: registration.description.clone(),
            paused: registration.paused,
            headers: registration.headers.iter().map(owned).collect(),
            properties: registration.properties.clone(),
        }
    }
}

/// A member of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    Filters,
    Secret,
    Uri,
    Headers,
    /// What only the registration as a whole can tell.
    Whole,
}

/// Why a registration was not stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegistrationError {
    /// The draft breaks rules: all of them, in the order in which the ASP.NET library looks.
    #[error("the registration is not valid")]
    Invalid(Vec<(Member, Invalid)>),
    /// The egress guard refuses the URI.
    #[error("the URI is refused")]
    Refused(#[source] Refusal),
    /// Its owner has as many as one may have.
    #[error("the owner has {limit} registrations already")]
    LimitReached { limit: u32 },
    /// The secret belongs to somebody else.
    #[error("the secret belongs to another user")]
    SecretOfAnother,
    /// Somebody else changed or deleted it after it was read.
    #[error("the registration was changed in the meantime")]
    Changed,
    /// The store failed.
    #[error("the registration could not be stored")]
    Store(#[from] StoreError),
}

/// Makes and changes registrations.
pub(crate) struct Registrations {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Ids,
    pub(crate) guard: Arc<Guard>,
    pub(crate) filters: Arc<KnownFilters>,
    pub(crate) max_per_user: u32,
}

impl Registrations {
    /// Registers what `draft` asks for.
    pub(crate) async fn create(
        &self,
        owner: UserId,
        draft: Draft,
    ) -> Result<Registration, RegistrationError> {
        let checked = self.check(draft, None)?;
        let now = self.clock.now();
        let registration = checked.into_registration(Origin {
            id: self.ids.next(),
            owner,
            secret: Secret::generate(&self.ids),
            created_at: now,
            updated_at: now,
        })?;
        self.guard.vet(&registration.uri).await.map_err(RegistrationError::Refused)?;
        if !self.store.add_registration(&registration, self.max_per_user).await? {
            return Err(RegistrationError::LimitReached { limit: self.max_per_user });
        }
        Ok(registration)
    }

    /// Replaces everything of `current` by what `draft` says, unless it was changed since `current`
    /// was read.
    pub(crate) async fn replace(
        &self,
        principal: &Principal,
        current: Registration,
        draft: Draft,
    ) -> Result<Registration, RegistrationError> {
        // Whoever sets a secret knows it, and an administrator must not know that of another user.
        if draft.secret.is_some() && current.owner != principal.user.id {
            return Err(RegistrationError::SecretOfAnother);
        }
        let checked = self.check(draft, Some(&current.filters))?;
        // Time that stands still or goes back must not make two versions look alike.
        let updated_at = self.clock.now().max(current.updated_at + Duration::from_micros(1));
        let registration = checked.into_registration(Origin {
            id: current.id,
            owner: current.owner,
            secret: current.secret,
            created_at: current.created_at,
            updated_at,
        })?;
        if registration.uri != current.uri {
            self.guard.vet(&registration.uri).await.map_err(RegistrationError::Refused)?;
        }
        let visibility = principal.visibility();
        let expected = current.updated_at;
        if !self.store.update_registration(visibility, &registration, expected).await? {
            return Err(RegistrationError::Changed);
        }
        Ok(registration)
    }

    fn check(
        &self,
        draft: Draft,
        current: Option<&FilterSet>,
    ) -> Result<Checked, RegistrationError> {
        let filters = self.filters.parse(&draft.filters, current);
        let secret = draft.secret.as_deref().map(Secret::parse).transpose();
        let uri = draft.uri.parse::<TargetUri>();
        let headers = RegistrationHeaders::parse(&draft.headers);
        match (filters, secret, uri, headers) {
            (Ok(filters), Ok(secret), Ok(uri), Ok(headers)) => {
                Ok(Checked { filters, secret, uri, headers, draft })
            }
            (filters, secret, uri, headers) => {
                let problems = [
                    filters.err().map(|invalid| (Member::Filters, invalid)),
                    secret.err().map(|invalid| (Member::Secret, invalid)),
                    uri.err().map(|invalid| (Member::Uri, invalid)),
                    headers.err().map(|invalid| (Member::Headers, invalid)),
                ];
                Err(RegistrationError::Invalid(problems.into_iter().flatten().collect()))
            }
        }
    }
}

/// A draft whose members are each in order.
struct Checked {
    filters: FilterSet,
    secret: Option<Secret>,
    uri: TargetUri,
    headers: RegistrationHeaders,
    draft: Draft,
}

/// What a registration has that no draft can say.
struct Origin {
    id: postrider_domain::RegistrationId,
    owner: UserId,
    /// The secret, unless the draft has one.
    secret: Secret,
    created_at: postrider_domain::Timestamp,
    updated_at: postrider_domain::Timestamp,
}

impl Checked {
    fn into_registration(self, origin: Origin) -> Result<Registration, RegistrationError> {
        let registration = Registration {
            id: origin.id,
            owner: origin.owner,
            uri: self.uri,
            filters: self.filters,
            secret: self.secret.unwrap_or(origin.secret),
            description: self.draft.description,
            paused: self.draft.paused,
            headers: self.headers,
            properties: self.draft.properties,
            created_at: origin.created_at,
            updated_at: origin.updated_at,
        };
        registration
            .validate()
            .map_err(|invalid| RegistrationError::Invalid(vec![(Member::Whole, invalid)]))?;
        Ok(registration)
    }
}
