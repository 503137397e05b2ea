//! Keeping registrations, and beside each the filters that dispatch joins on.

mod burial;
mod changes;
mod list;

use async_trait::async_trait;
use postrider_domain::ports::{
    RegistrationAddition, RegistrationPage, RegistrationQuery, RegistrationRemoval,
    RegistrationStore, StoreError,
};
use postrider_domain::{
    Created, CreationKey, Registration, RegistrationId, Timestamp, UserId, Visibility,
};
use sqlx::PgConnection;
use tracing::instrument;

use crate::PostgresStore;
use crate::creation::{self, Earlier};
use crate::errors::store_error;

pub(crate) use burial::go_on as bury_deliveries;
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
        let claimed = creation::claim(&mut transaction, owner, key, id.0, registration.created_at)
            .await
            .map_err(&failed)?;
        if let Some(earlier) = claimed {
            let created = self.created_earlier(&mut transaction, owner, earlier).await?;
            return Ok(RegistrationAddition::Created(created));
        }
        let connection = &mut *transaction;
        let added = changes::insert(connection, &self.keyring, registration, max_per_owner)
            .await
            .map_err(&failed)?;
        // A key under which nothing was created is free again.
        if added {
            transaction.commit().await.map_err(failed)?;
        }
        Ok(addition(added))
    }

    #[instrument(name = "store.registrations.find_creation", level = "debug", skip_all)]
    async fn find_creation(
        &self,
        owner: UserId,
        key: &CreationKey,
    ) -> Result<Option<Created<Box<Registration>>>, StoreError> {
        let failed = store_error("find_creation");
        let mut connection = self.durable.acquire().await.map_err(&failed)?;
        let earlier = creation::find(&mut *connection, owner, key).await.map_err(failed)?;
        Ok(match earlier {
            None => None,
            Some(earlier) => Some(self.created_earlier(&mut connection, owner, earlier).await?),
        })
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
        expected: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<RegistrationRemoval, StoreError> {
        changes::delete(&self.durable, visibility, registration, expected, now)
            .await
            .map_err(store_error("delete_registration"))
    }

    #[instrument(name = "store.registrations.delete_of", level = "debug", skip_all)]
    async fn delete_registrations_of(
        &self,
        owner: UserId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let failed = store_error("delete_registrations_of");
        let mut transaction = self.durable.begin().await.map_err(&failed)?;
        let deleted =
            changes::delete_all_of(&mut transaction, owner, now).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(deleted)
    }
}

impl PostgresStore {
    /// What a creation comes to whose key was used before.
    async fn created_earlier(
        &self,
        connection: &mut PgConnection,
        owner: UserId,
        earlier: Earlier,
    ) -> Result<Created<Box<Registration>>, StoreError> {
        let Earlier::Same(id) = earlier else { return Ok(Created::KeyReused) };
        let row = changes::find(connection, Visibility::Own(owner), RegistrationId(id))
            .await
            .map_err(store_error("find_creation"))?;
        let Some(row) = row else { return Ok(Created::Gone) };
        Ok(Created::Repeated(Box::new(row.open(&self.keyring)?)))
    }
}

fn addition(added: bool) -> RegistrationAddition {
    if added {
        RegistrationAddition::Created(Created::New)
    } else {
        RegistrationAddition::LimitReached
    }
}
