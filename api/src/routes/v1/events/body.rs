//! Reading publish requests: parsed once, every mistake named.

use postrider_domain::{NewEvent, Submission};

use super::idempotency::Keys;
use super::reader::{EventReader, SentEvent};
use crate::error::{ApiError, Violations};
use crate::extract::JsonBody;

/// The most events of one request.
pub(super) const MAX_EVENTS: usize = 1_000;

/// What a request holds.
pub(super) enum Sent<'a> {
    One(Box<SentEvent<'a>>),
    Many(Vec<SentEvent<'a>>),
}

impl<'a> Sent<'a> {
    pub(super) fn parse(body: &'a JsonBody) -> Result<Self, ApiError> {
        let first = body.0.iter().find(|byte| !byte.is_ascii_whitespace());
        if first == Some(&b'[') {
            body.parse().map(Self::Many)
        } else {
            body.parse().map(|event| Self::One(Box::new(event)))
        }
    }

    /// The filters of the events, as they were written.
    pub(super) fn filters(&self) -> impl Iterator<Item = &str> {
        self.events().iter().map(|event| &*event.filter)
    }

    fn events(&self) -> &[SentEvent<'a>] {
        match self {
            Self::One(event) => std::slice::from_ref(event),
            Self::Many(events) => events,
        }
    }
}

/// What it takes to make events out of what was sent.
pub(super) struct Publication<'a> {
    pub(super) event: EventReader<'a>,
    pub(super) keys: &'a Keys,
}

impl Publication<'_> {
    /// Checks everything that was sent, and makes the submission of it.
    pub(super) fn read(&self, sent: &Sent<'_>) -> Result<Submission, ApiError> {
        let mut violations = Violations::default();
        let events = sent.events();
        if events.is_empty() || events.len() > MAX_EVENTS {
            violations.add("", format!("a request has 1 to {MAX_EVENTS} events"));
            return Err(violations.into());
        }
        let mut submission = Submission::with_capacity(events.len());
        for (index, event) in events.iter().enumerate() {
            self.event.check_size(event.data, || format!("event {index}"))?;
            if let Sent::Many(_) = sent {
                violations.enter(index);
            }
            submission.extend(self.read_event(index, event, &mut violations));
        }
        violations.into_result()?;
        Ok(submission)
    }

    /// The event, or none if there is a mistake in it, which is noted then.
    fn read_event(
        &self,
        index: usize,
        sent: &SentEvent<'_>,
        violations: &mut Violations,
    ) -> Option<NewEvent> {
        let event = self.event.read(sent, violations)?;
        let key = self.keys.of_event(index, sent, &event);
        Some(NewEvent { event, key })
    }
}
