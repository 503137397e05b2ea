//! How registrations do.

use postrider_domain::ports::{FlowReport, StoreError};
use postrider_domain::{BoundedCount, FlowState, RegistrationId, Timestamp, Visibility};
use sqlx::SqlitePool;
use uuid::Uuid;

use crate::errors::store_error;
use crate::rows::FlowRow;

/// Where counting stops in a statement: one more tells that there are more.
const LIMIT: i64 = FlowReport::COUNT_LIMIT.cast_signed() + 1;

pub(super) async fn find(
    readers: &SqlitePool,
    visibility: Visibility,
    registration: RegistrationId,
) -> Result<Option<FlowReport>, StoreError> {
    let owner = visibility.owner().map(|owner| owner.0);
    let row = sqlx::query_file!("queries/flow_of.sql", registration.0, owner, LIMIT)
        .fetch_optional(readers)
        .await
        .map_err(store_error("flow_of"))?;
    let Some(row) = row else { return Ok(None) };
    let state = FlowState::try_from(FlowRow {
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
        held: counted(row.held),
        oldest_held_at: row.oldest_held_at.map(Timestamp::from_micros),
        dead: counted(row.dead),
    }))
}

pub(super) async fn count_breakers(readers: &SqlitePool) -> Result<BoundedCount, sqlx::Error> {
    let open = sqlx::query_scalar!(
        "
        SELECT count(*)
        FROM (
            SELECT 1
            FROM registration_flow INDEXED BY registration_flow_breaker
            WHERE breaker <> 'closed'
            LIMIT $1
        )
        ",
        LIMIT,
    )
    .fetch_one(readers)
    .await?;
    Ok(counted(open))
}

fn counted(rows: i64) -> BoundedCount {
    BoundedCount::of(u64::try_from(rows).unwrap_or(0), FlowReport::COUNT_LIMIT)
}
