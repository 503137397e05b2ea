//! Giving up what is on its way to registrations that are gone.
//!
//! There may be millions of deliveries, delivered ones among them, and no index that knows which of a
//! registration's are pending. So they are looked at in stretches, the newest first: the first of them
//! by who deletes the registration, the others later, by whoever looks after the store.

use postrider_domain::ports::{BURIED_AT_ONCE, Buried};
use postrider_domain::{RegistrationId, Timestamp, UserId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::SqliteStore;
use crate::pools::Commit;

/// A registration that is gone, and how far its deliveries have been looked at.
struct Deleted {
    registration_id: Uuid,
    position: Uuid,
}

/// What a stretch came to.
struct Stretch {
    looked: i64,
    dead: u64,
}

/// Notes that a registration is gone, and gives up what is newest of its deliveries.
pub(super) async fn begin(
    connection: &mut SqliteConnection,
    registration: RegistrationId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let deleted = sqlx::query_as!(
        Deleted,
        r#"
        INSERT INTO deleted_registrations (registration_id)
        VALUES ($1)
        RETURNING registration_id AS "registration_id!: Uuid", position AS "position!: Uuid"
        "#,
        registration.0,
    )
    .fetch_all(&mut *connection)
    .await?;
    look_at_all(connection, deleted, now).await
}

/// Notes that the registrations of `owner` are about to go, and gives up what is newest of their
/// deliveries.
pub(crate) async fn begin_all_of(
    connection: &mut SqliteConnection,
    owner: UserId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let deleted = sqlx::query_as!(
        Deleted,
        r#"
        INSERT INTO deleted_registrations (registration_id)
        SELECT id FROM registrations WHERE owner_id = $1
        RETURNING registration_id AS "registration_id!: Uuid", position AS "position!: Uuid"
        "#,
        owner.0,
    )
    .fetch_all(&mut *connection)
    .await?;
    look_at_all(connection, deleted, now).await
}

/// Looks at as much as may be looked at at once.
async fn look_at_all(
    connection: &mut SqliteConnection,
    deleted: Vec<Deleted>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let mut room = i64::from(BURIED_AT_ONCE);
    for deleted in deleted {
        let stretch = look(connection, &deleted, now, room).await?;
        room -= stretch.looked;
        if room <= 0 {
            break;
        }
    }
    Ok(())
}

/// Goes on with one of them, if there is one.
pub(crate) async fn go_on(
    store: &SqliteStore,
    now: Timestamp,
    limit: u32,
) -> Result<Buried, sqlx::Error> {
    let waiting = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM deleted_registrations) AS "waiting!: bool""#,
    )
    .fetch_one(&store.readers)
    .await?;
    // Nobody is kept from writing by a look at what is nearly always empty.
    if !waiting {
        return Ok(Buried::default());
    }
    let mut transaction = store.write(Commit::Relaxed).await?;
    let deleted = sqlx::query_as!(
        Deleted,
        r#"
        SELECT registration_id AS "registration_id!: Uuid", position AS "position!: Uuid"
        FROM deleted_registrations
        ORDER BY registration_id
        LIMIT 1
        "#,
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(deleted) = deleted else { return Ok(Buried::default()) };
    let stretch = look(&mut transaction, &deleted, now, i64::from(limit)).await?;
    transaction.commit().await?;
    // Another one may wait.
    Ok(Buried { deliveries: stretch.dead, more: true })
}

/// Gives up what is open among the next `limit` deliveries of one, and notes how far it has come.
async fn look(
    connection: &mut SqliteConnection,
    deleted: &Deleted,
    now: Timestamp,
    limit: i64,
) -> Result<Stretch, sqlx::Error> {
    let looked = sqlx::query!(
        r#"
        SELECT count(*) AS "rows!: i64", min(id) AS "last?: Uuid"
        FROM (
            SELECT id
            FROM deliveries INDEXED BY deliveries_registration
            WHERE registration_id = $1 AND id < $2
            ORDER BY id DESC
            LIMIT $3
        )
        "#,
        deleted.registration_id,
        deleted.position,
        limit,
    )
    .fetch_one(&mut *connection)
    .await?;
    let now = now.as_micros();
    let dead = sqlx::query!(
        "
        UPDATE deliveries INDEXED BY deliveries_registration
        SET state = 'dead', dead_reason = 'registration_deleted', hold_reason = NULL,
            due_at = NULL, released_at = NULL, settled_at = $4
        WHERE registration_id = $1 AND id < $2 AND id >= $3 AND state IN ('pending', 'held')
        ",
        deleted.registration_id,
        deleted.position,
        looked.last,
        now,
    )
    .execute(&mut *connection)
    .await?;
    let position = looked.last.filter(|_| looked.rows >= limit);
    note(connection, deleted.registration_id, position).await?;
    Ok(Stretch { looked: looked.rows, dead: dead.rows_affected() })
}

/// Notes how far one has come; without a position it is done.
async fn note(
    connection: &mut SqliteConnection,
    registration: Uuid,
    position: Option<Uuid>,
) -> Result<(), sqlx::Error> {
    match position {
        Some(position) => {
            sqlx::query!(
                "UPDATE deleted_registrations SET position = $2 WHERE registration_id = $1",
                registration,
                position,
            )
            .execute(connection)
            .await?;
        }
        None => {
            sqlx::query!(
                "DELETE FROM deleted_registrations WHERE registration_id = $1",
                registration,
            )
            .execute(connection)
            .await?;
        }
    }
    Ok(())
}
