//! Rows of `registration_flow`.

use chrono::{DateTime, Utc};
use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{Breaker, DeliveryId, FlowState, RegistrationId, Timestamp};
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::errors::corrupt;

/// How a registration does.
pub(crate) struct FlowRow {
    pub(crate) registration_id: Uuid,
    pub(crate) failing_since: Option<DateTime<Utc>>,
    pub(crate) breaker: String,
    pub(crate) breaker_until: Option<DateTime<Utc>>,
    pub(crate) probe_id: Option<Uuid>,
    pub(crate) trips: i16,
    pub(crate) opened_at: Option<DateTime<Utc>>,
    pub(crate) release_at: Option<DateTime<Utc>>,
    pub(crate) ramp_from: Option<DateTime<Utc>>,
    pub(crate) rate_at: Option<DateTime<Utc>>,
    pub(crate) died_told_at: Option<DateTime<Utc>>,
}

impl TryFrom<FlowRow> for FlowState {
    type Error = StoreError;

    fn try_from(row: FlowRow) -> Result<Self, StoreError> {
        flow(&row).map_err(corrupt("registration_flow"))
    }
}

fn flow(row: &FlowRow) -> Result<FlowState, BoxError> {
    let breaker = match (row.breaker.as_str(), row.breaker_until, row.probe_id) {
        ("closed", ..) => Breaker::Closed,
        ("open", Some(until), _) => Breaker::Open { until: until.into() },
        ("half_open", Some(until), Some(probe)) => {
            Breaker::HalfOpen { until: until.into(), probe: DeliveryId(probe) }
        }
        _ => return Err(format!("the breaker of {} is half of one", row.registration_id).into()),
    };
    Ok(FlowState {
        failing_since: row.failing_since.map(Into::into),
        breaker,
        trips: row.trips.try_into()?,
        opened_at: row.opened_at.map(Into::into),
        release_at: row.release_at.map(Into::into),
        ramp_from: row.ramp_from.map(Into::into),
        rate_at: row.rate_at.map(Into::into),
        died_told_at: row.died_told_at.map(Into::into),
    })
}

/// A state that was loaded under a lock, to be written back.
pub(crate) struct LoadedFlow {
    pub(crate) registration: RegistrationId,
    pub(crate) state: FlowState,
}

impl TryFrom<FlowRow> for LoadedFlow {
    type Error = StoreError;

    fn try_from(row: FlowRow) -> Result<Self, StoreError> {
        let registration = RegistrationId(row.registration_id);
        Ok(Self { registration, state: row.try_into()? })
    }
}

/// Writes states back whose rows the transaction holds.
pub(crate) async fn save_flows(
    executor: impl PgExecutor<'_>,
    flows: &[LoadedFlow],
) -> Result<(), sqlx::Error> {
    let states = || flows.iter().map(|flow| &flow.state);
    let times = |time: fn(&FlowState) -> Option<Timestamp>| -> Vec<_> {
        states().map(|state| time(state).map(Timestamp::to_utc)).collect()
    };
    let registrations: Vec<_> = flows.iter().map(|flow| flow.registration.0).collect();
    let breakers: Vec<_> = states().map(|state| state.breaker.name()).collect();
    let probes: Vec<_> = states().map(|state| probe(state.breaker)).collect();
    let trips: Vec<_> =
        states().map(|state| i16::try_from(state.trips).unwrap_or(i16::MAX)).collect();
    sqlx::query!(
        r#"
        -- save_flows
        UPDATE registration_flow AS f
        SET
            failing_since = s.failing_since, breaker = s.breaker, breaker_until = s.breaker_until,
            probe_id = s.probe_id, trips = s.trips, opened_at = s.opened_at,
            release_at = s.release_at, ramp_from = s.ramp_from, rate_at = s.rate_at,
            died_told_at = s.died_told_at
        FROM unnest(
            $1::uuid[], $2::timestamptz[], $3::text[], $4::timestamptz[], $5::uuid[],
            $6::smallint[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[],
            $10::timestamptz[], $11::timestamptz[]
        ) AS s (
            registration_id, failing_since, breaker, breaker_until, probe_id, trips, opened_at,
            release_at, ramp_from, rate_at, died_told_at
        )
        WHERE f.registration_id = s.registration_id
        "#,
        &registrations,
        &times(|state| state.failing_since) as &[Option<_>],
        &breakers as &[&str],
        &times(|state| until(state.breaker)) as &[Option<_>],
        &probes as &[Option<Uuid>],
        &trips,
        &times(|state| state.opened_at) as &[Option<_>],
        &times(|state| state.release_at) as &[Option<_>],
        &times(|state| state.ramp_from) as &[Option<_>],
        &times(|state| state.rate_at) as &[Option<_>],
        &times(|state| state.died_told_at) as &[Option<_>],
    )
    .execute(executor)
    .await?;
    Ok(())
}

fn until(breaker: Breaker) -> Option<Timestamp> {
    match breaker {
        Breaker::Closed => None,
        Breaker::Open { until } | Breaker::HalfOpen { until, .. } => Some(until),
    }
}

fn probe(breaker: Breaker) -> Option<Uuid> {
    match breaker {
        Breaker::Closed | Breaker::Open { .. } => None,
        Breaker::HalfOpen { probe, .. } => Some(probe.0),
    }
}
