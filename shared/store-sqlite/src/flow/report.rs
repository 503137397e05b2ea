//! How registrations do.

use std::collections::HashMap;

use postrider_domain::ports::{FlowReport, RegistrationHealth, StoreError};
use postrider_domain::{BoundedCount, Delivery, FlowState, RegistrationId, Timestamp, Visibility};
use sqlx::SqlitePool;
use uuid::Uuid;

use crate::errors::store_error;
use crate::json::id_list;
use crate::rows::{DeliveryRow, FlowRow};

/// Where counting stops in a statement: one more tells that there are more.
const LIMIT: i64 = FlowReport::COUNT_LIMIT.cast_signed() + 1;

pub(super) async fn find(
    readers: &SqlitePool,
    visibility: Visibility,
    registration: RegistrationId,
) -> Result<Option<FlowReport>, StoreError> {
    let reports = reports(readers, visibility, &[registration], FlowReport::COUNT_LIMIT).await?;
    Ok(reports.into_iter().next().map(|(_, report)| report))
}

/// How several do, with their newest deliveries.
pub(super) async fn health(
    readers: &SqlitePool,
    visibility: Visibility,
    registrations: &[RegistrationId],
) -> Result<Vec<RegistrationHealth>, StoreError> {
    let limit = RegistrationHealth::COUNT_LIMIT;
    let reports = reports(readers, visibility, registrations, limit).await?;
    let mut recent = recent(readers, id_list(reports.iter().map(|(id, _)| id.0))).await?;
    let health = |(registration, flow)| RegistrationHealth {
        registration,
        flow,
        recent: recent.remove(&registration).unwrap_or_default(),
    };
    Ok(reports.into_iter().map(health).collect())
}

/// The newest deliveries of each registration, the newest first.
async fn recent(
    readers: &SqlitePool,
    registrations: String,
) -> Result<HashMap<RegistrationId, Vec<Delivery>>, StoreError> {
    let most = i64::from(RegistrationHealth::MAX_RECENT);
    let rows = sqlx::query_file_as!(DeliveryRow, "queries/recent_of.sql", registrations, most)
        .fetch_all(readers)
        .await
        .map_err(store_error("health_of"))?;
    let mut recent: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let delivery = Delivery::try_from(row)?;
        recent.entry(delivery.registration).or_default().push(delivery);
    }
    Ok(recent)
}

/// How those of `registrations` do that are visible, in the order of their ids.
async fn reports(
    readers: &SqlitePool,
    visibility: Visibility,
    registrations: &[RegistrationId],
    limit: u64,
) -> Result<Vec<(RegistrationId, FlowReport)>, StoreError> {
    let owner = visibility.owner().map(|owner| owner.0);
    let registrations = id_list(registrations.iter().map(|registration| registration.0));
    let bound = limit.cast_signed() + 1;
    let rows = sqlx::query_file!("queries/flow_of.sql", registrations, owner, bound)
        .fetch_all(readers)
        .await
        .map_err(store_error("flow_of"))?;
    let mut reports = Vec::with_capacity(rows.len());
    for row in rows {
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
        let report = FlowReport {
            state,
            held: counted(row.held, limit),
            oldest_held_at: row.oldest_held_at.map(Timestamp::from_micros),
            dead: counted(row.dead, limit),
        };
        reports.push((RegistrationId(row.id), report));
    }
    Ok(reports)
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
    Ok(counted(open, FlowReport::COUNT_LIMIT))
}

fn counted(rows: i64, limit: u64) -> BoundedCount {
    BoundedCount::of(u64::try_from(rows).unwrap_or(0), limit)
}
