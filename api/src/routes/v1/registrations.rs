//! `/api/v1/registrations`: the caller's own; administrators see everybody's.

use axum::extract::State;
use axum::response::Response;
use http::header::LOCATION;
use http::{HeaderName, StatusCode};
use postrider_domain::ports::RegistrationRemoval;
use postrider_domain::{Registration, RegistrationId, Visibility};
use tracing::info;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::body::{ChangeRegistration, WriteRegistration};
use self::flow::FlowView;
use self::view::{CreatedRegistration, RegistrationDetail, RegistrationView};
use crate::App;
use crate::audit::AuditNote;
use crate::error::ApiError;
use crate::etag::{ETag, IfMatch, IfNoneMatch, other_version};
use crate::extract::{Caller, Id, IdempotencyKey, Json, JsonBody};
use crate::openapi::schema;

mod body;
mod explain;
mod flow;
mod health;
mod list;
mod preview;
mod resume;
mod secret;
mod settings;
mod signing_key;
mod subject;
mod test_event;
mod view;

pub(super) use self::flow::CountView;

/// Where they are.
const PATH: &str = "/api/v1/registrations";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create))
        .routes(routes!(health::list))
        .routes(routes!(show, replace, change, remove))
        .routes(routes!(secret::show, secret::rotate))
        .routes(routes!(signing_key::rotate, signing_key::remove))
        .routes(routes!(resume::resume))
        .routes(routes!(resume::discard_held))
        .routes(routes!(test_event::send))
        .routes(routes!(preview::show))
        .routes(routes!(explain::explain))
}

/// Makes a registration.
///
/// The answer is one of the two that have the secret in them. With an `Idempotency-Key`, the same
/// request again has the same registration in its answer, as it is by then.
#[utoipa::path(
    post,
    path = "/api/v1/registrations",
    tag = "registrations",
    operation_id = "createRegistration",
    params(IdempotencyKey),
    request_body = WriteRegistration,
    responses(
        (status = 201, description = "It is made.", body = CreatedRegistration,
            headers(("Location" = String), ("ETag" = String))),
        (status = 409, description = "The owner has as many as one may have, or the key was used \
            before for another request."),
    ),
)]
async fn create(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    body: JsonBody,
) -> Result<(StatusCode, [(HeaderName, String); 1], ETag, Json<CreatedRegistration>), ApiError> {
    let key = key.of_creation(PATH, &body.0);
    let body: WriteRegistration = body.parse()?;
    let verification = body.verification();
    let owner = caller.user.id;
    let registration =
        app.registrations.create(owner, body.into(), verification, key.as_ref()).await?;
    info!(registration.id = %registration.id, "registration created");
    let location = format!("{PATH}/{}", registration.id);
    let version = ETag::of(registration.updated_at);
    let view = CreatedRegistration::from(registration);
    Ok((StatusCode::CREATED, [(LOCATION, location)], version, Json(view)))
}

/// One registration, without its secret, and how it does.
///
/// Its version is another one as soon as one of both changes, and is as good as the bare one for
/// whoever changes the registration.
#[utoipa::path(
    get,
    path = "/api/v1/registrations/{id}",
    tag = "registrations",
    operation_id = "getRegistration",
    params(("id" = schema::RegistrationId, Path), IfNoneMatch),
    responses((status = 200, body = RegistrationDetail)),
)]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    let registration = find(&app, &caller, id).await?;
    let flow = app.store.flow_of(caller.visibility(), id).await?;
    let flow = FlowView::from(flow.ok_or_else(ApiError::not_found)?);
    let version = ETag::of(registration.updated_at);
    let version = if flow.is_quiet() { version } else { version.with(&flow) };
    let registration = RegistrationView::from(registration);
    Ok(known.show(version, RegistrationDetail { registration, flow }))
}

