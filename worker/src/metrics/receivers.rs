//! What is counted of receivers that do not do well.

use postrider_domain::Transition;
use postrider_runtime::Registrar;
use prometheus::{IntCounter, IntCounterVec, IntGauge};

const TRANSITIONS: [&str; 4] = ["opened", "closed", "disabled", "died"];

/// How receivers do.
#[derive(Clone)]
pub(crate) struct Receivers {
    transitions: IntCounterVec,
    /// Deliveries that were parked.
    pub(crate) parked: IntCounter,
    /// Registrations whose receiver hangs.
    pub(crate) stalled: IntGauge,
    /// Reports of how receivers do that were not told.
    pub(crate) report_failures: IntCounter,
}

impl Receivers {
    pub(super) fn new(new: Registrar<'_>) -> prometheus::Result<Self> {
        Ok(Self {
            transitions: new.counters(
                "postrider_registration_transitions_total",
                "Changes in how registrations do that this worker brought about: breakers that opened or closed, registrations switched off, owners told that deliveries die.",
                "transition",
                TRANSITIONS,
            )?,
            parked: new.counter(
                "postrider_deliveries_parked_total",
                "Deliveries that were claimed and held, since their receiver had as many requests as it may have.",
            )?,
            stalled: new.gauge(
                "postrider_registrations_stalled",
                "Registrations that use all their places, and whose receiver has not answered for a while.",
            )?,
            report_failures: new.counter(
                "postrider_report_failures_total",
                "Reports of how receivers do that the store did not take; later attempts repeat them.",
            )?,
        })
    }

    /// Transitions of a kind.
    pub(crate) fn transitions(&self, transition: Transition) -> IntCounter {
        let [opened, closed, disabled, died] = TRANSITIONS;
        let name = match transition {
            Transition::Opened { .. } => opened,
            Transition::Closed => closed,
            Transition::Disabled { .. } => disabled,
            Transition::Died => died,
        };
        self.transitions.with_label_values(&[name])
    }
}
