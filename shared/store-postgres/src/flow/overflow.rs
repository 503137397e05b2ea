//! Giving up what is held for too long, or too much of.

use std::collections::BTreeSet;

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{Overflow, OverflowProgress, Overfull, StoreError};
use postrider_domain::{
    DeliveryId, Event, FilterName, HoldPolicy, Ids, Notice, RegistrationId, Timestamp,
};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::discard::give_up as give_up_held;
use super::notices;
use crate::errors::store_error;
use postrider_domain::first_id;

/// The registrations for which more is held than `policy` allows.
pub(super) async fn find(
    pool: &PgPool,
    policy: &HoldPolicy,
    now: Timestamp,
) -> Result<Vec<Overfull>, sqlx::Error> {
    let oldest = now - policy.max_age;
    let rows = sqlx::query_file!(
        "queries/find_overflow.sql",
        i64::from(policy.max_count),
        first_id(oldest),
        oldest.to_utc(),
    )
    .fetch_all(pool)
    .await?;
    let overfull = rows.into_iter().map(|row| Overfull {
        registration: RegistrationId(row.registration_id),
        excess: row.excess.map(DeliveryId),
        looked_to: None,
    });
    Ok(overfull.collect())
}

/// Gives up to `limit` deliveries up, and tells of it.
pub(super) async fn give_up(
    pool: &PgPool,
    overfull: &[Overfull],
    policy: &HoldPolicy,
    ids: &Ids,
    now: Timestamp,
    limit: u32,
) -> Result<OverflowProgress, StoreError> {
    let failed = store_error("give_up_overflow");
    let mut transaction = pool.begin().await.map_err(&failed)?;
    let oldest =
        find_oldest(&mut transaction, overfull, policy, now, limit).await.map_err(&failed)?;
    let given_up = give_up_held(&mut *transaction, &oldest.locked, DeadReason::HoldOverflow, now)
        .await
        .map_err(&failed)?;
    let notices = notices_of(&mut transaction, &given_up, &oldest.locked, policy, ids, now)
        .await
        .map_err(&failed)?;
    notices::tell(&mut *transaction, &notices, now).await.map_err(&failed)?;
    transaction.commit().await.map_err(failed)?;
    let overflow = |(registration, deliveries)| Overflow { registration, deliveries };
    Ok(OverflowProgress {
        given_up: given_up.into_iter().map(overflow).collect(),
        left: oldest.left,
    })
}

/// The oldest of what is too much.
struct Oldest {
    /// Those that nobody else is working on.
    locked: Vec<Uuid>,
    /// What has not been looked at.
    left: Vec<Overfull>,
}

async fn find_oldest(
    connection: &mut PgConnection,
    overfull: &[Overfull],
    policy: &HoldPolicy,
    now: Timestamp,
    limit: u32,
) -> Result<Oldest, sqlx::Error> {
    let oldest = now - policy.max_age;
    let registrations: Vec<_> = overfull.iter().map(|overfull| overfull.registration.0).collect();
    let excesses: Vec<_> =
        overfull.iter().map(|overfull| overfull.excess.map(|delivery| delivery.0)).collect();
    let looked_to: Vec<_> = overfull
        .iter()
        .map(|overfull| overfull.looked_to.map_or(Uuid::nil(), |delivery| delivery.0))
        .collect();
    let rows = sqlx::query_file!(
        "queries/find_overflowing.sql",
        &registrations,
        &excesses as &[Option<Uuid>],
        &looked_to,
        first_id(oldest),
        oldest.to_utc(),
        i64::from(limit),
    )
    .fetch_all(connection)
    .await?;
    let left = match rows.last() {
        Some(last) if rows.len() >= limit as usize => {
            let place = usize::try_from(last.place - 1).unwrap_or(0);
            let mut left = overfull[place..].to_vec();
            left[0].looked_to = Some(DeliveryId(last.id));
            left
        }
        _ => Vec::new(),
    };
    let locked = rows.into_iter().filter(|row| row.is_locked).map(|row| row.id).collect();
    Ok(Oldest { locked, left })
}

/// What is to be told of what was given up: the `carriers`, and what went with them.
async fn notices_of(
    connection: &mut PgConnection,
    given_up: &[(RegistrationId, u64)],
    carriers: &[Uuid],
    policy: &HoldPolicy,
    ids: &Ids,
    now: Timestamp,
) -> Result<Vec<Event>, sqlx::Error> {
    let registrations: Vec<_> = given_up.iter().map(|(registration, _)| registration.0).collect();
    let told = take_turns(connection, &registrations, carriers, policy, now).await?;
    let subjects = notices::find_subjects(connection, &registrations).await?;
    let notices = given_up
        .iter()
        .filter(|(registration, _)| told.contains(&registration.0))
        .filter_map(|(registration, deliveries)| {
            let subject = subjects.get(registration)?;
            Some(Notice::of_overflow(*deliveries).event(subject, ids, now))
        });
    Ok(notices.collect())
}

/// Those of `registrations` whose owners are told now: they were not told lately, and not only notices
/// were given up. Notes that they are. One that is being deleted is not waited for.
async fn take_turns(
    connection: &mut PgConnection,
    registrations: &[Uuid],
    carriers: &[Uuid],
    policy: &HoldPolicy,
    now: Timestamp,
) -> Result<BTreeSet<Uuid>, sqlx::Error> {
    if registrations.is_empty() {
        return Ok(BTreeSet::new());
    }
    let told = sqlx::query_scalar!(
        r#"
        -- take_turns
        WITH concerned AS MATERIALIZED (
            SELECT r.id
            FROM registrations AS r
            LEFT JOIN registration_flow AS f ON f.registration_id = r.id
            WHERE r.id = ANY ($1)
                AND (f.overflow_told_at IS NULL OR f.overflow_told_at <= $3)
                AND (
                    EXISTS (
                        SELECT
                        FROM deliveries AS d
                        JOIN events AS e ON e.id = d.event_id
                        WHERE d.id = ANY ($2) AND d.registration_id = r.id AND e.filter <> $5
                    )
                    OR EXISTS (
                        SELECT
                        FROM deliveries AS d
                        JOIN events AS e ON e.id = d.event_id
                        WHERE d.bundle_id = ANY ($2) AND d.registration_id = r.id AND e.filter <> $5
                    )
                )
            ORDER BY r.id
            FOR KEY SHARE OF r SKIP LOCKED
        )
        INSERT INTO registration_flow AS f (registration_id, overflow_told_at)
        SELECT id, $4
        FROM concerned
        ORDER BY id
        ON CONFLICT (registration_id) DO UPDATE
        SET overflow_told_at = excluded.overflow_told_at
        WHERE f.overflow_told_at IS NULL OR f.overflow_told_at <= $3
        RETURNING f.registration_id
        "#,
        registrations,
        carriers,
        (now - policy.tell_every).to_utc(),
        now.to_utc(),
        FilterName::NOTICES,
    )
    .fetch_all(connection)
    .await?;
    Ok(told.into_iter().collect())
}
