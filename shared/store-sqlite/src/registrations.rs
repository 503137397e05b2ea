//! Keeping registrations, and beside each the filters that dispatch joins on.

use async_trait::async_trait;
use postrider_domain::ports::{RegistrationStore, StoreError};
use postrider_domain::{Page, PageRequest, Registration, RegistrationId, Timestamp, Visibility};
use sqlx::SqliteConnection;
use tracing::instrument;
use uuid::Uuid;

use crate::SqliteStore;
use crate::errors::store_error;
use crate::pools::Commit;
use crate::rows::{RegistrationRow, RegistrationTexts};

mod list;

#[async_trait]
impl RegistrationStore for SqliteStore {
    #[instrument(name = "store.registrations.add", level = "debug", skip_all)]
    async fn add_registration(
        &self,
        registration: &Registration,
        max_per_owner: u32,
    ) -> Result<bool, StoreError> {
        let failed = store_error("add_registration");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let added = insert(&mut transaction, registration, max_per_owner).await.map_err(&failed)?;
        if added {
            insert_filters(&mut transaction, registration).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(added)
    }

    #[instrument(name = "store.registrations.list", level = "debug", skip_all)]
    async fn list_registrations(
        &self,
        visibility: Visibility,
        page: PageRequest,
    ) -> Result<Page<Registration>, StoreError> {
        let rows = match visibility {
            Visibility::All => list::all(&self.readers, page).await,
            Visibility::Own(owner) => list::own(&self.readers, owner, page).await,
        }
        .map_err(store_error("list_registrations"))?;
        let registrations =
            rows.into_iter().map(Registration::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_rows(registrations, page.limit, |registration| registration.id.0))
    }

    #[instrument(name = "store.registrations.find", level = "debug", skip_all)]
    async fn find_registration(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
    ) -> Result<Option<Registration>, StoreError> {
        let owner = visibility.owner().map(|owner| owner.0);
        sqlx::query_as!(
            RegistrationRow,
            r#"
            SELECT
                id AS "id!: Uuid", owner_id AS "owner_id!: Uuid", uri, secret, description, filters,
                headers, properties, paused AS "paused!: bool", created_at, updated_at
            FROM registrations
            WHERE id = $1 AND ($2 IS NULL OR owner_id = $2)
            "#,
            registration.0,
            owner,
        )
        .fetch_optional(&self.readers)
        .await
        .map_err(store_error("find_registration"))?
        .map(Registration::try_from)
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
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let updated =
            update(&mut transaction, visibility, registration, expected).await.map_err(&failed)?;
        if updated {
            sqlx::query!(
                "DELETE FROM registration_filters WHERE registration_id = $1",
                registration.id.0,
            )
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
            insert_filters(&mut transaction, registration).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(updated)
    }

    #[instrument(name = "store.registrations.delete", level = "debug", skip_all)]
    async fn delete_registration(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let failed = store_error("delete_registration");
        let owner = visibility.owner().map(|owner| owner.0);
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let deleted = sqlx::query!(
            "DELETE FROM registrations WHERE id = $1 AND ($2 IS NULL OR owner_id = $2)",
            registration.0,
            owner,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        let deleted = deleted.rows_affected() == 1;
        if deleted {
            bury_deliveries(&mut transaction, registration, now).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(deleted)
    }
}

async fn insert(
    connection: &mut SqliteConnection,
    registration: &Registration,
    max_per_owner: u32,
) -> Result<bool, sqlx::Error> {
    let texts = RegistrationTexts::from(registration);
    let (uri, secret) = (registration.uri.as_str(), registration.secret.expose());
    let (created_at, updated_at) =
        (registration.created_at.as_micros(), registration.updated_at.as_micros());
    let inserted = sqlx::query!(
        "
        INSERT INTO registrations (
            id, owner_id, uri, secret, description, filters, headers, properties, paused,
            created_at, updated_at
        )
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
        WHERE (SELECT count(*) FROM registrations WHERE owner_id = $2) < $12
        ",
        registration.id.0,
        registration.owner.0,
        uri,
        secret,
        registration.description,
        texts.filters,
        texts.headers,
        texts.properties,
        registration.paused,
        created_at,
        updated_at,
        max_per_owner,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

async fn insert_filters(
    connection: &mut SqliteConnection,
    registration: &Registration,
) -> Result<(), sqlx::Error> {
    for filter in registration.filters.iter() {
        sqlx::query!(
            "
            INSERT INTO registration_filters (owner_id, filter, registration_id)
            SELECT owner_id, $2, id
            FROM registrations
            WHERE id = $1
            ",
            registration.id.0,
            filter,
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn update(
    connection: &mut SqliteConnection,
    visibility: Visibility,
    registration: &Registration,
    expected: Timestamp,
) -> Result<bool, sqlx::Error> {
    let texts = RegistrationTexts::from(registration);
    let owner = visibility.owner().map(|owner| owner.0);
    let (uri, secret) = (registration.uri.as_str(), registration.secret.expose());
    let (expected, updated_at) = (expected.as_micros(), registration.updated_at.as_micros());
    let updated = sqlx::query!(
        "
        UPDATE registrations
        SET
            uri = $4, secret = $5, description = $6, filters = $7, headers = $8, properties = $9,
            paused = $10, updated_at = $11,
            resumed_at = CASE WHEN $10 THEN NULL WHEN paused THEN $11 ELSE resumed_at END
        WHERE id = $1 AND ($2 IS NULL OR owner_id = $2) AND updated_at = $3
        ",
        registration.id.0,
        owner,
        expected,
        uri,
        secret,
        registration.description,
        texts.filters,
        texts.headers,
        texts.properties,
        registration.paused,
        updated_at,
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Gives up what is still on its way to a registration that is gone.
async fn bury_deliveries(
    connection: &mut SqliteConnection,
    registration: RegistrationId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = now.as_micros();
    sqlx::query!(
        "
        UPDATE deliveries
        SET state = 'dead', dead_reason = 'registration_deleted', due_at = NULL, settled_at = $2
        WHERE registration_id = $1 AND state IN ('pending', 'held')
        ",
        registration.0,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
