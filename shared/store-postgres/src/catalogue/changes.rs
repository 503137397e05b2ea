//! The single steps of a change to the catalogue.

use postrider_domain::ports::PERMISSIONS_KEPT;
use postrider_domain::{CatalogueEntry, Permission, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::rows::{ResourceRow, holder_ids, scope_texts};

pub(super) async fn find_entry(
    connection: &mut PgConnection,
    entry: Uuid,
) -> Result<Option<ResourceRow>, sqlx::Error> {
    sqlx::query_as!(
        ResourceRow,
        r#"
        SELECT entry_id, kind, id, name, category, owner_id, created_at, updated_at
        FROM resources
        WHERE entry_id = $1
        "#,
        entry,
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    entry: &CatalogueEntry,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        INSERT INTO resources (
            entry_id, kind, id, name, name_key, category, owner_id, created_at, updated_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        entry.entry.0,
        entry.kind.key(),
        entry.id,
        entry.name,
        entry.name.to_lowercase(),
        entry.category.as_deref(),
        entry.owner.map(|owner| owner.0),
        entry.created_at.to_utc(),
        entry.updated_at.to_utc(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How many rows were updated: one, unless the resource is gone or was changed since `expected`.
pub(super) async fn update(
    connection: &mut PgConnection,
    entry: &CatalogueEntry,
    expected: Timestamp,
) -> Result<u64, sqlx::Error> {
    let updated = sqlx::query!(
        r#"
        UPDATE resources
        SET name = $4, name_key = $5, category = $6, updated_at = $7
        WHERE kind = $1 AND id = $2 AND updated_at = $3
        "#,
        entry.kind.key(),
        entry.id,
        expected.to_utc(),
        entry.name,
        entry.name.to_lowercase(),
        entry.category.as_deref(),
        entry.updated_at.to_utc(),
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected())
}

/// How many rows were deleted: one, unless the resource is gone or was changed since `expected`.
pub(super) async fn delete(
    connection: &mut PgConnection,
    entry: &CatalogueEntry,
    expected: Timestamp,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query!(
        "DELETE FROM resources WHERE kind = $1 AND id = $2 AND updated_at = $3",
        entry.kind.key(),
        entry.id,
        expected.to_utc(),
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// Whether there is such a category. It cannot be deleted until the transaction ends.
pub(super) async fn lock_category(
    connection: &mut PgConnection,
    category: &str,
) -> Result<bool, sqlx::Error> {
    let found = sqlx::query_scalar!(
        "SELECT entry_id FROM resources WHERE kind = $1 AND id = $2 FOR KEY SHARE",
        CatalogueEntry::CATEGORIES,
        category,
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

pub(super) async fn is_category_in_use(
    connection: &mut PgConnection,
    entry: &CatalogueEntry,
) -> Result<bool, sqlx::Error> {
    if entry.kind.key() != CatalogueEntry::CATEGORIES {
        return Ok(false);
    }
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM resources WHERE category = $1) AS "used!""#,
        entry.id,
    )
    .fetch_one(connection)
    .await
}

/// Ends the permissions on a resource that was deleted at `now`, and with a category those on what is
/// filed under it. Removes what ended so long ago that no event is judged by it any more.
pub(super) async fn end_permissions(
    connection: &mut PgConnection,
    entry: &CatalogueEntry,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        UPDATE permissions
        SET ended_at = $3
        WHERE kind = $1 AND scope = 'one' AND target = $2 AND ended_at IS NULL
        "#,
        entry.kind.key(),
        entry.id,
        now.to_utc(),
    )
    .execute(&mut *connection)
    .await?;
    if entry.kind.key() == CatalogueEntry::CATEGORIES {
        sqlx::query!(
            r#"
            UPDATE permissions
            SET ended_at = $2
            WHERE scope = 'category' AND target = $1 AND ended_at IS NULL
            "#,
            entry.id,
            now.to_utc(),
        )
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query!(
        r#"
        DELETE FROM permissions
        WHERE id IN (SELECT id FROM permissions WHERE ended_at < $1 FOR UPDATE SKIP LOCKED)
        "#,
        (now - PERMISSIONS_KEPT).to_utc(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Grants what its creator may do with a resource. A permission that is there already stays.
pub(super) async fn grant(
    connection: &mut PgConnection,
    permission: &Permission,
) -> Result<(), sqlx::Error> {
    let (user, role) = holder_ids(permission.holder);
    let (scope, target) = scope_texts(&permission.scope);
    sqlx::query!(
        r#"
        INSERT INTO permissions (id, user_id, role_id, kind, scope, target, access, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT DO NOTHING
        "#,
        permission.id.0,
        user,
        role,
        permission.kind.key(),
        scope,
        target,
        i16::from(permission.access.bits()),
        permission.created_at.to_utc(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
