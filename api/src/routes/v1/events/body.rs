//! Reading published events: parsed once, every mistake named, `data` kept to the byte.

use std::borrow::Cow;

use postrider_domain::{
    Audience, Event, FilterName, Ids, Invalid, NewEvent, Resource, Submission, Timestamp, UserId,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::idempotency::Keys;
use crate::error::{ApiError, Code, Violations};
use crate::extract::{IdempotencyKey, JsonBody};
use crate::filters::FilterSnapshot;

/// The most events of one request.
pub(super) const MAX_EVENTS: usize = 1_000;
/// The longest actor, in bytes.
const MAX_ACTOR: usize = 512;

/// An event as its publisher wrote it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SentEvent<'a> {
    #[serde(borrow)]
    pub(super) filter: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    pub(super) event_type: Cow<'a, str>,
    pub(super) resource: Resource,
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) occurred_at: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) actor: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) audience: Option<Vec<Cow<'a, str>>>,
}

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
    pub(super) publisher: UserId,
    pub(super) filters: &'a FilterSnapshot,
    pub(super) max_event_bytes: usize,
    pub(super) keys: &'a Keys,
    pub(super) now: Timestamp,
    pub(super) ids: &'a Ids,
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
            self.check_size(index, event)?;
            if let Sent::Many(_) = sent {
                violations.enter(index);
            }
            submission.extend(self.read_event(index, event, &mut violations));
        }
        violations.into_result()?;
        Ok(submission)
    }

    fn check_size(&self, index: usize, event: &SentEvent<'_>) -> Result<(), ApiError> {
        let bytes = event.data.map_or(0, |data| data.get().len());
        if bytes <= self.max_event_bytes {
            return Ok(());
        }
        Err(ApiError::new(Code::TooLarge).detail(format!(
            "the `data` of event {index} has {bytes} bytes; {} are allowed",
            self.max_event_bytes
        )))
    }

    /// The event, or none if there is a mistake in it, which is noted then.
    fn read_event(
        &self,
        index: usize,
        sent: &SentEvent<'_>,
        violations: &mut Violations,
    ) -> Option<NewEvent> {
        let filter = violations.check("/filter", self.read_filter(&sent.filter));
        let event_type = violations.check("/type", sent.event_type.parse());
        let resource = violations.check("/resource", sent.resource.validate());
        let actor = violations.check("/actor", sent.actor.as_deref().map_or(Ok(()), check_actor));
        let id = violations.check("/id", sent.id.as_deref().map_or(Ok(()), IdempotencyKey::check));
        let occurred_at = sent.occurred_at.as_deref().map_or(Ok(self.now), str::parse);
        let occurred_at = violations.check("/occurredAt", occurred_at);
        let audience = sent.audience.as_ref().map(Audience::parse).transpose();
        let audience = violations.check("/audience", audience);
        resource.and(actor).and(id)?;

        let event = Event {
            id: self.ids.next(),
            filter: filter?,
            event_type: event_type?,
            resource: sent.resource.clone(),
            actor: sent.actor.as_deref().map(str::to_owned),
            occurred_at: occurred_at?,
            accepted_at: self.now,
            data: sent.data.map(ToOwned::to_owned),
            publisher: Some(self.publisher),
            audience: audience?,
        };
        let key = self.keys.of_event(index, sent, &event);
        Some(NewEvent { event, key })
    }

    fn read_filter(&self, name: &str) -> Result<FilterName, Invalid> {
        let filter: FilterName = name.parse()?;
        let registered = self.filters.resolve(name).cloned();
        registered.ok_or_else(|| Invalid::new(format!("there is no filter `{filter}`")))
    }
}

fn check_actor(actor: &str) -> Result<(), Invalid> {
    if actor.len() <= MAX_ACTOR && !actor.contains('\0') {
        return Ok(());
    }
    Err(Invalid::new(format!("an actor has at most {MAX_ACTOR} bytes and no NUL character")))
}
