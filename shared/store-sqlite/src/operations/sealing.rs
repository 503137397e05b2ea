//! Secrets at rest: what an older version left in the clear is sealed, and what is sealed with an
//! older key is sealed anew.
//!
//! Either way a row is replaced only as it was read, so that nothing that is saved at the same time
//! is undone; and it does not count as a change of the registration.

use postrider_domain::ports::{BoxError, StoreError};
use postrider_vault::{Keyring, OpenError, PREFIX, Place};
use secrecy::{ExposeSecret, SecretString};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::SqliteStore;
use crate::errors::{corrupt, store_error};
use crate::pools::Commit;
use crate::rows::{CREDENTIALS, HEADERS, PREVIOUS_SECRET, SECRET};

/// How many rows are sealed in one transaction.
const BATCH: i64 = 500;

/// The texts of a registration that are to be sealed.
struct Texts {
    id: Uuid,
    secret: String,
    previous_secret: Option<String>,
    headers: String,
    credentials: Option<String>,
}

/// Seals what is in the clear.
pub(super) async fn seal_clear_texts(store: &SqliteStore) -> Result<(), StoreError> {
    let failed = store_error("migrate");
    let mut sealed = false;
    loop {
        let mut transaction = store.write(Commit::Durable).await.map_err(&failed)?;
        let rows =
            find_others(&mut transaction, PREFIX, Uuid::nil(), BATCH).await.map_err(&failed)?;
        if rows.is_empty() {
            break;
        }
        // What was in the clear is overwritten, and not only let go of.
        sqlx::query("PRAGMA secure_delete = ON")
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        for row in rows {
            let new = seal_clear(&store.keyring, &row);
            replace(&mut transaction, &row, &new).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        sealed = true;
    }
    if sealed { store.empty_log().await.map_err(failed) } else { Ok(()) }
}

/// What an older version wrote is in the clear in every column, and then even a secret that looks
/// sealed may be one that somebody chose.
fn seal_clear(keyring: &Keyring, row: &Texts) -> Texts {
    let place = |column| Place { column, row: row.id };
    let looks_sealed = |text: &str| text.starts_with(PREFIX);
    let seal = |column, text: &str, is_sealed| {
        if is_sealed { text.to_owned() } else { keyring.seal(place(column), text) }
    };
    let is_secret_sealed = looks_sealed(&row.secret)
        && (looks_sealed(&row.headers) || keyring.open(place(SECRET), &row.secret).is_ok());
    let (previous, credentials) = (row.previous_secret.as_deref(), row.credentials.as_deref());
    Texts {
        id: row.id,
        secret: seal(SECRET, &row.secret, is_secret_sealed),
        previous_secret: previous.map(|text| seal(PREVIOUS_SECRET, text, looks_sealed(text))),
        headers: seal(HEADERS, &row.headers, looks_sealed(&row.headers)),
        credentials: credentials.map(|text| seal(CREDENTIALS, text, looks_sealed(text))),
    }
}

/// Seals up to `limit` registrations anew that are not sealed with the first key, and returns how
/// many.
///
/// Those that do not open stay where they are, at the front: they are passed over, however many,
/// and heard of when nothing else is left.
pub(super) async fn reseal(store: &SqliteStore, limit: u32) -> Result<u64, StoreError> {
    let failed = store_error("reseal");
    let (mut last, mut broken) = (Uuid::nil(), None);
    loop {
        // Each page on its own, so that others can write in between.
        let mut transaction = store.write(Commit::Durable).await.map_err(&failed)?;
        let rows = find_others(&mut transaction, store.keyring.prefix(), last, limit.into())
            .await
            .map_err(&failed)?;
        let Some(end) = rows.last() else {
            return broken.map_or(Ok(0), |error| Err(corrupt("registrations")(error)));
        };
        last = end.id;
        let mut resealed = 0;
        for row in rows {
            match seal_anew(&store.keyring, &row) {
                Ok(new) => {
                    resealed += replace(&mut transaction, &row, &new).await.map_err(&failed)?;
                }
                Err(error) => broken = Some(error),
            }
        }
        if resealed > 0 {
            transaction.commit().await.map_err(failed)?;
            return Ok(resealed);
        }
    }
}

fn seal_anew(keyring: &Keyring, row: &Texts) -> Result<Texts, BoxError> {
    let seal = |column, text: &str| {
        reseal_text(keyring, Place { column, row: row.id }, text)
            .map_err(|error| format!("`{column}` of {}: {error}", row.id))
    };
    let (previous, credentials) = (row.previous_secret.as_deref(), row.credentials.as_deref());
    Ok(Texts {
        id: row.id,
        secret: seal(SECRET, &row.secret)?,
        previous_secret: previous.map(|text| seal(PREVIOUS_SECRET, text)).transpose()?,
        headers: seal(HEADERS, &row.headers)?,
        credentials: credentials.map(|text| seal(CREDENTIALS, text)).transpose()?,
    })
}

fn reseal_text(keyring: &Keyring, place: Place, text: &str) -> Result<String, OpenError> {
    if text.starts_with(keyring.prefix()) {
        return Ok(text.to_owned());
    }
    let opened: SecretString = keyring.open(place, text)?;
    Ok(keyring.seal(place, opened.expose_secret()))
}

/// Registrations after `last` with a text that does not begin with `prefix`.
async fn find_others(
    connection: &mut SqliteConnection,
    prefix: &str,
    last: Uuid,
    limit: i64,
) -> Result<Vec<Texts>, sqlx::Error> {
    sqlx::query_as!(
        Texts,
        r#"
        SELECT id AS "id!: Uuid", secret, previous_secret, headers, credentials
        FROM registrations
        WHERE id > $2
            AND (
                substr(secret, 1, length($1)) <> $1
                OR substr(headers, 1, length($1)) <> $1
                OR substr(previous_secret, 1, length($1)) <> $1
                OR substr(credentials, 1, length($1)) <> $1
            )
        ORDER BY id
        LIMIT $3
        "#,
        prefix,
        last,
        limit,
    )
    .fetch_all(connection)
    .await
}

/// Replaces the texts of a row that still has the old ones; the number of rows that had.
async fn replace(
    connection: &mut SqliteConnection,
    old: &Texts,
    new: &Texts,
) -> Result<u64, sqlx::Error> {
    let replaced = sqlx::query!(
        "
        UPDATE registrations
        SET secret = $2, previous_secret = $3, headers = $4, credentials = $5
        WHERE id = $1
            AND secret = $6
            AND previous_secret IS $7
            AND headers = $8
            AND credentials IS $9
        ",
        old.id,
        new.secret,
        new.previous_secret,
        new.headers,
        new.credentials,
        old.secret,
        old.previous_secret,
        old.headers,
        old.credentials,
    )
    .execute(connection)
    .await?;
    Ok(replaced.rows_affected())
}
