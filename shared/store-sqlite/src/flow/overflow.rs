//! Giving up what is held for too long, or beyond what may be held.

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{Overflow, OverflowProgress, Overfull};
use postrider_domain::{
    DeliveryId, FilterName, HoldPolicy, Ids, Notice, RegistrationId, Timestamp,
};
use sqlx::{SqliteConnection, SqlitePool};
use uuid::Uuid;

use super::notices;
use crate::deliveries::{Given, give_up as give_up_held};
use crate::json::id_list;

/// From when on things are not held for too long.
struct Bound {
    /// The smallest id that a delivery of an event of that time can have.
    id: DeliveryId,
    micros: i64,
}

impl Bound {
    fn of(policy: &HoldPolicy, now: Timestamp) -> Self {
        let oldest = now - policy.max_age;
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&oldest.as_millis().to_be_bytes()[2..]);
        Self { id: DeliveryId(Uuid::from_bytes(bytes)), micros: oldest.as_micros() }
    }
}

/// The registrations for which more is held than `policy` allows. Found out beside those who write:
/// what is above the bounds now is above them a moment later, unless it has gone.
pub(super) async fn find(
    readers: &SqlitePool,
    policy: &HoldPolicy,
    now: Timestamp,
) -> Result<Vec<Overfull>, sqlx::Error> {
    let bound = Bound::of(policy, now);
    let rows =
        sqlx::query_file!("queries/find_overflow.sql", policy.max_count, bound.id.0, bound.micros)
            .fetch_all(readers)
            .await?;
    let overfull = rows.into_iter().map(|row| Overfull {
        registration: RegistrationId(row.registration_id),
        excess: row.excess.map(DeliveryId),
        looked_to: None,
    });
    Ok(overfull.collect())
}

/// Gives up to `limit` deliveries up, and what goes with them, and tells of it.
pub(super) async fn give_up(
    connection: &mut SqliteConnection,
    overfull: &[Overfull],
    policy: &HoldPolicy,
    ids: &Ids,
    now: Timestamp,
    limit: u32,
) -> Result<OverflowProgress, sqlx::Error> {
    let mut progress = OverflowProgress::default();
    let mut room = limit as usize;
    for (place, one) in overfull.iter().enumerate() {
        let oldest = find_oldest(connection, one, policy, now, room).await?;
        room -= oldest.len();
        let deliveries = give_up_held(connection, &oldest, DeadReason::HoldOverflow, now).await?;
        if deliveries > 0 {
            let overflow = Overflow { registration: one.registration, deliveries };
            if takes_its_turn(connection, one.registration, &oldest, policy, now).await? {
                tell(connection, overflow, ids, now).await?;
            }
            progress.given_up.push(overflow);
        }
        if room == 0 {
            progress.left = overfull[place..].to_vec();
            let last = oldest.last().map(|given| DeliveryId(given.id));
            progress.left[0].looked_to = last.or(one.looked_to);
            break;
        }
    }
    Ok(progress)
}

async fn find_oldest(
    connection: &mut SqliteConnection,
    overfull: &Overfull,
    policy: &HoldPolicy,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Given>, sqlx::Error> {
    let bound = Bound::of(policy, now);
    let (excess, looked_to) = (
        overfull.excess.map(|delivery| delivery.0),
        overfull.looked_to.map_or(Uuid::nil(), |delivery| delivery.0),
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    sqlx::query_file_as!(
        Given,
        "queries/find_overflowing.sql",
        overfull.registration.0,
        excess,
        bound.id.0,
        bound.micros,
        limit,
        looked_to,
    )
    .fetch_all(connection)
    .await
}

/// Whether the owner of a registration is told now: they were not told lately, and not only notices
/// were given up. Notes that they are.
async fn takes_its_turn(
    connection: &mut SqliteConnection,
    registration: RegistrationId,
    carriers: &[Given],
    policy: &HoldPolicy,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let carriers = id_list(carriers.iter().map(|given| given.id));
    let (told_before, now) = ((now - policy.tell_every).as_micros(), now.as_micros());
    let noted = sqlx::query!(
        "
        INSERT INTO registration_flow (registration_id, overflow_told_at)
        SELECT r.id, $4
        FROM registrations AS r
        WHERE r.id = $1
            AND (
                EXISTS (
                    SELECT 1
                    FROM json_each($2) AS carrier
                    CROSS JOIN deliveries AS d ON d.id = unhex(carrier.value, '-')
                    CROSS JOIN events AS e ON e.id = d.event_id
                    WHERE e.filter <> $5
                )
                OR EXISTS (
                    SELECT 1
                    FROM json_each($2) AS carrier
                    CROSS JOIN deliveries AS d ON d.bundle_id = unhex(carrier.value, '-')
                    CROSS JOIN events AS e ON e.id = d.event_id
                    WHERE e.filter <> $5
                )
            )
        ON CONFLICT (registration_id) DO UPDATE
        SET overflow_told_at = excluded.overflow_told_at
        WHERE overflow_told_at IS NULL OR overflow_told_at <= $3
        ",
        registration.0,
        carriers,
        told_before,
        now,
        FilterName::NOTICES,
    )
    .execute(connection)
    .await?;
    Ok(noted.rows_affected() > 0)
}

async fn tell(
    connection: &mut SqliteConnection,
    overflow: Overflow,
    ids: &Ids,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let registration = overflow.registration;
    let subjects = notices::find_subjects(connection, [registration].into_iter()).await?;
    let Some(subject) = subjects.get(&registration) else { return Ok(()) };
    notices::tell(connection, Notice::of_overflow(overflow.deliveries), subject, ids, now).await
}
