//! Access tokens, sessions and API keys. Only their digests are stored.

use chrono::{DateTime, Utc};
use postrider_domain::ports::{PasswordHash, StoreError, TokenHash};
use postrider_domain::{
    ApiKey, ApiKeyId, Credential, KeyScopes, PageRequest, Principal, Session, Timestamp, UserId,
};
use sqlx::PgExecutor;

use crate::PostgresStore;
use crate::errors::{corrupt, store_error};
use crate::rows::{ApiKeyRow, UserRow};

/// How long a token or a session is good.
pub(super) struct Term {
    pub(super) now: Timestamp,
    pub(super) expires_at: Timestamp,
    /// Of a session.
    pub(super) ends_at: Option<Timestamp>,
}

impl PostgresStore {
    /// The user is locked, so that whoever replaces their password or switches them off meanwhile
    /// finds the token, or is found here.
    pub(super) async fn insert_token(
        &self,
        token: TokenHash,
        user: UserId,
        password: &PasswordHash,
        term: Term,
    ) -> Result<u64, sqlx::Error> {
        let inserted = sqlx::query!(
            r#"
            WITH expired AS (
                DELETE FROM tokens
                WHERE hash IN (
                    SELECT hash FROM tokens WHERE expires_at < $3 FOR UPDATE SKIP LOCKED
                )
            )
            INSERT INTO tokens (hash, user_id, created_at, expires_at, ends_at)
            SELECT $1, holder.id, $3, $4, $6
            FROM (
                SELECT id
                FROM users
                WHERE id = $2 AND password_hash = $5 AND NOT disabled
                FOR SHARE
            ) AS holder
            "#,
            &token.0[..],
            user.0,
            term.now.to_utc(),
            term.expires_at.to_utc(),
            password.0,
            term.ends_at.map(Timestamp::to_utc),
        )
        .execute(&self.durable)
        .await?;
        Ok(inserted.rows_affected())
    }

    /// Moves the time at which a session expires, unless somebody else has.
    pub(super) async fn update_session(
        &self,
        token: TokenHash,
        session: Session,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<u64, sqlx::Error> {
        let updated = sqlx::query!(
            r#"
            UPDATE tokens
            SET expires_at = least($3, ends_at)
            WHERE hash = $1 AND ends_at IS NOT NULL AND expires_at = $2 AND expires_at > $4
            "#,
            &token.0[..],
            session.expires_at.to_utc(),
            expires_at.to_utc(),
            now.to_utc(),
        )
        .execute(&self.relaxed)
        .await?;
        Ok(updated.rows_affected())
    }

    pub(super) async fn delete_token(&self, token: TokenHash) -> Result<u64, sqlx::Error> {
        let deleted = sqlx::query!("DELETE FROM tokens WHERE hash = $1", &token.0[..])
            .execute(&self.durable)
            .await?;
        Ok(deleted.rows_affected())
    }

    pub(super) async fn insert_api_key(
        &self,
        key: &ApiKey,
        hash: TokenHash,
    ) -> Result<(), sqlx::Error> {
        sqlx::query!(
            r#"
            INSERT INTO api_keys (id, hash, name, user_id, scopes, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            "#,
            key.id.0,
            &hash.0[..],
            key.name,
            key.user.0,
            i16::from(key.scopes.bits()),
            key.created_at.to_utc(),
            key.expires_at.map(Timestamp::to_utc),
        )
        .execute(&self.durable)
        .await?;
        Ok(())
    }

    pub(super) async fn read_api_keys(
        &self,
        user: Option<UserId>,
        page: PageRequest,
    ) -> Result<Vec<ApiKeyRow>, sqlx::Error> {
        sqlx::query_as!(
            ApiKeyRow,
            r#"
            SELECT id, name, user_id, scopes, created_at, expires_at
            FROM api_keys
            WHERE ($1::uuid IS NULL OR user_id = $1) AND ($2::uuid IS NULL OR id < $2)
            ORDER BY id DESC
            LIMIT $3
            "#,
            user.map(|user| user.0),
            page.before,
            i64::from(page.limit) + 1,
        )
        .fetch_all(&self.durable)
        .await
    }

    pub(super) async fn delete_api_key(
        &self,
        user: Option<UserId>,
        key: ApiKeyId,
    ) -> Result<u64, sqlx::Error> {
        let deleted = sqlx::query!(
            "DELETE FROM api_keys WHERE id = $1 AND ($2::uuid IS NULL OR user_id = $2)",
            key.0,
            user.map(|user| user.0),
        )
        .execute(&self.durable)
        .await?;
        Ok(deleted.rows_affected())
    }

    pub(super) async fn read_principal(
        &self,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Option<Principal>, StoreError> {
        let row = sqlx::query!(
            r#"
            SELECT
                u.id, u.name, u.role, u.disabled, u.created_at, u.updated_at,
                proof.key_id AS "key_id?", proof.scopes AS "scopes?",
                proof.expires_at AS "expires_at?", proof.ends_at AS "ends_at?"
            FROM (
                SELECT user_id, NULL::uuid AS key_id, NULL::smallint AS scopes, expires_at, ends_at
                FROM tokens
                WHERE hash = $1 AND expires_at > $2
                UNION ALL
                SELECT user_id, id, scopes, NULL, NULL
                FROM api_keys
                WHERE hash = $1 AND (expires_at IS NULL OR expires_at > $2)
            ) AS proof
            JOIN users AS u ON u.id = proof.user_id AND NOT u.disabled
            LIMIT 1
            "#,
            &token.0[..],
            now.to_utc(),
        )
        .fetch_optional(&self.durable)
        .await
        .map_err(store_error("find_principal"))?;
        let Some(row) = row else { return Ok(None) };
        let credential = match (row.key_id, row.scopes) {
            (Some(id), Some(bits)) => {
                let bits = u8::try_from(bits).map_err(corrupt("api_keys"))?;
                let scopes = KeyScopes::from_bits(bits).map_err(corrupt("api_keys"))?;
                Credential::Key { id: ApiKeyId(id), scopes }
            }
            _ => token_or_session(row.expires_at, row.ends_at),
        };
        let user = UserRow {
            id: row.id,
            name: row.name,
            role: row.role,
            disabled: row.disabled,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok(Some(Principal { user: user.try_into()?, credential }))
    }
}

/// Only a session has an end besides the time at which it expires.
fn token_or_session(
    expires_at: Option<DateTime<Utc>>,
    ends_at: Option<DateTime<Utc>>,
) -> Credential {
    match (expires_at, ends_at) {
        (Some(expires_at), Some(ends_at)) => {
            Credential::Session(Session { expires_at: expires_at.into(), ends_at: ends_at.into() })
        }
        _ => Credential::Token,
    }
}

/// Ends every token and session of a user; how many there were.
pub(super) async fn delete_tokens(
    executor: impl PgExecutor<'_>,
    user: UserId,
) -> Result<u64, sqlx::Error> {
    let deleted =
        sqlx::query!("DELETE FROM tokens WHERE user_id = $1", user.0).execute(executor).await?;
    Ok(deleted.rows_affected())
}
