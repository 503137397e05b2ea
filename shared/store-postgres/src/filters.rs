//! The filters that administrators add.

use async_trait::async_trait;
use postrider_domain::ports::{FilterRemoval, FilterStore, StoreError};
use postrider_domain::{Filter, FilterName, Timestamp};
use tracing::instrument;

use crate::PostgresStore;
use crate::errors::store_error;
use crate::rows::{FilterRow, storable};

#[async_trait]
impl FilterStore for PostgresStore {
    #[instrument(name = "store.filters.add", level = "debug", skip_all)]
    async fn add_filter(&self, filter: &Filter) -> Result<(), StoreError> {
        sqlx::query!(
            r#"
            INSERT INTO filters (name_key, name, description, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5)
            "#,
            filter.name.key(),
            filter.name.as_str(),
            filter.description.as_deref().map(storable),
            filter.created_at.to_utc(),
            filter.updated_at.to_utc(),
        )
        .execute(&self.durable)
        .await
        .map_err(store_error("add_filter"))?;
        Ok(())
    }

    #[instrument(name = "store.filters.list", level = "debug", skip_all)]
    async fn list_filters(&self) -> Result<Vec<Filter>, StoreError> {
        sqlx::query_as!(
            FilterRow,
            r#"
            SELECT name, description, created_at, updated_at
            FROM filters
            ORDER BY name_key COLLATE "C"
            "#,
        )
        .fetch_all(&self.durable)
        .await
        .map_err(store_error("list_filters"))?
        .into_iter()
        .map(Filter::try_from)
        .collect()
    }

    #[instrument(name = "store.filters.update", level = "debug", skip_all)]
    async fn update_filter(
        &self,
        filter: &Filter,
        expected: Timestamp,
    ) -> Result<bool, StoreError> {
        let updated = sqlx::query!(
            r#"
            UPDATE filters
            SET name = $3, description = $4, updated_at = $5
            WHERE name_key = $1 AND updated_at = $2
            "#,
            filter.name.key(),
            expected.to_utc(),
            filter.name.as_str(),
            filter.description.as_deref().map(storable),
            filter.updated_at.to_utc(),
        )
        .execute(&self.durable)
        .await
        .map_err(store_error("update_filter"))?;
        Ok(updated.rows_affected() == 1)
    }

    #[instrument(name = "store.filters.delete", level = "debug", skip_all)]
    async fn delete_filter(
        &self,
        name: &FilterName,
        expected: Option<Timestamp>,
    ) -> Result<FilterRemoval, StoreError> {
        let row = sqlx::query!(
            r#"
            WITH used AS (
                SELECT EXISTS (SELECT FROM registration_filters WHERE filter = $1) AS used
            ),
            deleted AS (
                DELETE FROM filters AS f
                USING used
                WHERE f.name_key = $1
                    AND ($2::timestamptz IS NULL OR f.updated_at = $2)
                    AND NOT used.used
                RETURNING f.name_key
            )
            SELECT
                (
                    SELECT $2::timestamptz IS NULL OR updated_at = $2
                    FROM filters
                    WHERE name_key = $1
                ) AS fresh,
                used.used AS "used!",
                EXISTS (SELECT FROM deleted) AS "deleted!"
            FROM used
            "#,
            name.key(),
            expected.map(Timestamp::to_utc),
        )
        .fetch_one(&self.durable)
        .await
        .map_err(store_error("delete_filter"))?;
        Ok(match row.fresh {
            _ if row.deleted => FilterRemoval::Done,
            None => FilterRemoval::NotFound,
            Some(true) if row.used => FilterRemoval::InUse,
            // Changed before, or at this very moment.
            Some(_) => FilterRemoval::Stale,
        })
    }
}
