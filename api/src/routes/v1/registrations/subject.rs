//! Which event a question about a registration is about: one that was accepted, or one that is only
//! imagined.

use std::borrow::Cow;

use postrider_domain::ports::EventReport;
use postrider_domain::{Event, EventId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::error::{ApiError, Violations};
use crate::extract::{Caller, JsonBody};
use crate::openapi::schema;
use crate::routes::v1::events::{EventReader, SentEvent, WrittenEvent};

/// An event: either one that was accepted, by its id, or one as its publisher would write it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it only describes what is read elsewhere")]
pub(super) struct EventChoice {
    /// The id of an event that the caller may see, …
    #[schema(value_type = Option<schema::EventId>)]
    event_id: Option<String>,
    /// … or an event that is not published.
    event: Option<WrittenEvent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SentChoice<'a> {
    #[serde(borrow)]
    event_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event: Option<SentEvent<'a>>,
}

/// The event.
pub(super) enum Subject {
    Accepted(Box<EventReport>),
    Imagined(Box<Event>),
}

impl Subject {
    /// Reads the body, and finds the event. One that the caller may not see is not found.
    pub(super) async fn find(
        app: &App,
        caller: &Caller,
        body: &JsonBody,
    ) -> Result<Self, ApiError> {
        let choice: SentChoice<'_> = body.parse()?;
        match (choice.event_id, choice.event) {
            (Some(id), None) => {
                let mut violations = Violations::default();
                let id = violations.check("/eventId", id.parse::<EventId>());
                let id = id.ok_or_else(|| ApiError::from(violations))?;
                let report = app.store.find_event(caller.visibility(), id).await?;
                Ok(Self::Accepted(Box::new(report.ok_or_else(ApiError::not_found)?)))
            }
            (None, Some(event)) => {
                let filters = app.filters.covering([&*event.filter]).await?;
                let reader = EventReader::new(app, caller, &filters);
                reader.check_size(event.data, || "the event".to_owned())?;
                let mut violations = Violations::within("event");
                let event = reader.read(&event, &mut violations);
                event.map(|event| Self::Imagined(Box::new(event))).ok_or_else(|| violations.into())
            }
            (Some(_), Some(_)) | (None, None) => {
                let mut violations = Violations::default();
                violations.add("", "give either `eventId` or `event`");
                Err(violations.into())
            }
        }
    }

    pub(super) fn event(&self) -> &Event {
        match self {
            Self::Accepted(report) => &report.event,
            Self::Imagined(event) => event,
        }
    }
}
