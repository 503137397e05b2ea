//! Giving up what is on its way to registrations that are gone.
//!
//! There may be millions of deliveries, delivered ones among them, and no index that knows which of a
//! registration's are pending. So they are looked at in stretches, the newest first: the first of them
//! by who deletes the registration, the others later, by whoever looks after the store. Nothing new
//! comes meanwhile, but for what a dispatch creates at this very moment: a claim finds that.

use postrider_domain::Timestamp;
use postrider_domain::ports::{BURIED_AT_ONCE, Buried};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A registration that is gone, and how far its deliveries have been looked at.
struct Deleted {
    registration_id: Uuid,
    position: Uuid,
}

/// What a stretch came to.
struct Stretch {
    looked: i64,
    dead: i64,
    last: Option<Uuid>,
}

/// Notes that `registrations` are gone, and gives up what is newest of theirs.
pub(super) async fn begin(
    connection: &mut PgConnection,
    registrations: &[Uuid],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let deleted = sqlx::query_as!(
        Deleted,
        r#"
        INSERT INTO deleted_registrations (registration_id)
        SELECT unnest($1::uuid[])
        RETURNING registration_id, position
        "#,
        registrations,
    )
    .fetch_all(&mut *connection)
    .await?;
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

/// Goes on with one of them, if there is one that nobody else is at.
pub(crate) async fn go_on(
    pool: &PgPool,
    now: Timestamp,
    limit: u32,
) -> Result<Buried, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let deleted = sqlx::query_as!(
        Deleted,
        r#"
        SELECT registration_id, position
        FROM deleted_registrations
        ORDER BY registration_id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
        "#,
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(deleted) = deleted else { return Ok(Buried::default()) };
    let stretch = look(&mut transaction, &deleted, now, i64::from(limit)).await?;
    transaction.commit().await?;
    // Another one may wait.
    Ok(Buried { deliveries: u64::try_from(stretch.dead).unwrap_or(0), more: true })
}

/// Gives up what is open among the next `limit` deliveries of one, and notes how far it has come. They
/// are locked in the order in which everybody locks them; whoever is working on one is waited for.
async fn look(
    connection: &mut PgConnection,
    deleted: &Deleted,
    now: Timestamp,
    limit: i64,
) -> Result<Stretch, sqlx::Error> {
    let stretch = sqlx::query_as!(
        Stretch,
        r#"
        -- bury_deliveries
        WITH looked AS MATERIALIZED (
            SELECT id, state
            FROM deliveries
            WHERE registration_id = $1 AND id < $2
            ORDER BY id DESC
            LIMIT $3
        ),
        locked AS MATERIALIZED (
            SELECT d.id
            FROM looked
            JOIN deliveries AS d ON d.id = looked.id
            WHERE looked.state IN ('pending', 'held')
            ORDER BY d.id
            FOR UPDATE OF d
        ),
        dead AS (
            UPDATE deliveries AS d
            SET state = 'dead', dead_reason = 'registration_deleted', hold_reason = NULL,
                due_at = NULL, released_at = NULL, settled_at = $4
            FROM locked
            WHERE d.id = locked.id AND d.state IN ('pending', 'held')
            RETURNING d.id
        )
        SELECT
            (SELECT count(*) FROM looked) AS "looked!",
            (SELECT count(*) FROM dead) AS "dead!",
            (SELECT id FROM looked ORDER BY id LIMIT 1) AS last
        "#,
        deleted.registration_id,
        deleted.position,
        limit,
        now.to_utc(),
    )
    .fetch_one(&mut *connection)
    .await?;
    let position = stretch.last.filter(|_| stretch.looked >= limit);
    note(connection, deleted.registration_id, position).await?;
    Ok(stretch)
}

/// Notes how far one has come; without a position it is done.
async fn note(
    connection: &mut PgConnection,
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
