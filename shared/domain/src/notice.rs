//! Notices: what the product itself has to tell, as events under a filter of their own.
//!
//! Told are administrators, and the owner of the registration; only those of their registrations that
//! ask for the filter by name. `*` does not include it: who asks for all reports does not mean alarms.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::attempt::text_enum;
use crate::{
    Audience, Event, EventType, FilterName, Ids, Invalid, RegistrationId, Resource, Timestamp,
    Transition, UserName,
};

text_enum! {
    /// What a notice tells.
    NoticeKind {
        /// A registration was switched off.
        RegistrationDisabled = "RegistrationDisabled",
        /// A registration's receiver failed so often that it is left alone for a while.
        BreakerOpened = "BreakerOpened",
        /// A registration's receiver is back.
        BreakerClosed = "BreakerClosed",
        /// Deliveries were held for too long, or too many of them, and were given up. Told once in a
        /// while.
        HoldOverflowed = "HoldOverflowed",
        /// Deliveries were given up after their last attempt. Told once in a while.
        DeliveryDied = "DeliveryDied",
    }
}

/// Whom a notice is about.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeSubject {
    /// The registration.
    pub registration: RegistrationId,
    /// Its owner, who is told.
    pub owner: UserName,
    /// Scheme and host of its URI: the rest may carry a credential.
    pub origin: String,
    /// What its owner calls it.
    pub description: Option<String>,
}

/// What is told of a registration.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// What.
    pub kind: NoticeKind,
    /// More about it: members of the event's data.
    pub details: Map<String, Value>,
}

impl Notice {
    /// That a receiver's health changed; `failing_since` is when the failures began that it is about.
    pub fn of_transition(transition: Transition, failing_since: Option<Timestamp>) -> Self {
        let time = |time: Timestamp| Value::from(time.to_string());
        let (kind, detail) = match transition {
            Transition::Opened { until } => {
                (NoticeKind::BreakerOpened, Some(("until", time(until))))
            }
            Transition::Closed => (NoticeKind::BreakerClosed, None),
            Transition::Disabled { reason } => {
                (NoticeKind::RegistrationDisabled, Some(("reason", reason.as_str().into())))
            }
            Transition::Died => (NoticeKind::DeliveryDied, None),
        };
        let since = failing_since.map(|since| ("failingSince", time(since)));
        Self::new(kind, detail.into_iter().chain(since))
    }

    /// That so many deliveries were given up which had been held.
    pub fn of_overflow(deliveries: u64) -> Self {
        Self::new(NoticeKind::HoldOverflowed, [("deliveries", deliveries.into())])
    }

    fn new(kind: NoticeKind, details: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let details = details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { kind, details }
    }

    /// The event that tells it.
    pub fn event(self, subject: &NoticeSubject, ids: &Ids, now: Timestamp) -> Event {
        let mut data = Map::new();
        data.insert("registration".into(), subject.registration.to_string().into());
        data.insert("target".into(), subject.origin.clone().into());
        data.extend(self.details);
        Event {
            id: ids.next(),
            filter: FilterName::notices(),
            event_type: self.kind.as_str().parse::<EventType>().expect("letters"),
            resource: Resource {
                id: subject.registration.to_string(),
                name: subject.description.as_deref().map(shortened),
                category: None,
            },
            actor: None,
            occurred_at: now,
            accepted_at: now,
            data: Some(
                serde_json::value::to_raw_value(&data).expect("a map with texts for keys is JSON"),
            ),
            publisher: None,
            audience: Some(Audience::parse([subject.owner.as_str()]).expect("it is a user's name")),
        }
    }
}

/// As much of a text as a resource's name may have.
fn shortened(text: &str) -> String {
    let end = text.floor_char_boundary(Resource::MAX_LENGTH);
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Clock;
    use crate::registration::DisableReason;

    struct Epoch;
    impl Clock for Epoch {
        fn now(&self) -> Timestamp {
            Timestamp::EPOCH
        }
    }

    #[test]
    fn a_notice_is_a_valid_event_for_the_owner_about_the_registration() {
        let ids = Ids::seeded(Arc::new(Epoch), 1);
        let subject = NoticeSubject {
            registration: ids.next(),
            owner: "Ada".parse().unwrap(),
            origin: "https://hooks.example".into(),
            description: Some("é".repeat(400)),
        };
        for kind in NoticeKind::ALL {
            let notice = Notice::new(*kind, [("reason", "gone".into())]);
            let event = notice.event(&subject, &ids, Timestamp::EPOCH);
            event.resource.validate().unwrap();
            assert!(event.filter.is_reserved());
            assert_eq!(event.audience.unwrap().keys(), ["ada"]);
            assert!(event.data.unwrap().get().contains("\"reason\":\"gone\""));
        }
    }

    #[test]
    fn a_transition_is_told_with_what_belongs_to_it() {
        let (until, since) = (Timestamp::from_micros(2_000_000), Timestamp::EPOCH);
        let told = |transition, since| {
            let Notice { kind, details } = Notice::of_transition(transition, since);
            (kind, Value::from(details))
        };
        let opened = told(Transition::Opened { until }, Some(since));
        let details =
            serde_json::json!({ "until": until.to_string(), "failingSince": since.to_string() });
        assert_eq!(opened, (NoticeKind::BreakerOpened, details));
        let disabled = told(Transition::Disabled { reason: DisableReason::Gone }, None);
        assert_eq!(
            disabled,
            (NoticeKind::RegistrationDisabled, serde_json::json!({ "reason": "gone" }))
        );
        assert_eq!(
            told(Transition::Closed, None),
            (NoticeKind::BreakerClosed, serde_json::json!({}))
        );
    }
}
