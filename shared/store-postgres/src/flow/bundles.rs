//! Letting several events go in one delivery.

use postrider_domain::flow::{Bundle, Candidate, form_bundles};
use postrider_domain::{DeliveryId, RegistrationId, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

/// The most rows that are locked for one registration in a call.
const MAX_ROWS: u32 = 2000;

/// How many bundles of a registration may go, and how many events each carries.
#[derive(Debug, Clone, Copy)]
pub(super) struct BundleQuota {
    pub(super) registration: RegistrationId,
    pub(super) bundles: u32,
    pub(super) events: u16,
}

/// A held delivery that may go.
struct Free {
    registration_id: Uuid,
    candidate: Candidate,
}

/// Lets go of the oldest bundles; how many deliveries carry them.
pub(super) async fn release(
    connection: &mut PgConnection,
    quotas: &[BundleQuota],
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    if quotas.is_empty() {
        return Ok(0);
    }
    let free = lock_oldest(connection, quotas).await?;
    let bundles: Vec<_> = quotas
        .iter()
        .flat_map(|quota| {
            let own = free.iter().filter(|free| free.registration_id == quota.registration.0);
            let own = own.map(|free| &free.candidate);
            form_bundles(own, quota.bundles as usize, quota.events.into())
        })
        .collect();
    write(connection, &bundles, now).await?;
    Ok(bundles.len() as u64)
}

async fn lock_oldest(
    connection: &mut PgConnection,
    quotas: &[BundleQuota],
) -> Result<Vec<Free>, sqlx::Error> {
    let registrations: Vec<_> = quotas.iter().map(|quota| quota.registration.0).collect();
    let most: Vec<_> = quotas
        .iter()
        .map(|quota| quota.bundles.saturating_mul(quota.events.into()).min(MAX_ROWS).cast_signed())
        .collect();
    let rows = sqlx::query!(
        r#"
        -- lock_oldest: the size of data is known without reading it.
        SELECT
            quota.registration_id AS "registration_id!",
            oldest.id,
            oldest.goes_alone AS "goes_alone!",
            COALESCE(octet_length(e.data), 0)::bigint AS "bytes!"
        FROM unnest($1::uuid[], $2::integer[]) AS quota (registration_id, most)
        CROSS JOIN LATERAL (
            SELECT d.id, d.event_id, d.bundle_size > 1 OR d.attempts > 0 OR d.replays > 0 AS goes_alone
            FROM deliveries AS d
            WHERE d.registration_id = quota.registration_id
                AND d.state = 'held'
                AND d.bundle_id IS NULL
            ORDER BY d.id
            LIMIT quota.most
            FOR UPDATE SKIP LOCKED
        ) AS oldest
        LEFT JOIN events AS e ON e.id = oldest.event_id
        ORDER BY oldest.id
        "#,
        &registrations,
        &most,
    )
    .fetch_all(connection)
    .await?;
    let free = rows.into_iter().map(|row| Free {
        registration_id: row.registration_id,
        candidate: Candidate {
            delivery: DeliveryId(row.id),
            bytes: row.bytes.cast_unsigned(),
            goes_alone: row.goes_alone,
        },
    });
    Ok(free.collect())
}

async fn write(
    connection: &mut PgConnection,
    bundles: &[Bundle],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let (mut ids, mut carriers, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    for bundle in bundles {
        let size = i16::try_from(bundle.events()).unwrap_or(i16::MAX);
        ids.push(bundle.carrier.0);
        carriers.push(None);
        // One that goes alone keeps what it carries.
        sizes.push((size > 1).then_some(size));
        for member in &bundle.members {
            ids.push(member.0);
            carriers.push(Some(bundle.carrier.0));
            sizes.push(None);
        }
    }
    sqlx::query!(
        r#"
        -- release_bundles
        UPDATE deliveries AS d
        SET
            state = CASE WHEN b.carrier IS NULL THEN 'pending' ELSE 'held' END,
            hold_reason = CASE WHEN b.carrier IS NOT NULL THEN 'bundled' END,
            bundle_id = b.carrier,
            bundle_size = COALESCE(b.size, d.bundle_size),
            wanted_at = CASE WHEN b.carrier IS NULL THEN $4 ELSE d.wanted_at END,
            due_at = CASE WHEN b.carrier IS NULL THEN $4 END,
            released_at = CASE WHEN b.carrier IS NULL THEN $4 END
        FROM unnest($1::uuid[], $2::uuid[], $3::smallint[]) AS b (id, carrier, size)
        WHERE d.id = b.id
        "#,
        &ids,
        &carriers as &[Option<Uuid>],
        &sizes as &[Option<i16>],
        now.to_utc(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
