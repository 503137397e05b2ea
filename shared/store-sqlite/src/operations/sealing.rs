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
use crate::rows::{HEADERS, PREVIOUS_SECRET, SECRET};

/// How many rows are sealed in one transaction.
const BATCH: i64 = 500;

/// The texts of a registration that are to be sealed.
struct Texts {
    id: Uuid,
    secret: String,
    previous_secret: Option<String>,
    headers: String,
}

impl Texts {
    /// The same texts, each replaced by what `seal` makes of it.
    fn try_map(
        &self,
        seal: impl Fn(Place, &str) -> Result<String, OpenError>,
    ) -> Result<Self, BoxError> {
        let place = |column| Place { column, row: self.id };
        let seal = |column, text: &str| {
            seal(place(column), text).map_err(|error| format!("`{column}` of {}: {error}", self.id))
        };
        Ok(Self {
            id: self.id,
            secret: seal(SECRET, &self.secret)?,
            previous_secret: self
                .previous_secret
                .as_deref()
                .map(|text| seal(PREVIOUS_SECRET, text))
                .transpose()?,
            headers: seal(HEADERS, &self.headers)?,
        })
    }
}

/// Seals what is in the clear.
pub(super) async fn seal_clear_texts(store: &SqliteStore) -> Result<(), StoreError> {
    let failed = store_error("migrate");
    let seal_clear = |place: Place, text: &str| {
        Ok(if text.starts_with(PREFIX) { text.to_owned() } else { store.keyring.seal(place, text) })
    };
    let mut sealed = false;
    loop {
        let mut transaction = store.write(Commit::Durable).await.map_err(&failed)?;
        let rows = find_others(&mut transaction, PREFIX, BATCH).await.map_err(&failed)?;
        if rows.is_empty() {
            break;
        }
        // What was in the clear is overwritten, and not only let go of.
        sqlx::query("PRAGMA secure_delete = ON")
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        for row in rows {
            let new = row.try_map(seal_clear).map_err(corrupt("registrations"))?;
            replace(&mut transaction, &row, &new).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        sealed = true;
    }
    if sealed { store.empty_log().await.map_err(failed) } else { Ok(()) }
}

/// Seals up to `limit` registrations anew that are not sealed with the first key, and returns how
/// many.
pub(super) async fn reseal(store: &SqliteStore, limit: u32) -> Result<u64, StoreError> {
    let failed = store_error("reseal");
    let mut transaction = store.write(Commit::Durable).await.map_err(&failed)?;
    let rows = find_others(&mut transaction, store.keyring.prefix(), limit.into())
        .await
        .map_err(&failed)?;
    let (mut resealed, mut broken) = (0, None);
    for row in rows {
        match row.try_map(|place, text| reseal_text(&store.keyring, place, text)) {
            Ok(new) => resealed += replace(&mut transaction, &row, &new).await.map_err(&failed)?,
            // The others go first: one that does not open must not keep them under an old key.
            Err(error) => broken = Some(error),
        }
    }
    transaction.commit().await.map_err(failed)?;
    match broken {
        Some(error) if resealed == 0 => Err(corrupt("registrations")(error)),
        _ => Ok(resealed),
    }
}

fn reseal_text(keyring: &Keyring, place: Place, text: &str) -> Result<String, OpenError> {
    if text.starts_with(keyring.prefix()) {
        return Ok(text.to_owned());
    }
    let opened: SecretString = keyring.open(place, text)?;
    Ok(keyring.seal(place, opened.expose_secret()))
}

/// Registrations with a text that does not begin with `prefix`.
async fn find_others(
    connection: &mut SqliteConnection,
    prefix: &str,
    limit: i64,
) -> Result<Vec<Texts>, sqlx::Error> {
    sqlx::query_as!(
        Texts,
        r#"
        SELECT id AS "id!: Uuid", secret, previous_secret, headers
        FROM registrations
        WHERE substr(secret, 1, length($1)) <> $1
            OR substr(headers, 1, length($1)) <> $1
            OR substr(previous_secret, 1, length($1)) <> $1
        ORDER BY id
        LIMIT $2
        "#,
        prefix,
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
        SET secret = $2, previous_secret = $3, headers = $4
        WHERE id = $1 AND secret = $5 AND previous_secret IS $6 AND headers = $7
        ",
        old.id,
        new.secret,
        new.previous_secret,
        new.headers,
        old.secret,
        old.previous_secret,
        old.headers,
    )
    .execute(connection)
    .await?;
    Ok(replaced.rows_affected())
}
