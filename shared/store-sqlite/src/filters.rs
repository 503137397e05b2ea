//! The filters that administrators add.

use async_trait::async_trait;
use postrider_domain::ports::{FilterRemoval, FilterStore, StoreError};
use postrider_domain::{Filter, FilterName, Timestamp};
use tracing::instrument;

use crate::SqliteStore;
use crate::errors::store_error;
use crate::pools::Commit;
use crate::rows::FilterRow;

#[async_trait]
impl FilterStore for SqliteStore {
    #[instrument(name = "store.filters.add", level = "debug", skip_all)]
    async fn add_filter(&self, filter: &Filter) -> Result<(), StoreError> {
        let failed = store_error("add_filter");
        let (name, name_key) = (filter.name.as_str(), filter.name.key());
        let (created_at, updated_at) =
            (filter.created_at.as_micros(), filter.updated_at.as_micros());
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        sqlx::query!(
            "
            INSERT INTO filters (name_key, name, description, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5)
            ",
            name_key,
            name,
            filter.description,
            created_at,
            updated_at,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }

    #[instrument(name = "store.filters.list", level = "debug", skip_all)]
    async fn list_filters(&self) -> Result<Vec<Filter>, StoreError> {
        sqlx::query_as!(
            FilterRow,
            "
            SELECT name, description, created_at, updated_at
            FROM filters
            ORDER BY name_key
            ",
        )
        .fetch_all(&self.readers)
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
        let failed = store_error("update_filter");
        let (name, name_key) = (filter.name.as_str(), filter.name.key());
        let (expected, updated_at) = (expected.as_micros(), filter.updated_at.as_micros());
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let updated = sqlx::query!(
            "
            UPDATE filters
            SET name = $3, description = $4, updated_at = $5
            WHERE name_key = $1 AND updated_at = $2
            ",
            name_key,
            expected,
            name,
            filter.description,
            updated_at,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(updated.rows_affected() == 1)
    }

    #[instrument(name = "store.filters.delete", level = "debug", skip_all)]
    async fn delete_filter(
        &self,
        name: &FilterName,
        expected: Option<Timestamp>,
    ) -> Result<FilterRemoval, StoreError> {
        let failed = store_error("delete_filter");
        let name_key = name.key();
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let found = sqlx::query!(
            r#"
            SELECT
                updated_at,
                EXISTS (
                    SELECT 1 FROM registration_filters WHERE filter = $1
                ) AS "in_use!: bool"
            FROM filters
            WHERE name_key = $1
            "#,
            name_key,
        )
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        let Some(found) = found else { return Ok(FilterRemoval::NotFound) };
        if expected.is_some_and(|expected| expected.as_micros() != found.updated_at) {
            return Ok(FilterRemoval::Stale);
        }
        if found.in_use {
            return Ok(FilterRemoval::InUse);
        }
        sqlx::query!("DELETE FROM filters WHERE name_key = $1", name_key)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(FilterRemoval::Done)
    }
}
