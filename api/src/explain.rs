//! Why a registration is told of an event, or is not: the checks that dispatching and claiming make,
//! one by one, in words for those who wonder.
//!
//! It says what holds now. What decides of a delivery is the statement that creates it.

use postrider_domain::ports::{Accessed, Store, StoreError};
use postrider_domain::{
    Access, Breaker, DisableReason, Disabled, Event, FilterName, FilterSet, FlowState,
    Registration, Timestamp, User, WhilePaused, causes,
};
use serde::Serialize;

/// What is looked at, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Check {
    Filter,
    Owner,
    Audience,
    Permission,
    Condition,
    Registration,
}

/// What came of a check.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) check: Check,
    pub(crate) passed: bool,
    pub(crate) explanation: String,
}

fn passed(explanation: impl Into<String>) -> (bool, String) {
    (true, explanation.into())
}

fn failed(explanation: impl Into<String>) -> (bool, String) {
    (false, explanation.into())
}

/// Explains what a registration is told of.
pub(crate) struct Explainer<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) registration: &'a Registration,
    pub(crate) owner: &'a User,
    pub(crate) flow: &'a FlowState,
    pub(crate) now: Timestamp,
}

impl Explainer<'_> {
    /// Makes every check. Of an event that is `expunged` the data is gone.
    pub(crate) async fn explain(
        &self,
        event: &Event,
        expunged: bool,
    ) -> Result<Vec<Reason>, StoreError> {
        let checks = [
            (Check::Filter, self.filter(event)),
            (Check::Owner, self.owner()),
            (Check::Audience, self.audience(event)),
            (Check::Permission, self.permission(event).await?),
            (Check::Condition, self.condition(event, expunged)),
            (Check::Registration, self.registration()),
        ];
        let reason = |(check, (passed, explanation))| Reason { check, passed, explanation };
        Ok(checks.map(reason).into())
    }

    fn filter(&self, event: &Event) -> (bool, String) {
        let (filters, filter) = (&self.registration.filters, &event.filter);
        let named = filters.keys().any(|key| key == filter.key());
        if named {
            return passed(format!("asks for {filter}"));
        }
        if !filters.matches(filter) {
            let asked: Vec<_> = filters.iter().collect();
            return failed(format!("asks for {}, not for {filter}", asked.join(", ")));
        }
        if filter.is_reserved() {
            let all = FilterSet::WILDCARD;
            return failed(format!("asks for `{all}`, and {filter} has to be asked for by name"));
        }
        passed("asks for every event")
    }

    fn owner(&self) -> (bool, String) {
        let name = &self.owner.name;
        if self.owner.disabled {
            return failed(format!("its owner, {name}, is switched off"));
        }
        passed(format!("its owner, {name}, is switched on"))
    }

    fn audience(&self, event: &Event) -> (bool, String) {
        if event.filter.is_reserved() && self.owner.administrator {
            return passed("administrators are told of every notice");
        }
        let Some(audience) = &event.audience else {
            return passed("it is for everybody who may read it");
        };
        let name = &self.owner.name;
        if audience.keys().contains(&name.key()) {
            return passed(format!("{name} is among those whom it is for"));
        }
        failed(format!("it is for others than {name}"))
    }

    async fn permission(&self, event: &Event) -> Result<(bool, String), StoreError> {
        let name = &self.owner.name;
        if event.filter.is_reserved() {
            return Ok(passed("a notice takes no permission"));
        }
        if self.owner.administrator {
            return Ok(passed(format!("{name} is an administrator, who may read everything")));
        }
        let resource =
            Accessed { id: &event.resource.id, category: event.resource.category.as_deref() };
        let access = self.store.access_of(self.owner.id, &event.filter, Some(resource)).await?;
        let thing = thing(&event.filter, &event.resource.id);
        if access.is_some_and(|access| access.allows(Access::READ)) {
            return Ok(passed(format!("{name} has Read on {thing}")));
        }
        Ok(failed(format!("no Read on {thing}: {name} may not be told of it")))
    }

    fn condition(&self, event: &Event, expunged: bool) -> (bool, String) {
        let Some(condition) = &self.registration.condition else {
            return passed("there is no condition");
        };
        if expunged {
            return failed(
                "the payload of the event was removed, so that nobody can tell any more",
            );
        }
        match condition.holds(event) {
            Ok(true) => passed("the condition is true"),
            Ok(false) => failed("the condition is false"),
            Err(error) => {
                failed(format!("the condition could not be evaluated: {}", causes(&error)))
            }
        }
    }

    /// Whether it is sent now. What is held is received, only later.
    fn registration(&self) -> (bool, String) {
        let registration = self.registration;
        let expired = registration.secret_expires_at.filter(|at| *at <= self.now);
        // Given up before it could be held for anything.
        if registration.paused && registration.options.while_paused == WhilePaused::Discard {
            return failed("paused: it would be discarded");
        }
        if let Some(Disabled { at, reason }) = registration.disabled {
            let reason = match reason {
                DisableReason::Gone => "its receiver answered 410 Gone",
                DisableReason::Failing => "its receiver did nothing but fail",
            };
            return passed(format!("switched off at {at}, since {reason}: it would be held"));
        }
        if registration.paused {
            return passed("paused: it would be held");
        }
        if let Some(at) = expired {
            return passed(format!("its secret expired at {at}: it would be held"));
        }
        match self.flow.breaker {
            Breaker::Open { until } | Breaker::HalfOpen { until, .. } => passed(format!(
                "its receiver failed too often and is left alone until {until}: it would be held"
            )),
            Breaker::Closed => passed("nothing keeps it from being sent"),
        }
    }
}

/// A resource in words: `report 42`.
fn thing(kind: &FilterName, id: &str) -> String {
    let key = kind.key();
    let one = match key.as_str() {
        "alerts" => "alert",
        "categories" => "category",
        "connections" => "connection",
        "reports" => "report",
        "tasks" => "task",
        _ => kind.as_str(),
    };
    format!("{one} {id}")
}
