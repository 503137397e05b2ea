//! How registrations do, for those who ask.

use postrider_domain::ports::{FlowReport, StoreError};
use postrider_domain::{BoundedCount, FlowState, RegistrationId, Visibility};
use sqlx::PgPool;

use crate::errors::store_error;
use crate::rows::FlowRow;

/// One more than is counted, to see whether there are more.
const BOUND: i64 = FlowReport::COUNT_LIMIT.cast_signed() + 1;

pub(super) async fn report(
    pool: &PgPool,
    visibility: Visibility,
    registration: RegistrationId,
) -> Result<Option<FlowReport>, StoreError> {
    let row = sqlx::query!(
        r#"
        -- flow_of
        SELECT
            f.failing_since AS "failing_since?",
            COALESCE(f.breaker, 'closed') AS "breaker!",
            f.breaker_until AS "breaker_until?",
            f.probe_id AS "probe_id?",
            COALESCE(f.trips, 0::smallint) AS "trips!",
            f.opened_at AS "opened_at?",
            f.release_at AS "release_at?",
            f.ramp_from AS "ramp_from?",
            f.rate_at AS "rate_at?",
            f.died_told_at AS "died_told_at?",
            (SELECT count(*) FROM (
                SELECT FROM deliveries AS d
                WHERE d.registration_id = r.id AND d.state = 'held'
                LIMIT $3
            ) AS bounded) AS "held!",
            (
                SELECT e.accepted_at
                FROM (
                    SELECT d.event_id
                    FROM deliveries AS d
                    WHERE d.registration_id = r.id AND d.state = 'held'
                    ORDER BY d.id
                    LIMIT 1
                ) AS oldest
                JOIN events AS e ON e.id = oldest.event_id
            ) AS oldest_held_at,
            (SELECT count(*) FROM (
                SELECT FROM deliveries AS d
                WHERE d.registration_id = r.id AND d.state = 'dead'
                LIMIT $3
            ) AS bounded) AS "dead!"
        FROM registrations AS r
        LEFT JOIN registration_flow AS f ON f.registration_id = r.id
        WHERE r.id = $1 AND ($2::uuid IS NULL OR r.owner_id = $2)
        "#,
        registration.0,
        visibility.owner().map(|owner| owner.0),
        BOUND,
    )
    .fetch_optional(pool)
    .await
    .map_err(store_error("flow_of"))?;
    let Some(row) = row else { return Ok(None) };
    let state = FlowState::try_from(FlowRow {
        registration_id: registration.0,
        failing_since: row.failing_since,
        breaker: row.breaker,
        breaker_until: row.breaker_until,
        probe_id: row.probe_id,
        trips: row.trips,
        opened_at: row.opened_at,
        release_at: row.release_at,
        ramp_from: row.ramp_from,
        rate_at: row.rate_at,
        died_told_at: row.died_told_at,
    })?;
    Ok(Some(FlowReport {
        state,
        held: bounded(row.held),
        oldest_held_at: row.oldest_held_at.map(Into::into),
        dead: bounded(row.dead),
    }))
}

/// How many breakers are not closed.
pub(super) async fn open_breakers(pool: &PgPool) -> Result<BoundedCount, sqlx::Error> {
    let open = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "open!"
        FROM (SELECT FROM registration_flow WHERE breaker <> 'closed' LIMIT $1) AS bounded
        "#,
        BOUND,
    )
    .fetch_one(pool)
    .await?;
    Ok(bounded(open))
}

fn bounded(counted: i64) -> BoundedCount {
    BoundedCount::of(u64::try_from(counted).unwrap_or(0), FlowReport::COUNT_LIMIT)
}
