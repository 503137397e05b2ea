//! What users and roles may do with resources.

use postrider_domain::ports::{Accessed, StoreError};
use postrider_domain::{
    Access, FilterName, Holder, PageRequest, Permission, PermissionId, RoleId, UserId,
};

use crate::PostgresStore;
use crate::errors::{corrupt, store_error};
use crate::rows::{PermissionRow, holder_ids, scope_texts, storable};

impl PostgresStore {
    pub(super) async fn grant_to_user(
        &self,
        permission: &Permission,
        user: UserId,
    ) -> Result<Option<PermissionRow>, sqlx::Error> {
        let (scope, target) = scope_texts(&permission.scope);
        sqlx::query_as!(
            PermissionRow,
            r#"
            INSERT INTO permissions (id, user_id, kind, scope, target, access, created_at)
            SELECT $1, holder.id, $3, $4, $5, $6, $7
            FROM (SELECT id FROM users WHERE id = $2 FOR KEY SHARE) AS holder
            ON CONFLICT (user_id, kind, scope, target) WHERE user_id IS NOT NULL AND ended_at IS NULL
            DO UPDATE SET access = EXCLUDED.access, created_at = EXCLUDED.created_at
            RETURNING id, user_id, role_id, kind, scope, target, access, created_at
            "#,
            permission.id.0,
            user.0,
            permission.kind.key(),
            scope,
            target,
            i16::from(permission.access.bits()),
            permission.created_at.to_utc(),
        )
        .fetch_optional(&self.durable)
        .await
    }

    pub(super) async fn grant_to_role(
        &self,
        permission: &Permission,
        role: RoleId,
    ) -> Result<Option<PermissionRow>, sqlx::Error> {
        let (scope, target) = scope_texts(&permission.scope);
        sqlx::query_as!(
            PermissionRow,
            r#"
            INSERT INTO permissions (id, role_id, kind, scope, target, access, created_at)
            SELECT $1, holder.id, $3, $4, $5, $6, $7
            FROM (SELECT id FROM roles WHERE id = $2 FOR KEY SHARE) AS holder
            ON CONFLICT (role_id, kind, scope, target) WHERE role_id IS NOT NULL AND ended_at IS NULL
            DO UPDATE SET access = EXCLUDED.access, created_at = EXCLUDED.created_at
            RETURNING id, user_id, role_id, kind, scope, target, access, created_at
            "#,
            permission.id.0,
            role.0,
            permission.kind.key(),
            scope,
            target,
            i16::from(permission.access.bits()),
            permission.created_at.to_utc(),
        )
        .fetch_optional(&self.durable)
        .await
    }

    pub(super) async fn read_permissions(
        &self,
        holders: &[Holder],
        page: PageRequest,
    ) -> Result<Vec<PermissionRow>, sqlx::Error> {
        let (users, roles): (Vec<_>, Vec<_>) = holders.iter().copied().map(holder_ids).unzip();
        let users: Vec<_> = users.into_iter().flatten().collect();
        let roles: Vec<_> = roles.into_iter().flatten().collect();
        sqlx::query_as!(
            PermissionRow,
            r#"
            SELECT id, user_id, role_id, kind, scope, target, access, created_at
            FROM permissions
            WHERE (user_id = ANY ($1) OR role_id = ANY ($2))
                AND ended_at IS NULL
                AND ($3::uuid IS NULL OR id < $3)
            ORDER BY id DESC
            LIMIT $4
            "#,
            &users,
            &roles,
            page.before,
            i64::from(page.limit) + 1,
        )
        .fetch_all(&self.durable)
        .await
    }

    pub(super) async fn delete_permission(
        &self,
        holder: Holder,
        permission: PermissionId,
    ) -> Result<u64, sqlx::Error> {
        let (user, role) = holder_ids(holder);
        let deleted = sqlx::query!(
            r#"
            DELETE FROM permissions
            WHERE id = $1 AND (user_id = $2 OR role_id = $3) AND ended_at IS NULL
            "#,
            permission.0,
            user,
            role,
        )
        .execute(&self.durable)
        .await?;
        Ok(deleted.rows_affected())
    }

    pub(super) async fn read_access(
        &self,
        user: UserId,
        kind: &FilterName,
        resource: Option<Accessed<'_>>,
    ) -> Result<Option<Access>, StoreError> {
        let bits = sqlx::query_scalar!(
            r#"
            WITH about (scope, target) AS (
                VALUES ('any', ''), ('one', $3::text), ('category', $4::text)
            )
            SELECT CASE u.role WHEN 'administrator' THEN $5::smallint ELSE granted.access END
            FROM users AS u
            CROSS JOIN LATERAL (
                SELECT bit_or(p.access) AS access
                FROM (
                    SELECT own.access
                    FROM about
                    JOIN permissions AS own ON own.user_id = u.id AND own.kind = $2
                        AND own.scope = about.scope AND own.target = about.target
                        AND own.ended_at IS NULL
                    UNION ALL
                    SELECT shared.access
                    FROM role_members AS m
                    CROSS JOIN about
                    JOIN permissions AS shared ON shared.role_id = m.role_id AND shared.kind = $2
                        AND shared.scope = about.scope AND shared.target = about.target
                        AND shared.ended_at IS NULL
                    WHERE m.user_id = u.id
                ) AS p
            ) AS granted
            WHERE u.id = $1
            "#,
            user.0,
            kind.key(),
            resource.map(|resource| storable(resource.id)),
            resource.and_then(|resource| resource.category).map(storable),
            i16::from(Access::ALL.bits()),
        )
        .fetch_optional(&self.durable)
        .await
        .map_err(store_error("access_of"))?;
        let Some(bits) = bits.flatten() else { return Ok(None) };
        let bits = u8::try_from(bits).map_err(corrupt("permissions"))?;
        Access::from_bits(bits).map(Some).map_err(corrupt("permissions"))
    }
}
