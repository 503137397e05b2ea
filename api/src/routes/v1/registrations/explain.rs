//! `POST /api/v1/registrations/{id}/explain`: who is told of what, and why.

use axum::extract::State;
use postrider_domain::ports::EventReport;
use postrider_domain::{
    Delivery, DeliveryId, DeliveryState, HoldReason, Registration, RegistrationId,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::find;
use super::subject::{EventChoice, Subject};
use crate::App;
use crate::error::ApiError;
use crate::explain::{Check, Explainer, Reason};
use crate::extract::{Caller, Id, Json, JsonBody};
use crate::openapi::schema;

/// Whether a registration would be told of an event, and why.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExplanationView {
    /// Whether all checks are passed, by what holds now. What would be held would be received later.
    would_receive: bool,
    /// What is looked at, in this order.
    reasons: Vec<ReasonView>,
    /// The delivery of an event that was accepted, if it has one.
    #[schema(required, value_type = Option<schema::DeliveryId>)]
    delivery: Option<DeliveryId>,
    /// What became of an event that was accepted, in words.
    #[schema(required)]
    outcome: Option<String>,
}

/// One check.
#[derive(Serialize, ToSchema)]
struct ReasonView {
    #[schema(value_type = CheckName)]
    check: Check,
    passed: bool,
    /// Why, in words.
    explanation: String,
}

/// What is looked at.
#[derive(ToSchema)]
#[schema(as = Check, rename_all = "lowercase")]
#[expect(dead_code, reason = "it only describes the names of the checks")]
enum CheckName {
    /// Whether the registration asks for the filter.
    Filter,
    /// Whether its owner is switched on.
    Owner,
    /// Whether the event is for its owner.
    Audience,
    /// Whether its owner may read the resource.
    Permission,
    /// Whether its condition holds.
    Condition,
    /// Whether the registration is to be sent anything now.
    Registration,
}

impl From<Reason> for ReasonView {
    fn from(reason: Reason) -> Self {
        Self { check: reason.check, passed: reason.passed, explanation: reason.explanation }
    }
}

/// Says whether a registration would be told of an event, and why: by what holds now, and for an event
/// that was accepted also what became of it.
#[utoipa::path(
    post,
    path = "/api/v1/registrations/{id}/explain",
    tag = "registrations",
    operation_id = "explainMatch",
    params(("id" = schema::RegistrationId, Path)),
    request_body(content = EventChoice, example = json!({ "event": { "filter": "reports",
        "type": "Added", "resource": { "id": "42" } } })),
    responses((status = 200, body = ExplanationView)),
)]
pub(super) async fn explain(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
    body: JsonBody,
) -> Result<Json<ExplanationView>, ApiError> {
    let registration = find(&app, &caller, id).await?;
    let subject = Subject::find(&app, &caller, &body).await?;
    let owner = app.store.find_user(registration.owner).await?.ok_or_else(ApiError::not_found)?;
    let flow = app.store.flow_of(caller.visibility(), id).await?.ok_or_else(ApiError::not_found)?;
    let (event, expunged) = match &subject {
        Subject::Accepted(report) => (&report.event, report.expunged_at.is_some()),
        Subject::Imagined(event) => (&**event, false),
    };
    let explainer = Explainer {
        store: &*app.store,
        registration: &registration,
        owner: &owner,
        flow: &flow.state,
        now: app.clock.now(),
    };
    let reasons = explainer.explain(event, expunged).await?;
    let (delivery, outcome) = match &subject {
        Subject::Accepted(report) => {
            let delivery = find_delivery(&app, &caller, &registration, report).await?;
            let outcome = outcome(delivery.as_ref(), &registration, report);
            (delivery.map(|delivery| delivery.id), Some(outcome))
        }
        Subject::Imagined(_) => (None, None),
    };
    Ok(Json(ExplanationView {
        would_receive: reasons.iter().all(|reason| reason.passed),
        reasons: reasons.into_iter().map(ReasonView::from).collect(),
        delivery,
        outcome,
    }))
}

async fn find_delivery(
    app: &App,
    caller: &Caller,
    registration: &Registration,
    report: &EventReport,
) -> Result<Option<Delivery>, ApiError> {
    let id = DeliveryId::derive(report.event.id, registration.id);
    let found = app.store.find_delivery(caller.visibility(), id).await?;
    Ok(found.map(|report| report.delivery))
}

/// What became of an event, in words.
fn outcome(
    delivery: Option<&Delivery>,
    registration: &Registration,
    report: &EventReport,
) -> String {
    let Some(delivery) = delivery else {
        return if !report.dispatched {
            "it waits for its registrations to be looked for".to_owned()
        } else if registration.created_at > report.event.accepted_at {
            "nothing was sent: the registration was made after the event was accepted".to_owned()
        } else {
            "nothing was sent: a check was not passed when its registrations were looked for"
                .to_owned()
        };
    };
    match delivery.state {
        DeliveryState::Pending if delivery.attempts == 0 => "it is on its way".to_owned(),
        DeliveryState::Pending => "it is on its way, after an attempt that failed".to_owned(),
        DeliveryState::Held => {
            let reason = delivery.hold_reason.map_or("not known", HoldReason::as_str);
            format!("it is held: `{reason}`")
        }
        DeliveryState::Delivered => "the receiver has it".to_owned(),
        DeliveryState::Dead => match delivery.dead_reason {
            Some(reason) => format!("it was given up: `{reason}`"),
            None => "it was given up".to_owned(),
        },
    }
}
