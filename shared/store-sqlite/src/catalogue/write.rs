//! The steps of a change to the catalogue, which are one transaction.

use postrider_domain::{CatalogueEntry, Timestamp};
use sqlx::SqliteConnection;

/// What stands in the way of a resource.
pub(super) struct Obstacle {
    /// There is a resource of its kind and id.
    pub(super) id_taken: bool,
    /// There is another resource of its kind and name, and no two may have the same.
    pub(super) name_taken: bool,
    /// Its category is not there.
    pub(super) no_category: bool,
}

pub(super) async fn find_obstacle(
    connection: &mut SqliteConnection,
    entry: &CatalogueEntry,
) -> Result<Obstacle, sqlx::Error> {
    let (kind, name_key) = (entry.kind.key(), entry.name.to_lowercase());
    sqlx::query_as!(
        Obstacle,
        r#"
        SELECT
            EXISTS (
                SELECT 1 FROM resources WHERE kind = $1 AND id = $2
            ) AS "id_taken!: bool",
            EXISTS (
                SELECT 1
                FROM resources
                WHERE kind = $1
                    AND name_key = $3
                    AND id <> $2
                    AND kind IN ('alerts', 'connections', 'tasks')
            ) AS "name_taken!: bool",
            $4 IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM resources WHERE kind = 'categories' AND id = $4
            ) AS "no_category!: bool"
        "#,
        kind,
        entry.id,
        name_key,
        entry.category,
    )
    .fetch_one(connection)
    .await
}

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    entry: &CatalogueEntry,
) -> Result<(), sqlx::Error> {
    let (kind, name_key) = (entry.kind.key(), entry.name.to_lowercase());
    let owner = entry.owner.map(|owner| owner.0);
    let (created_at, updated_at) = (entry.created_at.as_micros(), entry.updated_at.as_micros());
    sqlx::query!(
        "
        INSERT INTO resources (
            entry_id, kind, id, name, name_key, category, owner_id, created_at, updated_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ",
        entry.entry.0,
        kind,
        entry.id,
        entry.name,
        name_key,
        entry.category,
        owner,
        created_at,
        updated_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether a resource is there, and was last changed at `expected`.
pub(super) async fn is_unchanged(
    connection: &mut SqliteConnection,
    entry: &CatalogueEntry,
    expected: Timestamp,
) -> Result<bool, sqlx::Error> {
    let (kind, expected) = (entry.kind.key(), expected.as_micros());
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT 1 FROM resources WHERE kind = $1 AND id = $2 AND updated_at = $3
        ) AS "unchanged!: bool"
        "#,
        kind,
        entry.id,
        expected,
    )
    .fetch_one(connection)
    .await
}

pub(super) async fn update(
    connection: &mut SqliteConnection,
    entry: &CatalogueEntry,
) -> Result<(), sqlx::Error> {
    let (kind, name_key) = (entry.kind.key(), entry.name.to_lowercase());
    let updated_at = entry.updated_at.as_micros();
    sqlx::query!(
        "
        UPDATE resources
        SET name = $3, name_key = $4, category = $5, updated_at = $6
        WHERE kind = $1 AND id = $2
        ",
        kind,
        entry.id,
        entry.name,
        name_key,
        entry.category,
        updated_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether it is a category, and resources are filed under it.
pub(super) async fn is_category_in_use(
    connection: &mut SqliteConnection,
    entry: &CatalogueEntry,
) -> Result<bool, sqlx::Error> {
    let kind = entry.kind.key();
    sqlx::query_scalar!(
        r#"
        SELECT $1 = 'categories' AND EXISTS (
            SELECT 1 FROM resources WHERE category = $2
        ) AS "in_use!: bool"
        "#,
        kind,
        entry.id,
    )
    .fetch_one(connection)
    .await
}

pub(super) async fn delete(
    connection: &mut SqliteConnection,
    entry: &CatalogueEntry,
) -> Result<(), sqlx::Error> {
    let kind = entry.kind.key();
    sqlx::query!("DELETE FROM resources WHERE kind = $1 AND id = $2", kind, entry.id)
        .execute(connection)
        .await?;
    Ok(())
}
