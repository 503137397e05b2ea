use async_trait::async_trait;

use super::StoreError;
use crate::{Page, PageRequest, Registration, RegistrationId, Timestamp, Visibility};

/// Keeping registrations (api).
#[async_trait]
pub trait RegistrationStore: Send + Sync {
    /// Stores a new registration.
    ///
    /// `max_per_owner` is how many its owner may have; `false` means that the owner has as many
    /// already and nothing was stored. (Two at once may both pass: it is a bound against
    /// carelessness, not a licence.)
    async fn add_registration(
        &self,
        registration: &Registration,
        max_per_owner: u32,
    ) -> Result<bool, StoreError>;

    /// A page of registrations, newest first.
    async fn list_registrations(
        &self,
        visibility: Visibility,
        page: PageRequest,
    ) -> Result<Page<Registration>, StoreError>;

    /// One registration.
    async fn find_registration(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
    ) -> Result<Option<Registration>, StoreError>;

    /// Replaces everything but id, owner and `created_at`, if it is there and visible and was last
    /// changed at `expected`; otherwise `false`, and nothing changes.
    ///
    /// Resuming a paused one lets [`super::DispatchStore::release_held`] release what was held.
    async fn update_registration(
        &self,
        visibility: Visibility,
        registration: &Registration,
        expected: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Deletes a registration; its pending and held deliveries become `dead`
    /// (`registration_deleted`) at `now`, and stay on record. `false` when it is not there or not
    /// visible.
    async fn delete_registration(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}
