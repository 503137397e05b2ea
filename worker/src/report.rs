//! Telling the store how receivers do, so that all workers and the scheduler know.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postrider_batcher::Batcher;
use postrider_domain::ports::StoreError;
use postrider_domain::{
    Clock, HealthReport, Ids, RegistrationId, Report, Timestamp, Transition, causes,
};
use tracing::{info, warn};

use crate::health::{Health, HealthPolicy, Seen};
use crate::store::PatientFlows;
use crate::{Metrics, Tools};

/// Looks after the receivers of all registrations.
pub(crate) struct Reporter {
    known: Mutex<Known>,
    policy: HealthPolicy,
    clock: Arc<dyn Clock>,
    batches: Batcher<HealthReport, (), StoreError>,
}

struct Known {
    healths: HashMap<RegistrationId, Health>,
    swept_at: Timestamp,
}

impl Reporter {
    pub(crate) fn start(store: PatientFlows, tools: &Tools<'_>) -> Self {
        let (policy, clock) = (tools.config.health_policy(), Arc::clone(tools.clock));
        let teller = Arc::new(Teller {
            store,
            ids: tools.ids.clone(),
            policy,
            metrics: tools.metrics.clone(),
        });
        let batches = Batcher::start(
            tools.config.records(),
            tools.tracker,
            |_| 1,
            move |reports| Arc::clone(&teller).tell(reports),
        );
        let known = Known { healths: HashMap::new(), swept_at: clock.now() };
        Self { known: Mutex::new(known), policy, clock, batches }
    }

    /// Takes in an attempt that is on record, and tells what follows from it. What the store does not
    /// take however often it is told is given up. The attempts to come tell it again, but for what a
    /// probe found: nothing else goes to its receiver, until the store lets another probe go.
    pub(crate) async fn saw(&self, registration: RegistrationId, seen: &Seen<'_>) {
        let reports = self.reports_of(registration, seen);
        for report in reports {
            if self
                .batches
                .submit(HealthReport { registration, began: seen.started_at, report })
                .await
                .is_err()
            {
                let mut known = self.known();
                known.healths.entry(registration).or_default().told_nothing();
                return;
            }
        }
    }

    fn reports_of(&self, registration: RegistrationId, seen: &Seen<'_>) -> Vec<Report> {
        let now = self.clock.now();
        let mut known = self.known();
        known.sweep(&self.policy, now);
        known.healths.entry(registration).or_default().saw(seen, &self.policy, now)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Forgets registrations that nothing happened to, so that those of a window are all there are.
    fn sweep(&mut self, policy: &HealthPolicy, now: Timestamp) {
        if now.since(self.swept_at) >= policy.window {
            self.swept_at = now;
            self.healths.retain(|_, health| !health.is_stale(policy, now));
        }
    }
}

/// The side that talks to the store.
struct Teller {
    store: PatientFlows,
    ids: Ids,
    policy: HealthPolicy,
    metrics: Metrics,
}

impl Teller {
    async fn tell(self: Arc<Self>, reports: Vec<HealthReport>) -> Result<Vec<()>, StoreError> {
        let told = self.store.report(&reports, &self.policy.breaker, &self.ids).await;
        match told {
            Ok(transitions) => {
                for (registration, transition) in transitions {
                    self.metrics.receivers.transitions(transition).inc();
                    log(registration, transition);
                }
                Ok(vec![(); reports.len()])
            }
            Err(error) => {
                self.metrics.receivers.report_failures.inc_by(reports.len() as u64);
                warn!(
                    error = %causes(&error),
                    reports = reports.len(),
                    "the store was not told how receivers do"
                );
                Err(error)
            }
        }
    }
}

fn log(registration: RegistrationId, transition: Transition) {
    match transition {
        Transition::Opened { until } => {
            warn!(
                registration.id = %registration,
                %until,
                "a receiver fails too often and is left alone for a while"
            );
        }
        Transition::Closed => {
            info!(registration.id = %registration, "a receiver is back");
        }
        Transition::Disabled { reason } => {
            warn!(registration.id = %registration, %reason, "a registration was switched off");
        }
        Transition::Died => {
            warn!(registration.id = %registration, "deliveries to a registration are given up");
        }
    }
}
