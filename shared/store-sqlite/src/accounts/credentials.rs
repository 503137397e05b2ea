//! Access tokens, sessions and API keys. Only their digests are stored.

use postrider_domain::ports::{PasswordHash, StoreError, TokenHash};
use postrider_domain::{
    ApiKey, ApiKeyId, Credential, PageRequest, Principal, Session, Timestamp, UserId,
};
use sqlx::{SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::errors::corrupt;
use crate::rows::{ApiKeyRow, UserRow, key_scopes};

pub(super) async fn remove_expired(
    connection: &mut SqliteConnection,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = now.as_micros();
    sqlx::query!("DELETE FROM tokens WHERE expires_at < $1", now).execute(connection).await?;
    Ok(())
}

/// How long a token or a session is good.
pub(super) struct Term {
    pub(super) now: Timestamp,
    pub(super) expires_at: Timestamp,
    /// Of a session.
    pub(super) ends_at: Option<Timestamp>,
}

/// Adds a token of a user who still has this password, and is not switched off; whether it did.
pub(super) async fn insert_token(
    connection: &mut SqliteConnection,
    token: TokenHash,
    (user, password): (UserId, &PasswordHash),
    term: Term,
) -> Result<bool, sqlx::Error> {
    let hash = token.0.as_slice();
    let (now, expires_at) = (term.now.as_micros(), term.expires_at.as_micros());
    let ends_at = term.ends_at.map(Timestamp::as_micros);
    let inserted = sqlx::query!(
        "
        INSERT INTO tokens (hash, user_id, created_at, expires_at, ends_at)
        SELECT $1, id, $4, $5, $6
        FROM users
        WHERE id = $2 AND password_hash = $3 AND NOT disabled
        ",
        hash,
        user.0,
        password.0,
        now,
        expires_at,
        ends_at,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Moves the time at which a session expires, unless somebody else has; whether it did.
pub(super) async fn prolong_session(
    connection: &mut SqliteConnection,
    token: TokenHash,
    session: Session,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let hash = token.0.as_slice();
    let (was, now, expires_at) =
        (session.expires_at.as_micros(), now.as_micros(), expires_at.as_micros());
    let updated = sqlx::query!(
        "
        UPDATE tokens
        SET expires_at = min($3, ends_at)
        WHERE hash = $1 AND ends_at IS NOT NULL AND expires_at = $2 AND expires_at > $4
        ",
        hash,
        was,
        expires_at,
        now,
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

pub(super) async fn remove_token(
    connection: &mut SqliteConnection,
    token: TokenHash,
) -> Result<bool, sqlx::Error> {
    let hash = token.0.as_slice();
    let removed =
        sqlx::query!("DELETE FROM tokens WHERE hash = $1", hash).execute(connection).await?;
    Ok(removed.rows_affected() == 1)
}

pub(super) async fn remove_tokens(
    connection: &mut SqliteConnection,
    user: UserId,
) -> Result<u64, sqlx::Error> {
    let removed =
        sqlx::query!("DELETE FROM tokens WHERE user_id = $1", user.0).execute(connection).await?;
    Ok(removed.rows_affected())
}

pub(super) async fn insert_api_key(
    connection: &mut SqliteConnection,
    key: &ApiKey,
    hash: TokenHash,
) -> Result<(), sqlx::Error> {
    let (hash, scopes) = (hash.0.as_slice(), key.scopes.bits());
    let (created_at, expires_at) =
        (key.created_at.as_micros(), key.expires_at.map(Timestamp::as_micros));
    sqlx::query!(
        "
        INSERT INTO api_keys (id, hash, name, user_id, scopes, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ",
        key.id.0,
        hash,
        key.name,
        key.user.0,
        scopes,
        created_at,
        expires_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn list_api_keys(
    readers: &SqlitePool,
    user: Option<UserId>,
    page: PageRequest,
) -> Result<Vec<ApiKeyRow>, sqlx::Error> {
    let user = user.map(|user| user.0);
    let (before, limit) = (page.before.unwrap_or(Uuid::max()), i64::from(page.limit) + 1);
    sqlx::query_as!(
        ApiKeyRow,
        r#"
        SELECT
            id AS "id!: Uuid", name, user_id AS "user_id!: Uuid", scopes, created_at, expires_at
        FROM api_keys
        WHERE id < $1 AND ($2 IS NULL OR user_id = $2)
        ORDER BY id DESC
        LIMIT $3
        "#,
        before,
        user,
        limit,
    )
    .fetch_all(readers)
    .await
}

pub(super) async fn remove_api_key(
    connection: &mut SqliteConnection,
    user: Option<UserId>,
    key: ApiKeyId,
) -> Result<bool, sqlx::Error> {
    let user = user.map(|user| user.0);
    let removed = sqlx::query!(
        "DELETE FROM api_keys WHERE id = $1 AND ($2 IS NULL OR user_id = $2)",
        key.0,
        user,
    )
    .execute(connection)
    .await?;
    Ok(removed.rows_affected() == 1)
}

/// A user and what proves that a request is theirs.
pub(super) struct PrincipalRow {
    id: Uuid,
    name: String,
    role: String,
    disabled: bool,
    created_at: i64,
    updated_at: i64,
    key_id: Option<Uuid>,
    scopes: Option<i64>,
    expires_at: Option<i64>,
    ends_at: Option<i64>,
}

impl TryFrom<PrincipalRow> for Principal {
    type Error = StoreError;

    fn try_from(row: PrincipalRow) -> Result<Self, StoreError> {
        let credential = match (row.key_id, row.scopes) {
            (None, None) => token(row.expires_at, row.ends_at),
            (Some(id), Some(scopes)) => {
                Credential::Key { id: ApiKeyId(id), scopes: key_scopes(scopes)? }
            }
            _ => return Err(corrupt("api_keys")("half a key")),
        };
        let user = UserRow {
            id: row.id,
            name: row.name,
            role: row.role,
            disabled: row.disabled,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok(Self { user: user.try_into()?, credential })
    }
}

/// Only a session has an end besides the time at which it expires.
fn token(expires_at: Option<i64>, ends_at: Option<i64>) -> Credential {
    match (expires_at, ends_at) {
        (Some(expires_at), Some(ends_at)) => Credential::Session(Session {
            expires_at: Timestamp::from_micros(expires_at),
            ends_at: Timestamp::from_micros(ends_at),
        }),
        _ => Credential::Token,
    }
}

/// The user whom a token, a session or a key stands for, and which of them it is.
pub(super) async fn find_principal(
    readers: &SqlitePool,
    token: TokenHash,
    now: Timestamp,
) -> Result<Option<PrincipalRow>, sqlx::Error> {
    let (hash, now) = (token.0.as_slice(), now.as_micros());
    sqlx::query_as!(
        PrincipalRow,
        r#"
        SELECT
            u.id AS "id!: Uuid", u.name AS "name!", u.role AS "role!",
            u.disabled AS "disabled!: bool", u.created_at AS "created_at!: i64",
            u.updated_at AS "updated_at!: i64", proof.key_id AS "key_id?: Uuid",
            proof.scopes AS "scopes?: i64", proof.expires_at AS "expires_at?: i64",
            proof.ends_at AS "ends_at?: i64"
        FROM (
            SELECT user_id, NULL AS key_id, NULL AS scopes, expires_at, ends_at
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
        hash,
        now,
    )
    .fetch_optional(readers)
    .await
}
