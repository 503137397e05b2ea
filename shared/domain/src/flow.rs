//! How deliveries flow to one registration: whether its receiver does well, and when what is held for
//! it may go.
//!
//! Everything here is a pure function of the state that a store keeps, what happened, and the time;
//! stores load the state under a lock, apply one of these functions, and write it back.

mod breaker;
mod bundle;
mod release;
mod sharing;

pub use breaker::{BreakerPolicy, HealthReport, Report, Transition};
pub use bundle::{Bundle, Candidate, form_bundles};
pub use release::{Release, ReleasePolicy, Waiting};
pub use sharing::{Due, share_out};

use crate::{DeliveryId, Timestamp};

/// Whether a registration's receiver is called at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Breaker {
    /// It is.
    #[default]
    Closed,
    /// It failed too often: nothing goes until `until`, when one delivery tries.
    Open {
        /// When a probe may go.
        until: Timestamp,
    },
    /// One delivery tries.
    HalfOpen {
        /// When the probe counts as lost, so that another one goes.
        until: Timestamp,
        /// The one that tries.
        probe: DeliveryId,
    },
}

impl Breaker {
    /// The name of the state in the store, the API and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen { .. } => "half_open",
        }
    }
}

/// What the workers and the scheduler share about a registration. One that was never anything but
/// well has none, which is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlowState {
    /// The first failure since the last success.
    pub failing_since: Option<Timestamp>,
    /// Whether the receiver is called.
    pub breaker: Breaker,
    /// How often in a row the breaker opened: the pause grows with it.
    pub trips: u16,
    /// When it opened first.
    pub opened_at: Option<Timestamp>,
    /// When the scheduler looks next at what is held; `None` when there is nothing to look for.
    pub release_at: Option<Timestamp>,
    /// Since when releasing meets no resistance: the number of those let go grows with it.
    pub ramp_from: Option<Timestamp>,
    /// A rate: when the next one may go.
    pub rate_at: Option<Timestamp>,
    /// When its owner was last told that deliveries die.
    pub died_told_at: Option<Timestamp>,
}

impl FlowState {
    /// The state after its owner changed the registration or it was resumed: a new beginning, for the
    /// receiver may be another one, and what is held may go.
    pub fn fresh(now: Timestamp) -> Self {
        Self { release_at: Some(now), ramp_from: Some(now), ..Self::default() }
    }
}
