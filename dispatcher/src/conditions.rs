//! Judging the conditions of registrations that match an event.
//!
//! It is done here and not in the statement that matches, since no database evaluates the standard's
//! expressions. A condition can only take away: who may be told was decided before, in that statement.

use std::sync::Arc;

use moka::sync::Cache;
use postrider_domain::condition::{self, Condition};
use postrider_domain::ports::{Conditional, Judged};
use postrider_domain::{EventId, Invalid, causes};
use serde_json::Value;
use tracing::warn;

use crate::Metrics;

/// What conditions that stay parsed may take, in bytes. Most take little, and most registrations with
/// one share few.
const KEPT: u64 = 64 * 1024 * 1024;

/// A condition as it is stored, parsed; the error is that of a text that no longer parses.
type Parsed = Arc<Result<Condition, Invalid>>;

/// Judges conditions, and keeps those it has parsed. Clones share them.
#[derive(Clone)]
pub(crate) struct Conditions {
    parsed: Cache<String, Parsed>,
    metrics: Metrics,
}

/// What is left of matches after their conditions were judged.
pub(crate) struct Judgement {
    /// Every event that was judged about.
    pub(crate) events: Vec<EventId>,
    /// The matches that hold, and those that cannot be judged.
    pub(crate) matches: Vec<Judged>,
}

impl Conditions {
    pub(crate) fn new(metrics: Metrics) -> Self {
        let weigh = |text: &String, parsed: &Parsed| {
            let footprint = parsed.as_ref().as_ref().map_or(0, Condition::footprint);
            u32::try_from(text.len() + footprint).unwrap_or(u32::MAX)
        };
        let parsed = Cache::builder().weigher(weigh).max_capacity(KEPT).build();
        Self { parsed, metrics }
    }

    /// Judges all matches on a thread of its own: a large event with a long condition takes a while,
    /// and nothing else should wait for it.
    pub(crate) async fn judge(&self, conditional: Vec<Conditional>) -> Judgement {
        let judge = self.clone();
        tokio::task::spawn_blocking(move || judge.judge_all(&conditional))
            .await
            .expect("judging does not panic")
    }

    fn judge_all(&self, conditional: &[Conditional]) -> Judgement {
        let matches = conditional.iter().flat_map(|one| self.judge_one(one)).collect();
        Judgement { events: conditional.iter().map(|one| one.event.id).collect(), matches }
    }

    fn judge_one(&self, conditional: &Conditional) -> Vec<Judged> {
        let Conditional { event, registrations } = conditional;
        // One document serves all the conditions on it.
        let document = condition::document(event).map_err(|error| causes(&error).to_string());
        let judged = registrations.iter().filter_map(|(registration, text)| {
            let holds = match &document {
                Ok(document) => self.holds(text, document),
                Err(problem) => Err(problem.clone()),
            };
            self.metrics.dispatch.condition_judged(holds.as_ref().ok().copied());
            if let Err(problem) = &holds {
                warn!(
                    event.id = %event.id,
                    registration.id = %registration,
                    problem,
                    "a condition cannot be judged, its delivery is dead"
                );
            }
            let judged = |holds| Judged { event: event.id, registration: *registration, holds };
            match holds {
                Ok(true) => Some(judged(true)),
                Ok(false) => None,
                Err(_) => Some(judged(false)),
            }
        });
        judged.collect()
    }

    fn holds(&self, text: &str, document: &Value) -> Result<bool, String> {
        let parsed = self.parsed.get_with_by_ref(text, || Arc::new(text.parse()));
        let condition = (*parsed).as_ref().map_err(|invalid| causes(invalid).to_string())?;
        condition.holds_in(document).map_err(|error| causes(&error).to_string())
    }
}

#[cfg(test)]
mod tests {
    use postrider_domain::{Clock, Event, Ids, RegistrationId, Resource, Timestamp};
    use prometheus::Registry;

    use super::*;

    struct Epoch;
    impl Clock for Epoch {
        fn now(&self) -> Timestamp {
            Timestamp::EPOCH
        }
    }

    fn event(ids: &Ids, data: &str) -> Event {
        Event {
            id: ids.next(),
            filter: "reports".parse().unwrap(),
            event_type: "Added".parse().unwrap(),
            resource: Resource { id: "42".into(), name: None, category: None },
            actor: None,
            occurred_at: Timestamp::EPOCH,
            accepted_at: Timestamp::EPOCH,
            data: Some(serde_json::value::RawValue::from_string(data.into()).unwrap()),
            publisher: None,
            audience: None,
        }
    }

    #[tokio::test]
    async fn what_holds_and_what_cannot_be_judged_is_named_and_what_does_not_hold_is_not() {
        let ids = Ids::seeded(Arc::new(Epoch), 1);
        let registrations: [RegistrationId; 3] = [ids.next(), ids.next(), ids.next()];
        let texts = ["@.data.pages > 5", "@.data.pages > 50", "this was never one"];
        let conditional = Conditional {
            event: event(&ids, r#"{"pages": 12}"#),
            registrations: registrations.into_iter().zip(texts.map(String::from)).collect(),
        };
        let event = conditional.event.id;
        let conditions = Conditions::new(Metrics::new(&Registry::new()).unwrap());

        let judgement = conditions.judge(vec![conditional]).await;
        assert_eq!(judgement.events, [event]);
        let expected = [(registrations[0], true), (registrations[2], false)]
            .map(|(registration, holds)| Judged { event, registration, holds });
        assert_eq!(judgement.matches, expected);
    }
}
