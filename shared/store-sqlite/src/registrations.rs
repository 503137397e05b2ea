//! Keeping registrations, and beside each the filters that dispatch joins on.

use async_trait::async_trait;
use postrider_domain::ports::{
    RegistrationAddition, RegistrationPage, RegistrationQuery, RegistrationRemoval,
    RegistrationStore, StoreError,
};
use postrider_domain::{
    Created, CreationKey, Registration, RegistrationId, Timestamp, UserId, Visibility,
};
use postrider_vault::Keyring;
use sqlx::{SqliteConnection, SqliteExecutor};
use tracing::instrument;
use uuid::Uuid;

use crate::SqliteStore;
use crate::creation::{self, KeyUse};
use crate::errors::store_error;
use crate::flow;
use crate::pools::Commit;
use crate::rows::{RegistrationRow, RegistrationTexts};

mod burial;
mod list;
mod write;

pub(crate) use burial::{begin_all_of as bury_deliveries_of, go_on as bury_deliveries};

#[async_trait]
impl RegistrationStore for SqliteStore {
    #[instrument(name = "store.registrations.add", level = "debug", skip_all)]
    async fn add_registration(
        &self,
        registration: &Registration,
        key: Option<&CreationKey>,
        max_per_owner: u32,
    ) -> Result<RegistrationAddition, StoreError> {
        let failed = store_error("add_registration");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let (owner, id) = (registration.owner, registration.id.0);
        if let Some(key) = key {
            match creation::find(&mut transaction, owner, key).await.map_err(&failed)? {
                KeyUse::Free => {}
                KeyUse::Reused => return Ok(RegistrationAddition::Created(Created::KeyReused)),
                KeyUse::Repeated(created) => {
                    return Ok(RegistrationAddition::Created(
                        repeated(&mut transaction, created, &self.keyring, failed).await?,
                    ));
                }
            }
        }
        let texts = RegistrationTexts::seal(registration, &self.keyring);
        let added = write::insert(&mut transaction, registration, &texts, max_per_owner)
            .await
            .map_err(&failed)?;
        if !added {
            return Ok(RegistrationAddition::LimitReached);
        }
        write::insert_filters(&mut transaction, registration).await.map_err(&failed)?;
        if let Some(key) = key {
            creation::insert(&mut transaction, owner, key, id, registration.created_at)
                .await
                .map_err(&failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(RegistrationAddition::Created(Created::New))
    }

    #[instrument(name = "store.registrations.find_creation", level = "debug", skip_all)]
    async fn find_creation(
        &self,
        owner: UserId,
        key: &CreationKey,
    ) -> Result<Option<Created<Box<Registration>>>, StoreError> {
        let failed = store_error("find_creation");
        let mut snapshot = self.readers.begin().await.map_err(&failed)?;
        Ok(match creation::find(&mut snapshot, owner, key).await.map_err(&failed)? {
            KeyUse::Free => None,
            KeyUse::Reused => Some(Created::KeyReused),
            KeyUse::Repeated(created) => {
                Some(repeated(&mut snapshot, created, &self.keyring, failed).await?)
            }
        })
    }

    #[instrument(name = "store.registrations.list", level = "debug", skip_all)]
    async fn list_registrations(
        &self,
        query: &RegistrationQuery,
    ) -> Result<RegistrationPage, StoreError> {
        let rows = list::statement(query)?
            .build_query_as::<list::ListedRow>()
            .fetch_all(&self.readers)
            .await
            .map_err(store_error("list_registrations"))?;
        Ok(list::page(rows, query, &self.keyring))
    }

    #[instrument(name = "store.registrations.find", level = "debug", skip_all)]
    async fn find_registration(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
    ) -> Result<Option<Registration>, StoreError> {
        find(&self.readers, visibility, registration)
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
        let failed = store_error("update_registration");
        let texts = RegistrationTexts::seal(registration, &self.keyring);
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let updated = write::update(&mut transaction, visibility, registration, &texts, expected)
            .await
            .map_err(&failed)?;
        if updated {
            write::delete_filters(&mut transaction, registration.id).await.map_err(&failed)?;
            write::insert_filters(&mut transaction, registration).await.map_err(&failed)?;
            flow::begin_anew(&mut transaction, [registration.id], registration.updated_at)
                .await
                .map_err(&failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(updated)
    }

    #[instrument(name = "store.registrations.delete", level = "debug", skip_all)]
    async fn delete_registration(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
        expected: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<RegistrationRemoval, StoreError> {
        let failed = store_error("delete_registration");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let standing = write::find_standing(&mut transaction, visibility, registration)
            .await
            .map_err(&failed)?;
        let Some(standing) = standing else { return Ok(RegistrationRemoval::NotFound) };
        if expected.is_some_and(|expected| expected.as_micros() != standing.updated_at) {
            return Ok(RegistrationRemoval::Stale);
        }
        write::delete(&mut transaction, registration).await.map_err(&failed)?;
        burial::begin(&mut transaction, registration, now).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(RegistrationRemoval::Done { owner: UserId(standing.owner_id) })
    }

    #[instrument(name = "store.registrations.delete_of", level = "debug", skip_all)]
    async fn delete_registrations_of(
        &self,
        owner: UserId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let failed = store_error("delete_registrations_of");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        // First, while it is still known which registrations are theirs.
        burial::begin_all_of(&mut transaction, owner, now).await.map_err(&failed)?;
        let deleted = sqlx::query!("DELETE FROM registrations WHERE owner_id = $1", owner.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(deleted.rows_affected())
    }
}

/// What a repeated request to add a registration is told: the first one made `created`.
async fn repeated(
    connection: &mut SqliteConnection,
    created: Uuid,
    keyring: &Keyring,
    failed: impl Fn(sqlx::Error) -> StoreError,
) -> Result<Created<Box<Registration>>, StoreError> {
    let row = find(connection, Visibility::All, RegistrationId(created)).await.map_err(failed)?;
    Ok(match row {
        Some(row) => Created::Repeated(Box::new(row.open(keyring)?)),
        None => Created::Gone,
    })
}

async fn find(
    executor: impl SqliteExecutor<'_>,
    visibility: Visibility,
    registration: RegistrationId,
) -> Result<Option<RegistrationRow>, sqlx::Error> {
    let owner = visibility.owner().map(|owner| owner.0);
    sqlx::query_as!(
        RegistrationRow,
        r#"
        SELECT
            id AS "id!: Uuid", owner_id AS "owner_id!: Uuid", uri, secret, previous_secret,
            previous_secret_ends_at, description, filters, headers, properties, options, condition,
            credentials, paused AS "paused!: bool", secret_expires_at, disabled_at, disabled_reason,
            created_at, updated_at
        FROM registrations
        WHERE id = $1 AND ($2 IS NULL OR owner_id = $2)
        "#,
        registration.0,
        owner,
    )
    .fetch_optional(executor)
    .await
}
