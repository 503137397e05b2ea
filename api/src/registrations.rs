//! The use cases of registrations, the same for every dialect.
//!
//! A dialect reads its body into a [`Draft`], which is checked here as a whole, so that its sender
//! learns of every mistake at once.

use std::sync::Arc;
use std::time::Duration;

use postrider_domain::ports::{RegistrationAddition, Store, StoreError};
use postrider_domain::{
    Authentication, Clock, Created, CreationKey, Credentials, Ids, Invalid, PreviousSecret,
    Principal, Registration, Secret, TargetUri, Timestamp, UserId,
};
use postrider_egress::{Guard, Refusal};

pub(crate) use self::draft::{
    Change, Draft, DraftAuthentication, DraftBatch, DraftRate, DraftTls, Member, Seconds, Settings,
};
use self::draft::{Checked, Origin};
use crate::echo::{Echo, EchoError};
use crate::filters::KnownFilters;

mod actions;
mod draft;
#[cfg(test)]
mod tests;

/// Whether a target is asked for an echo before it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verification {
    /// It is not.
    Off,
    /// It is, if it is a new one.
    OfNewTarget,
    /// It is in any case.
    Always,
}

/// Why a registration was not stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegistrationError {
    /// The draft breaks rules: all of them, in the order in which the ASP.NET library looks.
    #[error("the registration is not valid")]
    Invalid(Vec<(Member, Invalid)>),
    /// The egress guard refuses a URI.
    #[error("the URI is refused")]
    Refused(Member, #[source] Refusal),
    /// The target did not send the echo.
    #[error("the target is not verified")]
    NotVerified(#[source] EchoError),
    /// Its owner has as many as one may have.
    #[error("the owner has {limit} registrations already")]
    LimitReached { limit: u32 },
    /// The secret belongs to somebody else.
    #[error("the secret belongs to another user")]
    SecretOfAnother,
    /// Credentials of somebody else would go to another host.
    #[error("the credentials belong to another user")]
    CredentialsOfAnother,
    /// The key of the request was used before for other content.
    #[error("the key was used before for other content")]
    KeyReused,
    /// What was created with the key of the request is there no longer.
    #[error("the registration that was created with the key is gone")]
    Gone,
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
    pub(crate) echo: Echo,
    pub(crate) filters: Arc<KnownFilters>,
    pub(crate) max_per_user: u32,
}

impl Registrations {
    /// Registers what `draft` asks for, or finds what an earlier request with the same key
    /// registered.
    pub(crate) async fn create(
        &self,
        owner: UserId,
        draft: Draft,
        verification: Verification,
        key: Option<&CreationKey>,
    ) -> Result<Registration, RegistrationError> {
        // A repeat has its answer whatever has become of the target, the filters or the limit by now.
        if let Some(key) = key
            && let Some(earlier) = self.store.find_creation(owner, key).await?
        {
            match earlier {
                Created::Repeated(existing) => return Ok(*existing),
                Created::Gone => return Err(RegistrationError::Gone),
                Created::KeyReused => return Err(RegistrationError::KeyReused),
                Created::New => {}
            }
        }
        let checked = self.check(draft, None).await?;
        let now = self.clock.now();
        let registration = checked.into_registration(Origin {
            id: self.ids.next(),
            owner,
            secret: Secret::generate(&self.ids),
            previous_secret: None,
            secret_expires_at: None,
            disabled: None,
            credentials: Credentials::default(),
            created_at: now,
            updated_at: now,
        })?;
        self.vet(Member::Uri, Some(&registration.uri)).await?;
        self.vet(Member::TokenUri, token_uri(&registration)).await?;
        if verification != Verification::Off {
            self.verify(&registration).await?;
        }
        match self.store.add_registration(&registration, key, self.max_per_user).await? {
            RegistrationAddition::Created(Created::New) => Ok(registration),
            RegistrationAddition::Created(Created::Repeated(existing)) => Ok(*existing),
            RegistrationAddition::Created(Created::Gone) => Err(RegistrationError::Gone),
            RegistrationAddition::Created(Created::KeyReused) => Err(RegistrationError::KeyReused),
            RegistrationAddition::LimitReached => {
                Err(RegistrationError::LimitReached { limit: self.max_per_user })
            }
        }
    }

    /// Replaces everything of `current` by what `draft` says, unless it was changed since `current`
    /// was read. Another secret is in force at once; [`Self::rotate`] is for a gentle change.
    pub(crate) async fn replace(
        &self,
        principal: &Principal,
        current: Registration,
        draft: Draft,
        verification: Verification,
    ) -> Result<Registration, RegistrationError> {
        // Whoever sets a secret knows it, and an administrator must not know that of another user.
        if draft.secret.is_some() && current.owner != principal.user.id {
            return Err(RegistrationError::SecretOfAnother);
        }
        let switches_on = draft.switches_on;
        let checked = self.check(draft, Some(&current)).await?;
        // Nor may one have what that user's receivers trust sent to a host of their own.
        if current.owner != principal.user.id && checked.redirects_credentials(&current) {
            return Err(RegistrationError::CredentialsOfAnother);
        }
        let same_secret = checked.secret().is_none_or(|secret| *secret == current.secret);
        let token_uri_before = token_uri(&current).cloned();
        let registration = checked.into_registration(Origin {
            id: current.id,
            owner: current.owner,
            secret: current.secret,
            previous_secret: current.previous_secret.filter(|_| same_secret),
            // Another secret has not expired.
            secret_expires_at: current.secret_expires_at.filter(|_| same_secret),
            disabled: current.disabled.filter(|_| !switches_on),
            credentials: current.credentials,
            created_at: current.created_at,
            updated_at: self.clock.now().as_version_after(current.updated_at),
        })?;
        let new_target = registration.uri != current.uri;
        if new_target {
            self.vet(Member::Uri, Some(&registration.uri)).await?;
        }
        if token_uri(&registration) != token_uri_before.as_ref() {
            self.vet(Member::TokenUri, token_uri(&registration)).await?;
        }
        if verification == Verification::Always
            || (new_target && verification == Verification::OfNewTarget)
        {
            self.verify(&registration).await?;
        }
        self.store(principal, registration, current.updated_at).await
    }

    /// Gives a registration another secret, `secret` or a generated one, unless it was changed since
    /// `current` was read. The one in force so far goes on signing for `overlap`; one that still did
    /// so from an earlier rotation ends.
    pub(crate) async fn rotate(
        &self,
        principal: &Principal,
        current: Registration,
        secret: Option<&str>,
        overlap: Duration,
    ) -> Result<Registration, RegistrationError> {
        if current.owner != principal.user.id {
            return Err(RegistrationError::SecretOfAnother);
        }
        let invalid = |invalid| RegistrationError::Invalid(vec![(Member::Secret, invalid)]);
        let secret = secret.map(Secret::parse).transpose().map_err(invalid)?;
        let secret = secret.unwrap_or_else(|| Secret::generate(&self.ids));
        if secret == current.secret {
            return Err(invalid(Invalid::new("the secret is the one that is in force already")));
        }
        let now = self.clock.now();
        // What has expired does not go on signing beside its successor.
        let ends_at = current.secret_expires_at.map_or(now + overlap, |at| at.min(now + overlap));
        let previous = PreviousSecret { secret: current.secret, ends_at };
        let expected = current.updated_at;
        let registration = Registration {
            secret,
            previous_secret: (ends_at > now).then_some(previous),
            secret_expires_at: None,
            updated_at: now.as_version_after(expected),
            ..current
        };
        self.store(principal, registration, expected).await
    }

    async fn check(
        &self,
        draft: Draft,
        current: Option<&Registration>,
    ) -> Result<Checked, RegistrationError> {
        let filters = self.filters.covering(draft.filter_names()).await?;
        draft.check(&filters, current, self.clock.now()).map_err(RegistrationError::Invalid)
    }

    async fn vet(&self, member: Member, uri: Option<&TargetUri>) -> Result<(), RegistrationError> {
        let Some(uri) = uri else { return Ok(()) };
        let vetted = self.guard.vet(uri).await;
        vetted.map_err(|refusal| RegistrationError::Refused(member, refusal))
    }

    async fn verify(&self, registration: &Registration) -> Result<(), RegistrationError> {
        let verified = self.echo.verify(registration).await;
        verified.map_err(RegistrationError::NotVerified)
    }

    async fn store(
        &self,
        principal: &Principal,
        registration: Registration,
        expected: Timestamp,
    ) -> Result<Registration, RegistrationError> {
        let visibility = principal.visibility();
        if !self.store.update_registration(visibility, &registration, expected).await? {
            return Err(RegistrationError::Changed);
        }
        Ok(registration)
    }
}

/// Where tokens are fetched, if they are.
fn token_uri(registration: &Registration) -> Option<&TargetUri> {
    match &registration.credentials.authentication {
        Some(Authentication::OAuth2 { token_uri, .. }) => Some(token_uri),
        _ => None,
    }
}
