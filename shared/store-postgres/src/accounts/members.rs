//! Who is in which role. Being an administrator is not a row of `role_members` but a mark of the
//! user, which dispatch looks up.

use postrider_domain::ports::AccountChange;
use postrider_domain::{RoleId, Timestamp, UserId};

use super::changes::{found, is_last_administrator};
use crate::PostgresStore;

impl PostgresStore {
    pub(super) async fn make_administrator(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> Result<AccountChange, sqlx::Error> {
        let mut transaction = self.durable.begin().await?;
        let made = sqlx::query!(
            r#"
            UPDATE users
            SET role = 'administrator', updated_at = $2
            WHERE id = $1 AND role <> 'administrator'
            "#,
            user.0,
            now.to_utc(),
        )
        .execute(&mut *transaction)
        .await?;
        if made.rows_affected() == 0 {
            return found(&mut transaction, user).await;
        }
        transaction.commit().await?;
        Ok(AccountChange::Done)
    }

    pub(super) async fn unmake_administrator(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> Result<AccountChange, sqlx::Error> {
        let mut transaction = self.durable.begin().await?;
        if is_last_administrator(&mut transaction, user).await? {
            return Ok(AccountChange::LastAdministrator);
        }
        let unmade = sqlx::query!(
            r#"
            UPDATE users
            SET role = 'user', updated_at = $2
            WHERE id = $1 AND role = 'administrator'
            "#,
            user.0,
            now.to_utc(),
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(match unmade.rows_affected() {
            0 => AccountChange::NotFound,
            _ => AccountChange::Done,
        })
    }

    pub(super) async fn insert_member(
        &self,
        role: RoleId,
        user: UserId,
        now: Timestamp,
    ) -> Result<AccountChange, sqlx::Error> {
        let found = sqlx::query_scalar!(
            r#"
            WITH found AS (
                SELECT r.id AS role_id, u.id AS user_id
                FROM roles AS r
                CROSS JOIN users AS u
                WHERE r.id = $1 AND u.id = $2
                FOR KEY SHARE
            ),
            added AS (
                INSERT INTO role_members (role_id, user_id)
                SELECT role_id, user_id
                FROM found
                ON CONFLICT DO NOTHING
                RETURNING user_id
            ),
            changed AS (
                UPDATE users
                SET updated_at = $3
                FROM added
                WHERE users.id = added.user_id
            )
            SELECT EXISTS (SELECT FROM found) AS "found!"
            "#,
            role.0,
            user.0,
            now.to_utc(),
        )
        .fetch_one(&self.durable)
        .await?;
        Ok(if found { AccountChange::Done } else { AccountChange::NotFound })
    }

    pub(super) async fn delete_member(
        &self,
        role: RoleId,
        user: UserId,
        now: Timestamp,
    ) -> Result<AccountChange, sqlx::Error> {
        let removed = sqlx::query_scalar!(
            r#"
            WITH removed AS (
                DELETE FROM role_members
                WHERE role_id = $1 AND user_id = $2
                RETURNING user_id
            ),
            changed AS (
                UPDATE users
                SET updated_at = $3
                FROM removed
                WHERE users.id = removed.user_id
            )
            SELECT EXISTS (SELECT FROM removed) AS "removed!"
            "#,
            role.0,
            user.0,
            now.to_utc(),
        )
        .fetch_one(&self.durable)
        .await?;
        Ok(if removed { AccountChange::Done } else { AccountChange::NotFound })
    }
}
