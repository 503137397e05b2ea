//! How a registration does, as clients see it.

use postrider_domain::ports::FlowReport;
use postrider_domain::{BoundedCount, Breaker, FlowState, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::schema;

/// Whether a registration's receiver does well, and what waits for it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowView {
    state: FlowStateName,
    /// The first failure since the last success.
    #[schema(required, value_type = Option<schema::Time>)]
    failing_since: Option<Timestamp>,
    /// When one delivery tries whether the receiver is back, or the one that tries counts as lost.
    #[schema(required, value_type = Option<schema::Time>)]
    breaker_until: Option<Timestamp>,
    /// Deliveries that are held, counted up to 10,000, and up to 1,000 where many registrations are asked
    /// for.
    held: HeldView,
    /// Deliveries that were given up, counted likewise.
    dead: CountView,
}

/// Whether a receiver does well.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FlowStateName {
    /// The last attempt succeeded, or there was none.
    Healthy,
    /// The last attempts failed.
    Failing,
    /// It failed too often, and is left alone for a while.
    Open,
    /// One delivery tries whether it is back.
    HalfOpen,
}

/// A count that stops somewhere.
#[derive(Serialize, ToSchema)]
pub(in crate::routes::v1) struct CountView {
    count: u64,
    /// Whether there are more.
    more: bool,
}

impl From<BoundedCount> for CountView {
    fn from(counted: BoundedCount) -> Self {
        Self { count: counted.count, more: counted.more }
    }
}

/// What is held.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HeldView {
    count: u64,
    /// Whether there are more.
    more: bool,
    /// When the event of the oldest of them was accepted.
    #[schema(required, value_type = Option<schema::Time>)]
    oldest_at: Option<Timestamp>,
}

impl FlowStateName {
    fn of(state: &FlowState) -> Self {
        match (state.breaker, state.failing_since) {
            (Breaker::Open { .. }, _) => Self::Open,
            (Breaker::HalfOpen { .. }, _) => Self::HalfOpen,
            (Breaker::Closed, Some(_)) => Self::Failing,
            (Breaker::Closed, None) => Self::Healthy,
        }
    }
}

impl FlowView {
    /// Whether it says that all is well and nothing waits.
    pub(super) fn is_quiet(&self) -> bool {
        matches!(self.state, FlowStateName::Healthy) && self.held.count == 0 && self.dead.count == 0
    }
}

impl From<FlowReport> for FlowView {
    fn from(report: FlowReport) -> Self {
        Self {
            state: FlowStateName::of(&report.state),
            failing_since: report.state.failing_since,
            breaker_until: match report.state.breaker {
                Breaker::Closed => None,
                Breaker::Open { until } | Breaker::HalfOpen { until, .. } => Some(until),
            },
            held: HeldView {
                count: report.held.count,
                more: report.held.more,
                oldest_at: report.oldest_held_at,
            },
            dead: report.dead.into(),
        }
    }
}
