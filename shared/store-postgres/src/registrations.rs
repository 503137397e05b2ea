//! Keeping registrations, and beside each the filters that dispatch joins on.

mod changes;
mod list;

use async_trait::async_trait;
use postrider_domain::ports::{
    RegistrationAddition, RegistrationPage, RegistrationQuery, RegistrationStore, StoreError,
};
use postrider_domain::{
    Created, CreationKey, Registration, RegistrationId, Timestamp, UserId, Visibility,
};
use tracing::instrument;

use crate::PostgresStore;
use crate::creation::{Claim, claim};
use crate::errors::store_error;

pub(crate) use changes::delete_all_of;

#[async_trait]
impl RegistrationStore for PostgresStore {
    #[instrument(name = "store.registrations.add", level = "debug", skip_all)]
    async fn add_registration(
        &self,
        registration: &Registration,
        key: Option<&CreationKey>,
        max_per_owner: u32,
    ) -> Result<RegistrationAddition, StoreError> {
        let failed = store_error("add_registration");
        let Some(key) = key else {
            return changes::insert(&self.durable, &self.keyring, registration, max_per_owner)
                .await
                .map(addition)
                .map_err(failed);
        };
        let mut transaction = self.durable.begin().await.map_err(&failed)?;
        let (owner, id) = (registration.owner, registration.id);
        let claimed = claim(&mut transaction, owner, key, id.0, registration.created_at)
            .await
            .map_err(&failed)?;
        let created = match claimed {
            Claim::Ours => {
                let connection = &mut *transaction;
                let added = changes::insert(connection, &self.keyring, registration, max_per_owner)
                    .await
                    .map_err(&failed)?;
                if added {
                    transaction.commit().await.map_err(failed)?;
                }
                // A key under which nothing was created is free again.
                return Ok(addition(added));
            }
            Claim::Reused => Created::KeyReused,
            Claim::Earlier(earlier) => {
                let visibility = Visibility::Own(owner);
                let row = changes::find(&mut *transaction, visibility, RegistrationId(earlier))
                    .await
                    .map_err(failed)?;
                let earlier = row.map(|row| row.open(&self.keyring)).transpose()?;
                earlier.map_or(Created::Gone, |earlier| Created::Repeated(Box::new(earlier)))
            }
        };
        Ok(RegistrationAddition::Created(created))
    }

    #[instrument(name = "store.registrations.list", level = "debug", skip_all)]
    async fn list_registrations(
        &self,
        query: &RegistrationQuery,
    ) -> Result<RegistrationPage, StoreError> {
        self.read_page(query).await
    }

    #[instrument(name = "store.registrations.find", level = "debug", skip_all)]
    async fn find_registration(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
    ) -> Result<Option<Registration>, StoreError> {
        changes::find(&self.durable, visibility, registration)
            .await
            .map_err(store_error("find_registration"))?
            .map(|row| row.open(&self.keyring))
            .transpose()
    }

    #[instrument(name = "store.registrations.update", level = "debug", skip_all)]
    async fn update_registration(
        &self,
        visibility: Visibility,
        registration: &Registration,
        expected: Timestamp,
    ) -> Result<bool, StoreError> {
        changes::update(&self.durable, &self.keyring, visibility, registration, expected)
            .await
            .map_err(store_error("update_registration"))
    }

    #[instrument(name = "store.registrations.delete", level = "debug", skip_all)]
    async fn delete_registration(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        changes::delete(&self.durable, visibility, registration, now)
            .await
            .map_err(store_error("delete_registration"))
    }

    #[instrument(name = "store.registrations.delete_of", level = "debug", skip_all)]
    async fn delete_registrations_of(
        &self,
        owner: UserId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        changes::delete_all_of(&self.durable, owner, now)
            .await
            .map_err(store_error("delete_registrations_of"))
    }
}

fn addition(added: bool) -> RegistrationAddition {
    if added {
        RegistrationAddition::Created(Created::New)
    } else {
        RegistrationAddition::LimitReached
    }
}
