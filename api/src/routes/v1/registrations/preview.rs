//! `POST /api/v1/registrations/{id}/preview`: what would be posted.

use axum::extract::State;
use http::header::AUTHORIZATION;
use postrider_domain::{
    Authentication, Credentials, DeliveryId, Registration, RegistrationId, Timestamp,
};
use postrider_wire::request::{Outbound, Request};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::find;
use super::subject::{EventChoice, Subject};
use crate::App;
use crate::error::{ApiError, Code};
use crate::extract::{Caller, Id, Json, JsonBody};
use crate::openapi::schema;
use crate::routes::v1::headers::{HeaderView, Signatures};

/// The id that stands in for a delivery: no delivery ever has it.
const PREVIEW: DeliveryId = DeliveryId(Uuid::nil());
/// What is shown where a token would be that a worker fetches.
const FETCHED: &str = "Bearer (a token that is fetched when the request is sent)";

/// A request that is not sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewView {
    /// `POST`.
    method: &'static str,
    /// Where to.
    uri: String,
    /// Those of the connection are not among them. Credentials are masked, and for everybody but the
    /// owner so are signatures.
    headers: Vec<HeaderView>,
    /// The body.
    body: String,
    /// What the signatures in `webhook-signature` are made of: id, time and body, for the owner alone.
    #[schema(required)]
    signature_input: Option<String>,
}

/// Shows what would be posted for an event, and neither sends nor stores anything.
///
/// The id of the delivery is one that no delivery has: `dlv_` and 32 zeros. An access token of OAuth 2
/// is not fetched. Signatures are shown to the owner alone: whoever else could have anything signed here
/// could write to the receiver in the product's name.
#[utoipa::path(
    post,
    path = "/api/v1/registrations/{id}/preview",
    tag = "registrations",
    operation_id = "previewRequest",
    params(("id" = schema::RegistrationId, Path)),
    request_body(content = EventChoice, example = json!({ "event": { "filter": "reports",
        "type": "Added", "resource": { "id": "42", "name": "Q3 revenue" } } })),
    responses(
        (status = 200, body = PreviewView),
        (status = 409, description = "`nothing_to_send`: the payload of the event was removed, \
            or a credential of the registration cannot be used."),
    ),
)]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
    body: JsonBody,
) -> Result<Json<PreviewView>, ApiError> {
    let registration = find(&app, &caller, id).await?;
    let subject = Subject::find(&app, &caller, &body).await?;
    if let Subject::Accepted(report) = &subject
        && report.expunged_at.is_some()
    {
        return Err(ApiError::new(Code::NothingToSend)
            .detail("the payload of the event was removed, so that nothing is sent of it"));
    }
    let events = std::slice::from_ref(subject.event());
    let outbound =
        Outbound { delivery: PREVIEW, attempt: 1, replay: 0, registration: &registration, events };
    let now = app.clock.now();
    let request = Request::new(&outbound, now).map_err(|invalid| {
        ApiError::new(Code::NothingToSend)
            .detail(format!("a credential of the registration cannot be used: {invalid}"))
    })?;
    let signatures = Signatures::seen_by(&caller, registration.owner);
    Ok(Json(PreviewView::of(&request, &registration, signatures, now)))
}

impl PreviewView {
    fn of(
        request: &Request,
        registration: &Registration,
        signatures: Signatures,
        now: Timestamp,
    ) -> Self {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let input = || format!("{PREVIEW}.{}.{body}", now.as_seconds());
        let signature_input = (signatures == Signatures::Shown).then(input);
        let mut sent = request.as_sent().headers;
        if fetches_token(&registration.credentials) {
            sent.push((AUTHORIZATION.to_string(), FETCHED.to_owned()));
        }
        let headers = signatures.of_request(sent);
        Self { method: "POST", uri: request.url.to_string(), headers, body, signature_input }
    }
}

fn fetches_token(credentials: &Credentials) -> bool {
    matches!(credentials.authentication, Some(Authentication::OAuth2 { .. }))
}
