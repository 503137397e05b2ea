//! `GET /api/v1/events`: what was published.

use axum::extract::State;
use postrider_domain::ports::{EventFilter, ListedEvent};
use postrider_domain::{EventId, FilterName, Resource, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::schemas::WrittenResource;
use super::show::audience;
use crate::App;
use crate::error::{ApiError, Code};
use crate::extract::{Caller, Json, Listed, Query, page_request, parsed};
use crate::openapi::schema;

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only those of this filter.
    #[param(value_type = Option<schema::FilterName>)]
    filter: Option<String>,
    /// Only those of this type.
    #[param(value_type = Option<schema::EventType>)]
    r#type: Option<String>,
    /// Only those about the resource with this id, to the letter.
    #[param(min_length = 1, max_length = 512, pattern = r"^[^\x00]+$")]
    resource_id: Option<String>,
    /// Only those that were accepted at this time or later.
    #[param(value_type = Option<schema::Time>)]
    from: Option<String>,
    /// Only those that were accepted before this time.
    #[param(value_type = Option<schema::Time>)]
    to: Option<String>,
    /// Where the page before ended.
    #[param(value_type = Option<schema::Cursor>)]
    cursor: Option<String>,
    /// The most entries of the page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
}

impl ListQuery {
    fn filter(&self) -> Result<EventFilter, ApiError> {
        let none_has =
            |id: &String| id.is_empty() || id.len() > Resource::MAX_LENGTH || id.contains('\0');
        if self.resource_id.as_ref().is_some_and(none_has) {
            let longest = Resource::MAX_LENGTH;
            return Err(ApiError::new(Code::InvalidQuery)
                .detail(format!("`resourceId` has 1 to {longest} bytes, and no NUL character")));
        }
        Ok(EventFilter {
            filter: parsed(self.filter.as_deref())?,
            event_type: parsed(self.r#type.as_deref())?,
            resource: self.resource_id.clone(),
            from: parsed(self.from.as_deref())?,
            to: parsed(self.to.as_deref())?,
        })
    }
}

/// An event in a list: without its data, and without what became of it.
#[derive(Serialize, ToSchema)]
#[schema(as = ListedEvent)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListedEventView {
    #[schema(value_type = schema::EventId)]
    id: EventId,
    /// The kind of event, which is also the kind of resource.
    #[schema(value_type = schema::FilterName)]
    filter: FilterName,
    /// What happened.
    #[schema(value_type = schema::EventType)]
    r#type: String,
    #[schema(value_type = WrittenResource)]
    resource: Resource,
    /// Who did it, in the publisher's words.
    #[schema(required)]
    actor: Option<String>,
    #[schema(value_type = schema::Time)]
    occurred_at: Timestamp,
    #[schema(value_type = schema::Time)]
    accepted_at: Timestamp,
    /// Who published it; none when the product did.
    #[schema(required, value_type = Option<schema::UserId>)]
    publisher_id: Option<UserId>,
    /// The names, in lower case, of the only users who are told, if it was published so. Only who
    /// published it and administrators see them.
    #[schema(required)]
    audience: Option<Vec<String>>,
    /// When its payload was removed: the resource's name is none from then on.
    #[schema(required, value_type = Option<schema::Time>)]
    expunged_at: Option<Timestamp>,
    /// Whether its registrations have been looked for.
    dispatched: bool,
}

impl ListedEventView {
    fn new(listed: ListedEvent, caller: &Caller) -> Self {
        let audience = audience(&listed.event, caller);
        let event = listed.event;
        Self {
            id: event.id,
            filter: event.filter,
            r#type: event.event_type.to_string(),
            resource: event.resource,
            actor: event.actor,
            occurred_at: event.occurred_at,
            accepted_at: event.accepted_at,
            publisher_id: event.publisher,
            audience,
            expunged_at: listed.expunged_at,
            dispatched: listed.dispatched,
        }
    }
}

/// Lists events, the newest first.
///
/// Others than administrators see events that were delivered to their registrations, and those that
/// they published. A search for few among very many looks so far and no further: its page may be short,
/// or empty, and have a next one all the same.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "events", operation_id = "listEvents",
    params(ListQuery),
    responses((status = 200, body = Listed<ListedEventView>)),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Listed<ListedEventView>>, ApiError> {
    let page = page_request(query.cursor.as_deref(), query.limit)?;
    let filter = query.filter()?;
    let events = app.store.list_events(caller.visibility(), &filter, page).await?;
    Ok(events.map(|listed| ListedEventView::new(listed, &caller)).into())
}
