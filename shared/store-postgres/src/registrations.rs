//! Keeping registrations, and beside each the filters that dispatch joins on.

use std::collections::BTreeMap;

use async_trait::async_trait;
use postrider_domain::ports::{RegistrationStore, StoreError};
use postrider_domain::{Page, PageRequest, Registration, RegistrationId, Timestamp, Visibility};
use tracing::instrument;

use crate::PostgresStore;
use crate::errors::store_error;
use crate::rows::{RegistrationRow, json};

#[async_trait]
impl RegistrationStore for PostgresStore {
    #[instrument(name = "store.registrations.add", level = "debug", skip_all)]
    async fn add_registration(
        &self,
        registration: &Registration,
        max_per_owner: u32,
    ) -> Result<bool, StoreError> {
        let texts = Texts::of(registration);
        let added = sqlx::query_scalar!(
            r#"
            WITH added AS (
                INSERT INTO registrations (
                    id, owner_id, uri, secret, description, filters, headers, properties, paused,
                    created_at, updated_at
                )
                SELECT $1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8, $9::boolean,
                    $10::timestamptz, $11::timestamptz
                WHERE (SELECT count(*) FROM registrations WHERE owner_id = $2) < $12
                RETURNING id, owner_id
            ),
            filters AS (
                INSERT INTO registration_filters (owner_id, filter, registration_id)
                SELECT added.owner_id, filter, added.id
                FROM added
                CROSS JOIN unnest($13::text[]) AS filter
            )
            SELECT EXISTS (SELECT FROM added) AS "added!"
            "#,
            registration.id.0,
            registration.owner.0,
            registration.uri.as_str(),
            registration.secret.expose(),
            registration.description.as_deref(),
            texts.filters,
            texts.headers,
            texts.properties,
            registration.paused,
            registration.created_at.to_utc(),
            registration.updated_at.to_utc(),
            i64::from(max_per_owner),
            &filter_names(registration) as &[&str],
        )
        .fetch_one(&self.durable)
        .await
        .map_err(store_error("add_registration"))?;
        Ok(added)
    }

    #[instrument(name = "store.registrations.list", level = "debug", skip_all)]
    async fn list_registrations(
        &self,
        visibility: Visibility,
        page: PageRequest,
    ) -> Result<Page<Registration>, StoreError> {
        let rows = sqlx::query_as!(
            RegistrationRow,
            r#"
            SELECT
                id, owner_id, uri, secret, description, filters, headers, properties, paused,
                created_at, updated_at
            FROM registrations
            WHERE ($1::uuid IS NULL OR owner_id = $1) AND ($2::uuid IS NULL OR id < $2)
            ORDER BY id DESC
            LIMIT $3
            "#,
            visibility.owner().map(|owner| owner.0),
            page.before,
            i64::from(page.limit) + 1,
        )
        .fetch_all(&self.durable)
        .await
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
        sqlx::query_as!(
            RegistrationRow,
            r#"
            SELECT
                id, owner_id, uri, secret, description, filters, headers, properties, paused,
                created_at, updated_at
            FROM registrations
            WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2)
            "#,
            registration.0,
            visibility.owner().map(|owner| owner.0),
        )
        .fetch_optional(&self.durable)
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
        let texts = Texts::of(registration);
        let updated = sqlx::query_scalar!(
            r#"
            WITH updated AS (
                UPDATE registrations
                SET
                    uri = $4, secret = $5, description = $6, filters = $7, headers = $8,
                    properties = $9, paused = $10, updated_at = $11,
                    resumed_at = CASE
                        WHEN $10 THEN NULL
                        WHEN paused THEN $11
                        ELSE resumed_at
                    END
                WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2) AND updated_at = $3
                RETURNING id, owner_id
            ),
            removed AS (
                DELETE FROM registration_filters AS f
                USING updated
                WHERE f.registration_id = updated.id AND f.filter <> ALL ($12::text[])
            ),
            added AS (
                INSERT INTO registration_filters (owner_id, filter, registration_id)
                SELECT updated.owner_id, filter, updated.id
                FROM updated
                CROSS JOIN unnest($12::text[]) AS filter
                ON CONFLICT DO NOTHING
            )
            SELECT EXISTS (SELECT FROM updated) AS "updated!"
            "#,
            registration.id.0,
            visibility.owner().map(|owner| owner.0),
            expected.to_utc(),
            registration.uri.as_str(),
            registration.secret.expose(),
            registration.description.as_deref(),
            texts.filters,
            texts.headers,
            texts.properties,
            registration.paused,
            registration.updated_at.to_utc(),
            &filter_names(registration) as &[&str],
        )
        .fetch_one(&self.durable)
        .await
        .map_err(store_error("update_registration"))?;
        Ok(updated)
    }

    #[instrument(name = "store.registrations.delete", level = "debug", skip_all)]
    async fn delete_registration(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // A delivery that a dispatch creates at this very moment is found by its first claim.
        let deleted = sqlx::query_scalar!(
            r#"
            WITH deleted AS (
                DELETE FROM registrations
                WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2)
                RETURNING id
            ),
            dead AS (
                UPDATE deliveries AS d
                SET state = 'dead', dead_reason = 'registration_deleted', due_at = NULL,
                    settled_at = $3
                WHERE d.registration_id = $1
                    AND (d.state = 'pending' OR d.state = 'held')
                    AND EXISTS (SELECT FROM deleted)
            )
            SELECT EXISTS (SELECT FROM deleted) AS "deleted!"
            "#,
            registration.0,
            visibility.owner().map(|owner| owner.0),
            now.to_utc(),
        )
        .fetch_one(&self.durable)
        .await
        .map_err(store_error("delete_registration"))?;
        Ok(deleted)
    }
}

/// The members of a registration that are kept as JSON.
struct Texts {
    filters: String,
    headers: String,
    properties: String,
}

impl Texts {
    fn of(registration: &Registration) -> Self {
        Self {
            filters: json(&filter_names(registration)),
            headers: json(&registration.headers.iter().collect::<BTreeMap<_, _>>()),
            properties: json(&registration.properties),
        }
    }
}

fn filter_names(registration: &Registration) -> Vec<&str> {
    registration.filters.iter().collect()
}
