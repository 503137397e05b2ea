//! Permissions of users and roles, and what they come to.

use postrider_domain::ports::{Accessed, StoreError};
use postrider_domain::{Access, FilterName, Holder, Permission, PermissionId, UserId};
use sqlx::{SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::SqliteStore;
use crate::errors::{corrupt, store_error};
use crate::rows::{PermissionRow, scope_texts};

/// A holder as it is stored: the id of a user, or that of a role.
fn ids(holder: Holder) -> (Option<Uuid>, Option<Uuid>) {
    match holder {
        Holder::User(user) => (Some(user.0), None),
        Holder::Role(role) => (None, Some(role.0)),
    }
}

/// Grants a permission; none when its holder is not there.
pub(super) async fn grant(
    connection: &mut SqliteConnection,
    permission: &Permission,
) -> Result<Option<PermissionRow>, sqlx::Error> {
    let ((user, role), (scope, target)) = (ids(permission.holder), scope_texts(&permission.scope));
    let (kind, access) = (permission.kind.key(), permission.access.bits());
    let created_at = permission.created_at.as_micros();
    sqlx::query_as!(
        PermissionRow,
        r#"
        INSERT INTO permissions (id, user_id, role_id, kind, scope, target, access, created_at)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8
        WHERE EXISTS (SELECT 1 FROM users WHERE id = $2)
            OR EXISTS (SELECT 1 FROM roles WHERE id = $3)
        ON CONFLICT (user_id, kind, scope, target) WHERE user_id IS NOT NULL DO UPDATE
        SET access = excluded.access, created_at = excluded.created_at
        ON CONFLICT (role_id, kind, scope, target) WHERE role_id IS NOT NULL DO UPDATE
        SET access = excluded.access, created_at = excluded.created_at
        RETURNING
            id AS "id!: Uuid", user_id AS "user_id?: Uuid", role_id AS "role_id?: Uuid", kind,
            scope, target, access, created_at
        "#,
        permission.id.0,
        user,
        role,
        kind,
        scope,
        target,
        access,
        created_at,
    )
    .fetch_optional(connection)
    .await
}

/// Grants a permission unless its holder has one of that kind and scope that is there to stay.
pub(crate) async fn grant_new(
    connection: &mut SqliteConnection,
    permission: &Permission,
) -> Result<(), sqlx::Error> {
    let ((user, role), (scope, target)) = (ids(permission.holder), scope_texts(&permission.scope));
    let (kind, access) = (permission.kind.key(), permission.access.bits());
    let created_at = permission.created_at.as_micros();
    sqlx::query_file!(
        "queries/grant_new.sql",
        permission.id.0,
        user,
        role,
        kind,
        scope,
        target,
        access,
        created_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn list(
    readers: &SqlitePool,
    holder: Holder,
) -> Result<Vec<PermissionRow>, sqlx::Error> {
    let (user, role) = ids(holder);
    sqlx::query_as!(
        PermissionRow,
        r#"
        SELECT
            id AS "id!: Uuid", user_id AS "user_id?: Uuid", role_id AS "role_id?: Uuid", kind,
            scope, target, access, created_at
        FROM permissions
        WHERE user_id = $1 OR role_id = $2
        ORDER BY kind, scope, target
        "#,
        user,
        role,
    )
    .fetch_all(readers)
    .await
}

pub(super) async fn revoke(
    connection: &mut SqliteConnection,
    holder: Holder,
    permission: PermissionId,
) -> Result<bool, sqlx::Error> {
    let (user, role) = ids(holder);
    let revoked = sqlx::query!(
        "DELETE FROM permissions WHERE id = $1 AND (user_id = $2 OR role_id = $3)",
        permission.0,
        user,
        role,
    )
    .execute(connection)
    .await?;
    Ok(revoked.rows_affected() == 1)
}

pub(super) async fn access_of(
    store: &SqliteStore,
    user: UserId,
    kind: &FilterName,
    resource: Option<Accessed<'_>>,
) -> Result<Option<Access>, StoreError> {
    let kind = kind.key();
    let (id, category) =
        (resource.map(|resource| resource.id), resource.and_then(|resource| resource.category));
    let rows = sqlx::query_file_scalar!("queries/find_access.sql", user.0, kind, id, category)
        .fetch_all(&store.readers)
        .await
        .map_err(store_error("access_of"))?;
    let mut union: Option<Access> = None;
    for bits in rows {
        let bits = bits.try_into().map_err(corrupt("permissions"))?;
        let access = Access::from_bits(bits).map_err(corrupt("permissions"))?;
        union = Some(union.map_or(access, |union| union.and(access)));
    }
    Ok(union)
}
