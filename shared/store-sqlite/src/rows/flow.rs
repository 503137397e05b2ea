//! Rows of `registration_flow`.

use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{Breaker, DeliveryId, FlowState, RegistrationId, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::errors::corrupt;

/// What is kept of how a registration does.
pub(crate) struct FlowRow {
    pub(crate) failing_since: Option<i64>,
    pub(crate) breaker: String,
    pub(crate) breaker_until: Option<i64>,
    pub(crate) probe_id: Option<Uuid>,
    pub(crate) trips: i64,
    pub(crate) opened_at: Option<i64>,
    pub(crate) release_at: Option<i64>,
    pub(crate) ramp_from: Option<i64>,
    pub(crate) rate_at: Option<i64>,
    pub(crate) died_told_at: Option<i64>,
}

impl TryFrom<FlowRow> for FlowState {
    type Error = StoreError;

    fn try_from(row: FlowRow) -> Result<Self, StoreError> {
        state(&row).map_err(corrupt("registration_flow"))
    }
}

fn state(row: &FlowRow) -> Result<FlowState, BoxError> {
    let time = |micros: Option<i64>| micros.map(Timestamp::from_micros);
    Ok(FlowState {
        failing_since: time(row.failing_since),
        breaker: breaker(row)?,
        trips: row.trips.try_into()?,
        opened_at: time(row.opened_at),
        release_at: time(row.release_at),
        ramp_from: time(row.ramp_from),
        rate_at: time(row.rate_at),
        died_told_at: time(row.died_told_at),
    })
}

fn breaker(row: &FlowRow) -> Result<Breaker, BoxError> {
    let until = row.breaker_until.map(Timestamp::from_micros);
    match (row.breaker.as_str(), until, row.probe_id) {
        ("closed", ..) => Ok(Breaker::Closed),
        ("open", Some(until), _) => Ok(Breaker::Open { until }),
        ("half_open", Some(until), Some(probe)) => {
            Ok(Breaker::HalfOpen { until, probe: DeliveryId(probe) })
        }
        (other, ..) => Err(format!("`{other}` is no breaker, or lacks its time or probe").into()),
    }
}

/// The values of a row, as one of a batch.
#[derive(Serialize)]
pub(crate) struct FlowValues {
    registration: Uuid,
    failing_since: Option<i64>,
    breaker: &'static str,
    breaker_until: Option<i64>,
    probe: Option<Uuid>,
    trips: u16,
    opened_at: Option<i64>,
    release_at: Option<i64>,
    ramp_from: Option<i64>,
    rate_at: Option<i64>,
    died_told_at: Option<i64>,
}

impl FlowValues {
    /// The values that `state` of `registration` has.
    pub(crate) fn new(registration: RegistrationId, state: &FlowState) -> Self {
        let micros = |time: Option<Timestamp>| time.map(Timestamp::as_micros);
        let (breaker_until, probe) = match state.breaker {
            Breaker::Closed => (None, None),
            Breaker::Open { until } => (Some(until), None),
            Breaker::HalfOpen { until, probe } => (Some(until), Some(probe.0)),
        };
        Self {
            registration: registration.0,
            failing_since: micros(state.failing_since),
            breaker: state.breaker.name(),
            breaker_until: micros(breaker_until),
            probe,
            trips: state.trips,
            opened_at: micros(state.opened_at),
            release_at: micros(state.release_at),
            ramp_from: micros(state.ramp_from),
            rate_at: micros(state.rate_at),
            died_told_at: micros(state.died_told_at),
        }
    }
}
