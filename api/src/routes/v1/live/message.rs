//! What is told, as clients see it.

use axum::response::sse::Event;
use postrider_domain::{
    AttemptId, AttemptNews, DeliveryId, DeliveryState, EventId, EventNews, FailureCause,
    FilterName, RegistrationId, Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Caller;
use crate::live::News;
use crate::openapi::schema;
use crate::routes::v1::deliveries::StateName;
use crate::routes::v1::overview::PresentView;

/// The most single attempts, and the most single events, that a listener is told of in a second.
const SINGLE: usize = 20;

/// A message of the stream.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum LiveMessage {
    Attempt(LiveAttempt),
    Event(LiveEvent),
    Many(LiveMany),
    Overview(Box<PresentView>),
    SignedOut(LiveEnd),
}

/// An attempt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LiveAttempt {
    #[schema(value_type = schema::AttemptId)]
    id: AttemptId,
    #[schema(value_type = schema::DeliveryId)]
    delivery_id: DeliveryId,
    #[schema(value_type = schema::RegistrationId)]
    registration_id: RegistrationId,
    #[schema(value_type = schema::EventId)]
    event_id: EventId,
    /// The state of the delivery by now.
    #[schema(value_type = StateName)]
    state: DeliveryState,
    /// When it ended.
    #[schema(value_type = schema::Time)]
    at: Timestamp,
    /// The status of the answer, if there was one.
    #[schema(required)]
    status: Option<u16>,
    /// Why it failed, if it did.
    #[schema(required)]
    cause: Option<&'static str>,
}

/// An accepted event.
#[derive(Serialize, ToSchema)]
pub(super) struct LiveEvent {
    #[schema(value_type = schema::EventId)]
    id: EventId,
    #[schema(value_type = schema::FilterName)]
    filter: FilterName,
    #[schema(value_type = schema::EventType)]
    r#type: String,
    /// When it was accepted.
    #[schema(value_type = schema::Time)]
    at: Timestamp,
}

/// Too much happens to tell of it one by one.
#[derive(Serialize, ToSchema)]
pub(super) struct LiveMany {
    /// How many attempts and events are not told of, at the least. It is 0 when so much happens that
    /// something of the caller's may have been missed.
    count: usize,
}

/// The caller has to sign in anew.
#[derive(Serialize, ToSchema)]
pub(super) struct LiveEnd {}

impl LiveMessage {
    /// What a listener is told of the news.
    pub(super) fn about(news: &News, caller: &Caller) -> Vec<Self> {
        let administrator = caller.is_administrator();
        let visible =
            |attempt: &&AttemptNews| administrator || attempt.owner == Some(caller.user.id);
        let attempts: Vec<_> = news.attempts.iter().filter(visible).collect();
        let events = if administrator { news.events.as_slice() } else { &[] };

        let (mut messages, mut untold, mut incomplete) = (Vec::new(), 0, false);
        if news.more_attempts || attempts.len() > SINGLE {
            (untold, incomplete) = (attempts.len(), true);
        } else {
            messages.extend(attempts.into_iter().map(|news| Self::Attempt(news.into())));
        }
        if administrator && news.more_events || events.len() > SINGLE {
            (untold, incomplete) = (untold + events.len(), true);
        } else {
            messages.extend(events.iter().map(|news| Self::Event(news.into())));
        }
        if incomplete {
            messages.push(Self::many(untold));
        }
        if let Some(present) = news.present.as_ref().filter(|_| administrator) {
            messages.push(Self::Overview(Box::new(present.into())));
        }
        messages
    }

    pub(super) fn many(count: usize) -> Self {
        Self::Many(LiveMany { count })
    }

    /// The message as it is sent.
    pub(super) fn to_event(&self) -> Event {
        let (name, event) = match self {
            Self::Attempt(attempt) => ("attempt", Event::default().json_data(attempt)),
            Self::Event(event) => ("event", Event::default().json_data(event)),
            Self::Many(many) => ("many", Event::default().json_data(many)),
            Self::Overview(present) => ("overview", Event::default().json_data(present)),
            Self::SignedOut(end) => ("signed-out", Event::default().json_data(end)),
        };
        event.expect("views are made of plain JSON values").event(name)
    }
}

impl From<&AttemptNews> for LiveAttempt {
    fn from(news: &AttemptNews) -> Self {
        Self {
            id: news.id,
            delivery_id: news.delivery,
            registration_id: news.registration,
            event_id: news.event,
            state: news.state,
            at: news.at,
            status: news.status,
            cause: news.cause.map(FailureCause::as_str),
        }
    }
}

impl From<&EventNews> for LiveEvent {
    fn from(news: &EventNews) -> Self {
        Self {
            id: news.id,
            filter: news.filter.clone(),
            r#type: news.event_type.to_string(),
            at: news.at,
        }
    }
}
