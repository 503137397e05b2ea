//! Sealing what an older version left in the clear, and sealing anew under another key.
//!
//! Rows are read, sealed here, and written back only if they still are as they were read, so that
//! nobody's change is lost, and processes that do the same at once do no harm. `updated_at` stays:
//! to its owner nothing has changed.

use postrider_domain::ports::{BoxError, StoreError};
use postrider_vault::{Keyring, PREFIX, Place};
use secrecy::ExposeSecret;
use sqlx::{PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use crate::errors::{corrupt, store_error};
use crate::rows::{CREDENTIALS, HEADERS, PREVIOUS_SECRET, SECRET, open};

/// How many rows are sealed at once.
const BATCH: i64 = 500;

/// The texts of a registration that are sealed, or are to be.
#[derive(Clone)]
struct Texts {
    id: Uuid,
    secret: String,
    headers: String,
    previous_secret: Option<String>,
    credentials: Option<String>,
}

/// Seals every registration that is in the clear; how many there were.
pub(super) async fn seal_the_clear(
    keyring: &Keyring,
    connection: &mut PgConnection,
) -> Result<u64, StoreError> {
    let failed = store_error("migrate");
    let (mut sealed, mut last) = (0, Uuid::nil());
    loop {
        let rows = sqlx::query_as!(
            Texts,
            r#"
            SELECT id, secret, headers, previous_secret, credentials
            FROM registrations
            WHERE id > $1 AND NOT (starts_with(secret, $2) AND starts_with(headers, $2))
            ORDER BY id
            LIMIT $3
            "#,
            last,
            PREFIX,
            BATCH,
        )
        .fetch_all(&mut *connection)
        .await
        .map_err(&failed)?;
        let Some(end) = rows.last() else { return Ok(sealed) };
        last = end.id;
        let replacements: Vec<_> =
            rows.into_iter().map(|row| (seal_clear(keyring, &row), row)).collect();
        sealed += replace(&mut *connection, &replacements).await.map_err(&failed)?;
    }
}

/// Seals up to `limit` registrations under the first key that are not; how many. One that does not
/// open keeps no other from being sealed, but must be heard of when nothing else is left.
pub(super) async fn seal_anew(
    keyring: &Keyring,
    pool: &PgPool,
    limit: u32,
) -> Result<u64, StoreError> {
    let failed = store_error("reseal");
    let (mut last, mut unopened) = (Uuid::nil(), None);
    loop {
        let rows = sqlx::query_as!(
            Texts,
            r#"
            SELECT id, secret, headers, previous_secret, credentials
            FROM registrations
            WHERE id > $1
                AND NOT (
                    starts_with(secret, $2)
                    AND starts_with(headers, $2)
                    AND starts_with(COALESCE(previous_secret, $2), $2)
                    AND starts_with(COALESCE(credentials, $2), $2)
                )
            ORDER BY id
            LIMIT $3
            "#,
            last,
            keyring.prefix(),
            i64::from(limit),
        )
        .fetch_all(pool)
        .await
        .map_err(&failed)?;
        let Some(end) = rows.last().map(|row| row.id) else {
            return unopened.map_or(Ok(0), |error| Err(corrupt("registrations")(error)));
        };
        let mut replacements = Vec::with_capacity(rows.len());
        for row in rows {
            match reseal(keyring, &row) {
                Ok(resealed) => replacements.push((resealed, row)),
                Err(error) => unopened = Some(error),
            }
        }
        match replace(pool, &replacements).await.map_err(&failed)? {
            0 if replacements.is_empty() => last = end,
            // Others were faster; what have they left?
            0 => {}
            resealed => return Ok(resealed),
        }
    }
}

/// What an older version wrote is in the clear in both columns, and then even a secret that looks
/// sealed may be one that somebody chose.
fn seal_clear(keyring: &Keyring, row: &Texts) -> Texts {
    let place = |column| Place { column, row: row.id };
    let looks_sealed = |text: &str| text.starts_with(PREFIX);
    let is_secret_sealed = looks_sealed(&row.secret)
        && (looks_sealed(&row.headers) || keyring.open(place(SECRET), &row.secret).is_ok());
    let mut sealed = row.clone();
    if !is_secret_sealed {
        sealed.secret = keyring.seal(place(SECRET), &row.secret);
    }
    if !looks_sealed(&row.headers) {
        sealed.headers = keyring.seal(place(HEADERS), &row.headers);
    }
    sealed
}

fn reseal(keyring: &Keyring, row: &Texts) -> Result<Texts, BoxError> {
    let again = |column, sealed: &str| -> Result<String, BoxError> {
        let place = Place { column, row: row.id };
        Ok(keyring.seal(place, open(keyring, place, sealed)?.expose_secret()))
    };
    let kept = |column, sealed: &Option<String>| {
        sealed.as_deref().map(|sealed| again(column, sealed)).transpose()
    };
    Ok(Texts {
        id: row.id,
        secret: again(SECRET, &row.secret)?,
        headers: again(HEADERS, &row.headers)?,
        previous_secret: kept(PREVIOUS_SECRET, &row.previous_secret)?,
        credentials: kept(CREDENTIALS, &row.credentials)?,
    })
}

/// Writes the first of each pair where the second still stands; how many rows that were.
async fn replace(
    executor: impl PgExecutor<'_>,
    replacements: &[(Texts, Texts)],
) -> Result<u64, sqlx::Error> {
    let new = || replacements.iter().map(|(new, _)| new);
    let old = || replacements.iter().map(|(_, old)| old);
    let ids: Vec<_> = new().map(|texts| texts.id).collect();
    let secrets: Vec<_> = new().map(|texts| texts.secret.as_str()).collect();
    let headers: Vec<_> = new().map(|texts| texts.headers.as_str()).collect();
    let previous: Vec<_> = new().map(|texts| texts.previous_secret.as_deref()).collect();
    let credentials: Vec<_> = new().map(|texts| texts.credentials.as_deref()).collect();
    let old_secrets: Vec<_> = old().map(|texts| texts.secret.as_str()).collect();
    let old_headers: Vec<_> = old().map(|texts| texts.headers.as_str()).collect();
    let old_previous: Vec<_> = old().map(|texts| texts.previous_secret.as_deref()).collect();
    let old_credentials: Vec<_> = old().map(|texts| texts.credentials.as_deref()).collect();
    let replaced = sqlx::query!(
        r#"
        UPDATE registrations AS r
        SET secret = s.secret, headers = s.headers, previous_secret = s.previous,
            credentials = s.credentials
        FROM unnest(
            $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::text[]
        ) AS s (
            id, secret, headers, previous, credentials, old_secret, old_headers, old_previous,
            old_credentials
        )
        WHERE r.id = s.id
            AND r.secret = s.old_secret
            AND r.headers = s.old_headers
            AND r.previous_secret IS NOT DISTINCT FROM s.old_previous
            AND r.credentials IS NOT DISTINCT FROM s.old_credentials
        "#,
        &ids,
        &secrets as &[&str],
        &headers as &[&str],
        &previous as &[Option<&str>],
        &credentials as &[Option<&str>],
        &old_secrets as &[&str],
        &old_headers as &[&str],
        &old_previous as &[Option<&str>],
        &old_credentials as &[Option<&str>],
    )
    .execute(executor)
    .await?;
    Ok(replaced.rows_affected())
}
