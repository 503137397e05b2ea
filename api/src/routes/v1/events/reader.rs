//! Reading events: every mistake named, `data` kept to the byte.

use std::borrow::Cow;

use postrider_domain::{Audience, Event, FilterName, Ids, Invalid, Resource, Timestamp, UserId};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::App;
use crate::error::{ApiError, Code, Violations};
use crate::extract::{Caller, IdempotencyKey};
use crate::filters::{FilterSnapshot, reserved};

/// The longest actor, in bytes.
const MAX_ACTOR: usize = 512;

/// An event as its publisher wrote it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::routes::v1) struct SentEvent<'a> {
    #[serde(borrow)]
    pub(in crate::routes::v1) filter: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    pub(in crate::routes::v1) event_type: Cow<'a, str>,
    pub(in crate::routes::v1) resource: Resource,
    #[serde(borrow)]
    pub(in crate::routes::v1) data: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) occurred_at: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) actor: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) audience: Option<Vec<Cow<'a, str>>>,
}

/// What it takes to make an event out of what was written.
pub(in crate::routes::v1) struct EventReader<'a> {
    publisher: UserId,
    filters: &'a FilterSnapshot,
    max_event_bytes: usize,
    now: Timestamp,
    ids: &'a Ids,
}

impl<'a> EventReader<'a> {
    /// For events of `caller` under these filters.
    pub(in crate::routes::v1) fn new(
        app: &'a App,
        caller: &Caller,
        filters: &'a FilterSnapshot,
    ) -> Self {
        Self {
            publisher: caller.user.id,
            filters,
            max_event_bytes: app.config.max_event_bytes,
            now: app.clock.now(),
            ids: &app.ids,
        }
    }
}

impl EventReader<'_> {
    /// Refuses data that is too large; `whose` names the event.
    pub(in crate::routes::v1) fn check_size(
        &self,
        data: Option<&RawValue>,
        whose: impl FnOnce() -> String,
    ) -> Result<(), ApiError> {
        let (bytes, most) = (data.map_or(0, |data| data.get().len()), self.max_event_bytes);
        if bytes <= most {
            return Ok(());
        }
        Err(ApiError::new(Code::TooLarge)
            .detail(format!("the `data` of {} has {bytes} bytes; {most} are allowed", whose())))
    }

    /// The event, or none if there is a mistake in it, which is noted then.
    pub(in crate::routes::v1) fn read(
        &self,
        sent: &SentEvent<'_>,
        violations: &mut Violations,
    ) -> Option<Event> {
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
        Some(Event {
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
        })
    }

    fn read_filter(&self, name: &str) -> Result<FilterName, Invalid> {
        let filter: FilterName = name.parse()?;
        if filter.is_reserved() {
            return Err(reserved("nobody else publishes to it"));
        }
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
