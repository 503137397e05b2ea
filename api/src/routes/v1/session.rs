//! `/api/v1/session`: signing in and out with a browser, which keeps its session in a cookie that no
//! script can read.

use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use postrider_domain::Principal;
use postrider_domain::ports::StoreError;
use secrecy::SecretString;
use serde::Deserialize;
use tracing::info;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::accounts::Lasting;
use crate::audit::end_of;
use crate::error::{ApiError, Code};
use crate::extract::Json;
use crate::middleware::cookie::SessionCookie;
use crate::middleware::same_origin::require_same_origin;
use crate::openapi::schema;
use crate::routes::v1::me::Me;
use crate::sign_in::{self, Attempt, SignInError, act_of};
use postrider_runtime::RequestOrigin;

/// Where it is found.
pub(crate) const PATH: &str = "/api/v1/session";

/// More than any name and password take.
const MAX_BODY: usize = 16 * 1024;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sign_in, sign_out)).layer(DefaultBodyLimit::max(MAX_BODY))
}

/// A name and a password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SignIn {
    user_name: String,
    #[schema(value_type = schema::Password)]
    password: SecretString,
}

/// Signs in with a browser: gives it the cookie of a session, and shows whom it acts as.
///
/// The session ends when it is not used for a while, and after some time however much it is used. A
/// request with `Postrider-Background: true`, which nobody asked for, is no use of it.
#[utoipa::path(
    post, path = "/api/v1/session", tag = "session", operation_id = "signIn",
    request_body = SignIn,
    responses(
        (status = 200, body = Me, headers(("Set-Cookie" = String))),
        (status = 401, description = "`invalid_credentials`: the name or password is wrong."),
        (status = 403, description = "`cross_site`: it came from a page of another origin, or nobody \
            says from where."),
        (status = 429, description = "`too_many_attempts`: guessing is slowed down."),
    ),
)]
async fn sign_in(
    State(app): State<App>,
    origin: RequestOrigin,
    request: Request,
) -> Result<Response, ApiError> {
    // Nobody is to find themselves in the session of somebody else.
    require_same_origin(&origin, request.headers(), request.uri())?;
    let act = act_of(&origin, &request);
    let cookie = SessionCookie::of(&origin);
    let headers = request.headers().clone();
    let Json(body) = Json::<SignIn>::from_request(request, &()).await?;
    let attempt = Attempt {
        act,
        address: origin.address,
        name: &body.user_name,
        password: &body.password,
        lasting: Lasting::Session {
            idle: app.config.session_idle,
            lifetime: app.config.session_lifetime,
        },
        refusal: StatusCode::UNAUTHORIZED,
    };
    let signed_in = sign_in::sign_in(&app, attempt).await?;
    end_former(&app, cookie, &headers).await?;
    let roles = app.store.list_roles_of(signed_in.user.id).await?;
    let principal = Principal { user: signed_in.user, credential: signed_in.credential };
    let set_cookie = [(SET_COOKIE, cookie.set(&signed_in.token))];
    Ok((set_cookie, Json(Me::new(&principal, roles))).into_response())
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => {
                Self::new(Code::InvalidCredentials).detail("the user name or password is incorrect")
            }
            SignInError::SlowDown(wait) => Self::new(Code::TooManyAttempts)
                .detail("too many attempts to log in")
                .retry_after(wait),
            SignInError::Failed(error) => error,
        }
    }
}

/// Ends the session that the browser had until now: nobody could end it any more.
async fn end_former(
    app: &App,
    cookie: SessionCookie,
    headers: &HeaderMap,
) -> Result<(), StoreError> {
    let Some(former) = cookie.find(headers) else { return Ok(()) };
    if let Some(former) = app.authenticator.find_session(former).await? {
        app.store.remove_token(former.proof()).await?;
        app.authenticator.forget_all();
    }
    Ok(())
}

/// Ends the session that the cookie names, and has the browser forget it. Without one there is nothing
/// to do.
#[utoipa::path(
    delete, path = "/api/v1/session", tag = "session", operation_id = "signOut",
    responses(
        (status = 204),
        (status = 403, description = "`cross_site`: the cookie came from a page of another origin."),
    ),
)]
async fn sign_out(
    State(app): State<App>,
    origin: RequestOrigin,
    request: Request,
) -> Result<Response, ApiError> {
    let cookie = SessionCookie::of(&origin);
    let Some(session) = cookie.find(request.headers()) else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    require_same_origin(&origin, request.headers(), request.uri())?;
    if let Some(caller) = app.authenticator.find_session(session).await? {
        let unnoted = |error| ApiError::new(Code::Unavailable).because(error);
        let entry = app.auditor.begin(act_of(&origin, &request), &caller).await.map_err(unnoted)?;
        let ended = app.store.remove_token(caller.proof()).await.map(|_| StatusCode::NO_CONTENT);
        app.authenticator.forget_all();
        let answer = ended.map_err(ApiError::from).into_response();
        app.auditor.end(entry, end_of(&answer)).await;
        if !answer.status().is_success() {
            return Ok(answer);
        }
        info!(user.id = %caller.user.id, "logged out");
    }
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie.clear())]).into_response())
}
