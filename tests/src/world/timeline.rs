//! The history of a delivery as a story can assert it whole.

use std::fmt::Write;

use postrider_domain::ports::DeliveryReport;
use postrider_domain::{DeliveryId, EventId, RegistrationId, Visibility};

use super::World;

impl World {
    /// The delivery of an event to a registration, with its attempts.
    ///
    /// # Panics
    /// When there is none.
    pub async fn delivery(&self, event: EventId, registration: RegistrationId) -> DeliveryReport {
        self.store
            .find_delivery(Visibility::All, DeliveryId::derive(event, registration))
            .await
            .expect("the store answers")
            .expect("the delivery exists")
    }

    /// One line per attempt (when, which, what came of it) and one for where the delivery stands.
    pub async fn timeline(&self, event: EventId, registration: RegistrationId) -> String {
        let report = self.delivery(event, registration).await;
        let mut text = String::new();
        for attempt in &report.attempts {
            let seconds = attempt.started_at.since(report.delivery.created_at).as_secs();
            let status = attempt.outcome.status().map_or("-".into(), |status| status.to_string());
            let cause = attempt.outcome.cause().map_or("", |cause| cause.as_str());
            writeln!(text, "+{seconds}s attempt {} {status} {cause}", attempt.number)
                .expect("text grows");
        }
        let reason = report.delivery.dead_reason.map_or("", |reason| reason.as_str());
        write!(text, "{} {reason}", report.delivery.state).expect("text grows");
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }
}
