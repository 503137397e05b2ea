//! `POST /Token`: the password grant of OAuth 2.0 (RFC 6749, section 4.3), as existing clients of the
//! report server use it.

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use http::{HeaderValue, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::error::TokenError;
use crate::App;
use crate::accounts::Lasting;
use crate::extract::read_body;
use crate::openapi::schema::{OAuthError, Password};
use crate::sign_in::{Attempt, act_of, sign_in};
use postrider_runtime::RequestOrigin;

pub(crate) mod error;

/// Where it is found. Clients of the original spell it with a capital, and were not held to it.
pub(crate) const PATHS: [&str; 2] = ["/Token", "/token"];

/// More than any name and password take.
const MAX_BODY: usize = 16 * 1024;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(issue))
        .routes(routes!(issue_in_lower_case))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// A password grant.
#[derive(Deserialize, ToSchema)]
#[schema(as = TokenRequest)]
struct Form {
    /// `password`.
    #[schema(required, nullable = false, pattern = "^password$")]
    grant_type: Option<String>,
    #[schema(required, nullable = false, min_length = 1)]
    username: Option<String>,
    #[schema(required, nullable = false, value_type = Password)]
    password: Option<SecretString>,
}

/// An access token.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
struct Granted {
    #[schema(pattern = "^prt_[A-Za-z0-9_-]{43}$")]
    access_token: String,
    #[schema(pattern = "^bearer$")]
    token_type: &'static str,
    /// How long it is good for, in seconds.
    expires_in: u64,
}

/// Gives an access token for a name and a password.
#[utoipa::path(
    post, path = "/Token", tag = "token", operation_id = "issueToken",
    request_body(content = Form, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = Granted),
        (status = 400, body = OAuthError, description = "The name or password is wrong, or the form."),
        (status = 429, body = OAuthError, description = "Too many attempts.",
            headers(("Retry-After" = u64))),
    ),
)]
async fn issue(
    State(app): State<App>,
    origin: RequestOrigin,
    request: Request,
) -> Result<Response, TokenError> {
    let act = act_of(&origin, &request);
    let (username, password) = read_grant(request).await?;
    let lifetime = app.config.token_lifetime;
    let attempt = Attempt {
        act,
        address: origin.address,
        name: &username,
        password: &password,
        lasting: Lasting::Token(lifetime),
        refusal: StatusCode::BAD_REQUEST,
    };
    let signed_in = sign_in(&app, attempt).await?;
    Ok(granted(&signed_in.token, lifetime))
}

/// The same, at the path in lower case.
#[utoipa::path(
    post, path = "/token", tag = "token", operation_id = "issueTokenInLowerCase",
    request_body(content = Form, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = Granted),
        (status = 400, body = OAuthError, description = "The name or password is wrong, or the form."),
        (status = 429, body = OAuthError, description = "Too many attempts.",
            headers(("Retry-After" = u64))),
    ),
)]
async fn issue_in_lower_case(
    app: State<App>,
    origin: RequestOrigin,
    request: Request,
) -> Result<Response, TokenError> {
    issue(app, origin, request).await
}

fn granted(token: &SecretString, lifetime: Duration) -> Response {
    let body = Granted {
        access_token: token.expose_secret().to_owned(),
        token_type: "bearer",
        expires_in: lifetime.as_secs(),
    };
    let headers = [
        (CONTENT_TYPE, error::CONTENT_TYPE),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    (headers, axum::Json(body)).into_response()
}

/// Reads the form. Parameters that are not known are ignored, as the RFC asks; ones given twice are
/// refused.
async fn read_grant(request: Request) -> Result<(String, SecretString), TokenError> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(TokenError::InvalidRequest("the body is not a form"));
    }
    let body = read_body(request, &()).await?;
    let form: Form = serde_html_form::from_bytes(&body)
        .map_err(|_| TokenError::InvalidRequest("a parameter is repeated or cannot be read"))?;
    match form.grant_type.as_deref() {
        Some("password") => {}
        None | Some("") => return Err(TokenError::InvalidRequest("`grant_type` is missing")),
        Some(_) => return Err(TokenError::UnsupportedGrantType),
    }
    let username = form.username.filter(|name| !name.is_empty());
    let password = form.password.filter(|password| !password.expose_secret().is_empty());
    username
        .zip(password)
        .ok_or(TokenError::InvalidRequest("`username` and `password` are required"))
}
