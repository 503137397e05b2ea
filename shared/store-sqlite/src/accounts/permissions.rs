//! Permissions of users and roles, and what they come to.

use postrider_domain::ports::{Accessed, PERMISSIONS_KEPT, StoreError};
use postrider_domain::{
    Access, CatalogueEntry, FilterName, Holder, PageRequest, Permission, PermissionId, Timestamp,
    UserId,
};
use sqlx::{SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::SqliteStore;
use crate::errors::{corrupt, store_error};
use crate::json::id_list;
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
        ON CONFLICT (user_id, kind, scope, target)
            WHERE user_id IS NOT NULL AND ended_at IS NULL DO UPDATE
        SET access = excluded.access, created_at = excluded.created_at
        ON CONFLICT (role_id, kind, scope, target)
            WHERE role_id IS NOT NULL AND ended_at IS NULL DO UPDATE
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

/// Grants a permission unless its holder has one of that kind and scope.
pub(crate) async fn grant_new(
    connection: &mut SqliteConnection,
    permission: &Permission,
) -> Result<(), sqlx::Error> {
    let ((user, role), (scope, target)) = (ids(permission.holder), scope_texts(&permission.scope));
    let (kind, access) = (permission.kind.key(), permission.access.bits());
    let created_at = permission.created_at.as_micros();
    sqlx::query!(
        "
        INSERT INTO permissions (id, user_id, role_id, kind, scope, target, access, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT DO NOTHING
        ",
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

/// Ends the permissions on a resource that is gone, and removes those that ended long before.
pub(crate) async fn end_permissions(
    connection: &mut SqliteConnection,
    entry: &CatalogueEntry,
    ended_at: Timestamp,
) -> Result<(), sqlx::Error> {
    let (kind, forgotten) = (entry.kind.key(), (ended_at - PERMISSIONS_KEPT).as_micros());
    let ended_at = ended_at.as_micros();
    sqlx::query_file!("queries/end_permissions.sql", kind, entry.id, ended_at)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("DELETE FROM permissions WHERE ended_at < $1", forgotten)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn list(
    readers: &SqlitePool,
    holders: &[Holder],
    page: PageRequest,
) -> Result<Vec<PermissionRow>, sqlx::Error> {
    let users = id_list(holders.iter().filter_map(|holder| ids(*holder).0));
    let roles = id_list(holders.iter().filter_map(|holder| ids(*holder).1));
    let (before, limit) = (page.before.unwrap_or(Uuid::max()), i64::from(page.limit) + 1);
    sqlx::query_as!(
        PermissionRow,
        r#"
        SELECT
            id AS "id!: Uuid", user_id AS "user_id?: Uuid", role_id AS "role_id?: Uuid", kind,
            scope, target, access, created_at
        FROM permissions
        WHERE id IN (
            SELECT p.id
            FROM json_each($1) AS holder
            CROSS JOIN permissions AS p INDEXED BY permissions_of_user
                ON p.user_id = unhex(holder.value, '-')
            WHERE p.ended_at IS NULL AND p.id < $3
            UNION ALL
            SELECT p.id
            FROM json_each($2) AS holder
            CROSS JOIN permissions AS p INDEXED BY permissions_of_role
                ON p.role_id = unhex(holder.value, '-')
            WHERE p.ended_at IS NULL AND p.id < $3
        )
        ORDER BY id DESC
        LIMIT $4
        "#,
        users,
        roles,
        before,
        limit,
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
        "
        DELETE FROM permissions
        WHERE id = $1 AND (user_id = $2 OR role_id = $3) AND ended_at IS NULL
        ",
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