/// Replaces a registration: what is not in the body gets its default. Its secret and its signing keys
/// stay, unless the body has another secret; and so it does if the product has switched it off, which
/// resuming ends.
#[utoipa::path(
    put,
    path = "/api/v1/registrations/{id}",
    tag = "registrations",
    operation_id = "replaceRegistration",
    params(("id" = schema::RegistrationId, Path), IfMatch),
    request_body = WriteRegistration,
    responses(
        (status = 200, body = RegistrationView),
        (status = 409, description = "Somebody else changed it at the same time."),
    ),
)]
async fn replace(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
    meant: IfMatch,
    Json(body): Json<WriteRegistration>,
) -> Result<(Option<AuditNote>, ETag, Json<RegistrationView>), ApiError> {
    let current = find(&app, &caller, id).await?;
    meant.require(&ETag::of(current.updated_at))?;
    let verification = body.verification();
    let registration =
        app.registrations.replace(&caller, current, body.into(), verification).await?;
    info!(registration.id = %id, "registration replaced");
    Ok(changed(&caller, registration))
}

/// Changes what is in the body, and keeps the rest.
#[utoipa::path(
    patch,
    path = "/api/v1/registrations/{id}",
    tag = "registrations",
    operation_id = "changeRegistration",
    params(("id" = schema::RegistrationId, Path), IfMatch),
    request_body = ChangeRegistration,
    responses(
        (status = 200, body = RegistrationView),
        (status = 409, description = "Somebody else changed it at the same time."),
    ),
)]
async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
    meant: IfMatch,
    Json(body): Json<ChangeRegistration>,
) -> Result<(Option<AuditNote>, ETag, Json<RegistrationView>), ApiError> {
    let current = find(&app, &caller, id).await?;
    meant.require(&ETag::of(current.updated_at))?;
    let verification = body.verification();
    let draft = body.apply_to(&current);
    let registration = app.registrations.replace(&caller, current, draft, verification).await?;
    info!(registration.id = %id, registration.paused = registration.paused, "registration changed");
    Ok(changed(&caller, registration))
}

/// Deletes a registration; what is pending for it is given up, and stays on record.
#[utoipa::path(
    delete,
    path = "/api/v1/registrations/{id}",
    tag = "registrations",
    operation_id = "deleteRegistration",
    params(("id" = schema::RegistrationId, Path), IfMatch),
    responses((status = 204, description = "It is gone.")),
)]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
    meant: IfMatch,
) -> Result<(StatusCode, Option<AuditNote>, ()), ApiError> {
    // It is not read before: one that cannot be decrypted any more has to go, too.
    for expected in meant.candidates() {
        let now = app.clock.now();
        let removal = app.store.delete_registration(caller.visibility(), id, expected, now);
        match removal.await? {
            RegistrationRemoval::Done { owner } => {
                info!(registration.id = %id, "registration deleted");
                let note = AuditNote::of_registration(&caller, owner);
                return Ok((StatusCode::NO_CONTENT, note, ()));
            }
            RegistrationRemoval::NotFound => return Err(ApiError::not_found()),
            RegistrationRemoval::Stale => {}
        }
    }
    Err(other_version())
}

/// Whose registration it is, if an administrator acts on what belongs to somebody else's.
pub(super) async fn note(
    app: &App,
    caller: &Caller,
    id: RegistrationId,
) -> Result<Option<AuditNote>, ApiError> {
    let own = Visibility::Own(caller.user.id);
    // Who sees nothing but their own acts on nothing else.
    if caller.visibility() == own {
        return Ok(None);
    }
    let found = app.store.find_registration(caller.visibility(), id).await?;
    Ok(found.and_then(|found| AuditNote::of_registration(caller, found.owner)))
}

async fn find(app: &App, caller: &Caller, id: RegistrationId) -> Result<Registration, ApiError> {
    let found = app.store.find_registration(caller.visibility(), id).await?;
    found.ok_or_else(ApiError::not_found)
}

fn changed(
    caller: &Caller,
    registration: Registration,
) -> (Option<AuditNote>, ETag, Json<RegistrationView>) {
    let note = AuditNote::of_registration(caller, registration.owner);
    (note, ETag::of(registration.updated_at), Json(registration.into()))
}
