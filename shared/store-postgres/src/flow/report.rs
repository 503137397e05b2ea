//! How registrations do, for those who ask.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use postrider_domain::ports::{FlowReport, RegistrationHealth, StoreError};
use postrider_domain::{BoundedCount, Delivery, FlowState, RegistrationId, Visibility};
use sqlx::PgPool;
use uuid::Uuid;

use crate::errors::store_error;
use crate::rows::{DeliveryRow, FlowRow};

/// One more than is counted, to see whether there are more.
const BOUND: i64 = FlowReport::COUNT_LIMIT.cast_signed() + 1;

pub(super) async fn report(
    pool: &PgPool,
    visibility: Visibility,
    registration: RegistrationId,
) -> Result<Option<FlowReport>, StoreError> {
    let reports = reports(pool, visibility, &[registration.0], FlowReport::COUNT_LIMIT).await?;
    Ok(reports.into_iter().next().map(|(_, report)| report))
}

/// How several do, with their newest deliveries.
pub(super) async fn health(
    pool: &PgPool,
    visibility: Visibility,
    registrations: &[RegistrationId],
) -> Result<Vec<RegistrationHealth>, StoreError> {
    let ids: Vec<_> = registrations.iter().map(|registration| registration.0).collect();
    let reports = reports(pool, visibility, &ids, RegistrationHealth::COUNT_LIMIT).await?;
    let mut recent = recent(pool, reports.iter().map(|(id, _)| id.0).collect()).await?;
    let health = |(registration, flow)| RegistrationHealth {
        registration,
        flow,
        recent: recent.remove(&registration).unwrap_or_default(),
    };
    Ok(reports.into_iter().map(health).collect())
}

/// How those of `registrations` do that are visible, in the order of their ids.
async fn reports(
    pool: &PgPool,
    visibility: Visibility,
    registrations: &[Uuid],
    limit: u64,
) -> Result<Vec<(RegistrationId, FlowReport)>, StoreError> {
    let rows = sqlx::query_file_as!(
        FlowOfRow,
        "queries/flow_of.sql",
        registrations,
        visibility.owner().map(|owner| owner.0),
        limit.cast_signed() + 1,
    )
    .fetch_all(pool)
    .await
    .map_err(store_error("flow_of"))?;
    rows.into_iter().map(|row| row.into_report(limit)).collect()
}

/// The newest deliveries of each registration, the newest first.
async fn recent(
    pool: &PgPool,
    registrations: Vec<Uuid>,
) -> Result<HashMap<RegistrationId, Vec<Delivery>>, StoreError> {
    let rows = sqlx::query_as!(
        DeliveryRow,
        r#"
        -- recent_of
        SELECT
            d.id, d.event_id, d.registration_id, d.state, d.hold_reason, d.attempts, d.replays,
            d.bundle_id, d.bundle_size, d.created_at, d.wanted_at, d.settled_at, d.dead_reason,
            d.last_status, d.last_cause
        FROM unnest($1::uuid[]) AS wanted (id)
        CROSS JOIN LATERAL (
            SELECT *
            FROM deliveries AS w
            WHERE w.registration_id = wanted.id
            ORDER BY w.registration_id DESC, w.id DESC
            LIMIT $2
        ) AS d
        ORDER BY d.registration_id, d.id DESC
        "#,
        &registrations,
        i64::from(RegistrationHealth::MAX_RECENT),
    )
    .fetch_all(pool)
    .await
    .map_err(store_error("health_of"))?;
    let mut recent: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let delivery = Delivery::try_from(row)?;
        recent.entry(delivery.registration).or_default().push(delivery);
    }
    Ok(recent)
}

/// How a registration does.
struct FlowOfRow {
    id: Uuid,
    failing_since: Option<DateTime<Utc>>,
    breaker: String,
    breaker_until: Option<DateTime<Utc>>,
    probe_id: Option<Uuid>,
    trips: i16,
    opened_at: Option<DateTime<Utc>>,
    release_at: Option<DateTime<Utc>>,
    ramp_from: Option<DateTime<Utc>>,
    rate_at: Option<DateTime<Utc>>,
    died_told_at: Option<DateTime<Utc>>,
    held: i64,
    oldest_held_at: Option<DateTime<Utc>>,
    dead: i64,
}

impl FlowOfRow {
    /// Its report; counting stopped at `limit`.
    fn into_report(self, limit: u64) -> Result<(RegistrationId, FlowReport), StoreError> {
        let state = FlowState::try_from(FlowRow {
            registration_id: self.id,
            failing_since: self.failing_since,
            breaker: self.breaker,
            breaker_until: self.breaker_until,
            probe_id: self.probe_id,
            trips: self.trips,
            opened_at: self.opened_at,
            release_at: self.release_at,
            ramp_from: self.ramp_from,
            rate_at: self.rate_at,
            died_told_at: self.died_told_at,
        })?;
        let report = FlowReport {
            state,
            held: bounded(self.held, limit),
            oldest_held_at: self.oldest_held_at.map(Into::into),
            dead: bounded(self.dead, limit),
        };
        Ok((RegistrationId(self.id), report))
    }
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
    Ok(bounded(open, FlowReport::COUNT_LIMIT))
}

fn bounded(counted: i64, limit: u64) -> BoundedCount {
    BoundedCount::of(u64::try_from(counted).unwrap_or(0), limit)
}
