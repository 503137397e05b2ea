//! What is done to a registration besides writing its members.

use std::time::Duration;

use postrider_domain::{
    Credentials, DeadReason, PreviousKey, Principal, Registration, RegistrationId,
};
use postrider_wire::standard::SigningKey;

use super::{RegistrationError, Registrations};

/// How many held deliveries are given up in one transaction.
const DISCARDED_AT_ONCE: u32 = 2_000;

impl Registrations {
    /// Gives a registration an ed25519 key, or another one, unless it was changed since `current` was
    /// read. The one in force so far goes on signing for `overlap`; one that still did so from an
    /// earlier rotation ends.
    pub(crate) async fn rotate_key(
        &self,
        principal: &Principal,
        current: Registration,
        overlap: Duration,
    ) -> Result<Registration, RegistrationError> {
        let now = self.clock.now();
        let previous = current.credentials.signing_key.clone();
        let previous = previous.filter(|_| overlap > Duration::ZERO);
        let credentials = Credentials {
            signing_key: Some(SigningKey::generate(self.ids.random()).to_text()),
            previous_signing_key: previous.map(|key| PreviousKey { key, ends_at: now + overlap }),
            ..current.credentials.clone()
        };
        self.replace_keys(principal, current, credentials).await
    }

    /// Takes the key of a registration away, and one that still signed beside it.
    pub(crate) async fn remove_key(
        &self,
        principal: &Principal,
        current: Registration,
    ) -> Result<Registration, RegistrationError> {
        let credentials = Credentials {
            signing_key: None,
            previous_signing_key: None,
            ..current.credentials.clone()
        };
        self.replace_keys(principal, current, credentials).await
    }

    async fn replace_keys(
        &self,
        principal: &Principal,
        current: Registration,
        credentials: Credentials,
    ) -> Result<Registration, RegistrationError> {
        if current.owner != principal.user.id {
            return Err(RegistrationError::SecretOfAnother);
        }
        self.renew(principal, Registration { credentials, ..current }).await
    }

    /// Ends whatever keeps a registration from being delivered to and is not about its receiver's
    /// secret: a pause, or that the product switched it off. It is a new beginning for its breaker,
    /// too. Unless it was changed since `current` was read.
    pub(crate) async fn resume(
        &self,
        principal: &Principal,
        current: Registration,
    ) -> Result<Registration, RegistrationError> {
        self.renew(principal, Registration { paused: false, disabled: None, ..current }).await
    }

    /// Gives up everything that is held for a registration, and returns how many deliveries there were;
    /// `None` when it is not visible to the caller.
    pub(crate) async fn discard_held(
        &self,
        principal: &Principal,
        registration: RegistrationId,
    ) -> Result<Option<u64>, RegistrationError> {
        let (visibility, reason) = (principal.visibility(), DeadReason::Discarded);
        let mut discarded = 0;
        loop {
            let now = self.clock.now();
            let given_up =
                self.store.discard_held(visibility, registration, reason, now, DISCARDED_AT_ONCE);
            let Some(count) = given_up.await? else { return Ok(None) };
            discarded += count;
            // Fewer than a batch were all there were. To go on until there are none would be to wait
            // for a moment in which nothing happens.
            if count < DISCARDED_AT_ONCE.into() {
                return Ok(Some(discarded));
            }
        }
    }

    /// Stores `registration`, whose `updated_at` is that of the version that was read, as a new version.
    async fn renew(
        &self,
        principal: &Principal,
        registration: Registration,
    ) -> Result<Registration, RegistrationError> {
        let expected = registration.updated_at;
        let updated_at = self.clock.now().as_version_after(expected);
        self.store(principal, Registration { updated_at, ..registration }, expected).await
    }
}
