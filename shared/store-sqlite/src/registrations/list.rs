//! Pages of registrations, everybody's or one owner's, each in the order of an index.

use postrider_domain::{PageRequest, UserId};
use sqlx::SqlitePool;
use uuid::Uuid;

use crate::rows::RegistrationRow;

pub(super) async fn all(
    readers: &SqlitePool,
    page: PageRequest,
) -> Result<Vec<RegistrationRow>, sqlx::Error> {
    let (before, limit) = (page.before.unwrap_or(Uuid::max()), i64::from(page.limit) + 1);
    sqlx::query_as!(
        RegistrationRow,
        r#"
        SELECT
            id AS "id!: Uuid", owner_id AS "owner_id!: Uuid", uri, secret, description, filters,
            headers, properties, paused AS "paused!: bool", created_at, updated_at
        FROM registrations
        WHERE id < $1
        ORDER BY id DESC
        LIMIT $2
        "#,
        before,
        limit,
    )
    .fetch_all(readers)
    .await
}

pub(super) async fn own(
    readers: &SqlitePool,
    owner: UserId,
    page: PageRequest,
) -> Result<Vec<RegistrationRow>, sqlx::Error> {
    let (before, limit) = (page.before.unwrap_or(Uuid::max()), i64::from(page.limit) + 1);
    sqlx::query_as!(
        RegistrationRow,
        r#"
        SELECT
            id AS "id!: Uuid", owner_id AS "owner_id!: Uuid", uri, secret, description, filters,
            headers, properties, paused AS "paused!: bool", created_at, updated_at
        FROM registrations
        WHERE owner_id = $1 AND id < $2
        ORDER BY id DESC
        LIMIT $3
        "#,
        owner.0,
        before,
        limit,
    )
    .fetch_all(readers)
    .await
}
