//! `POST /api/v1/registrations/{id}/test`: an event that one registration alone is sent.

use axum::extract::State;
use http::StatusCode;
use postrider_domain::{
    DeliveryId, Event, EventId, EventType, FilterName, FilterSet, Invalid, Registration,
    RegistrationId, Resource,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tracing::info;
use utoipa::ToSchema;

use super::find;
use crate::App;
use crate::audit::AuditNote;
use crate::error::{ApiError, Code, Violations};
use crate::extract::{Caller, Id, Json};
use crate::filters::{FilterSnapshot, reserved};
use crate::metrics::Accepted;
use crate::openapi::schema;
use crate::routes::v1::events::{EventReader, WrittenResource};

/// The type of test events, unless their sender says.
const TYPE: &str = "Test";
/// Their filter, if the registration names none.
const FILTER: &str = "reports";
/// What they are about, unless their sender says.
const RESOURCE: &str = "test";

/// A test event. All of it may be left out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TestEvent {
    /// The kind of event; the first that the registration names unless it is given, or else `reports`.
    #[schema(value_type = Option<schema::FilterName>)]
    filter: Option<String>,
    /// What happened; `Test` unless it is given, and always for the filter `postrider`.
    #[schema(value_type = Option<schema::EventType>)]
    r#type: Option<String>,
    /// The thing it is about; one with the id `test` unless it is given.
    #[schema(value_type = Option<WrittenResource>)]
    resource: Option<Resource>,
    /// Any JSON, kept to the byte.
    #[schema(value_type = Option<serde_json::Value>)]
    data: Option<Box<RawValue>>,
}

/// A test event on its way.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TestedView {
    #[schema(value_type = schema::EventId)]
    event_id: EventId,
    /// Its only delivery.
    #[schema(value_type = schema::DeliveryId)]
    delivery_id: DeliveryId,
}

/// Sends a test event to this registration alone, signed and retried like any other. Neither its
/// filters and its condition nor permissions are asked.
///
/// While the registration is paused it is held, or given up at once where it says so (`whilePaused`).
/// Ten in a row are sent, and then one every six seconds.
#[utoipa::path(
    post,
    path = "/api/v1/registrations/{id}/test",
    tag = "registrations",
    operation_id = "testRegistration",
    params(("id" = schema::RegistrationId, Path)),
    request_body = TestEvent,
    responses(
        (status = 202, body = TestedView),
        (status = 429, description = "`too_many_attempts`: it was tested too often just now."),
    ),
)]
pub(super) async fn send(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
    Json(body): Json<TestEvent>,
) -> Result<(StatusCode, Option<AuditNote>, Json<TestedView>), ApiError> {
    let registration = find(&app, &caller, id).await?;
    let filters = app.filters.covering(body.filter.as_deref()).await?;
    EventReader::new(&app, &caller, &filters)
        .check_size(body.data.as_deref(), || "the event".to_owned())?;
    let event = body.into_event(&app, &caller, &registration, &filters)?;
    app.tests.check(&id).map_err(|wait| {
        ApiError::new(Code::TooManyAttempts)
            .detail("the registration was tested too often just now")
            .retry_after(wait)
    })?;

    let now = event.accepted_at;
    let delivery = app.store.accept_test(caller.visibility(), &event, id, now).await?;
    let delivery = delivery.ok_or_else(ApiError::not_found)?;
    app.metrics.accepted.of(Accepted::Stored).inc();
    app.hints.of_delivery(delivery);
    info!(registration.id = %id, event.id = %event.id, delivery.id = %delivery, "test event sent");
    let view = TestedView { event_id: event.id, delivery_id: delivery };
    let note = AuditNote::of_registration(&caller, registration.owner);
    Ok((StatusCode::ACCEPTED, note, Json(view)))
}

impl TestEvent {
    fn into_event(
        self,
        app: &App,
        caller: &Caller,
        registration: &Registration,
        filters: &FilterSnapshot,
    ) -> Result<Event, ApiError> {
        let mut violations = Violations::default();
        let filter = match &self.filter {
            Some(name) => violations.check("/filter", resolve(name, filters)),
            None => Some(first_filter(registration)),
        };
        let event_type = self.r#type.as_deref().unwrap_or(TYPE).parse::<EventType>();
        let mut event_type = violations.check("/type", event_type);
        // Nobody but the product says that a breaker has opened.
        if filter.as_ref().is_some_and(FilterName::is_reserved)
            && event_type.as_ref().is_some_and(|event_type| event_type.as_str() != TYPE)
        {
            violations.add("/type", reserved("a test of it has the type `Test`").0);
            event_type = None;
        }
        let test = || Resource { id: RESOURCE.to_owned(), name: None, category: None };
        let resource = self.resource.unwrap_or_else(test);
        let valid = violations.check("/resource", resource.validate());
        let (Some(filter), Some(event_type), Some(())) = (filter, event_type, valid) else {
            return Err(violations.into());
        };
        let now = app.clock.now();
        Ok(Event {
            id: app.ids.next(),
            filter,
            event_type,
            resource,
            actor: Some(caller.user.name.as_str().to_owned()),
            occurred_at: now,
            accepted_at: now,
            data: self.data,
            publisher: Some(caller.user.id),
            audience: None,
        })
    }
}

fn resolve(name: &str, filters: &FilterSnapshot) -> Result<FilterName, Invalid> {
    let filter: FilterName = name.parse()?;
    let registered = filters.resolve(name).cloned();
    registered.ok_or_else(|| Invalid::new(format!("there is no filter `{filter}`")))
}

/// The first filter that a registration names.
fn first_filter(registration: &Registration) -> FilterName {
    let named = registration.filters.iter().find(|name| *name != FilterSet::WILDCARD);
    named.unwrap_or(FILTER).parse().expect("what a registration names is a name")
}
