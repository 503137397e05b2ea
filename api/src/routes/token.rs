//! `POST /Token`: the password grant of OAuth 2.0 (RFC 6749, section 4.3), as existing clients of the
//! report server use it.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use postrider_domain::UserName;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tracing::info;

use self::error::TokenError;
use crate::App;
use crate::extract::{ClientAddress, read_body};
use crate::metrics::Login;

pub(crate) mod error;

/// Where it is found. Clients of the original spell it with a capital, and were not held to it.
pub(crate) const PATHS: [&str; 2] = ["/Token", "/token"];

/// More than any name and password take.
const MAX_BODY: usize = 16 * 1024;

pub(super) fn routes() -> Router<App> {
    let router = PATHS.iter().fold(Router::new(), |router, path| router.route(path, post(issue)));
    router.layer(DefaultBodyLimit::max(MAX_BODY))
}

#[derive(Deserialize)]
struct Form {
    grant_type: Option<String>,
    username: Option<String>,
    password: Option<SecretString>,
}

#[derive(Serialize)]
struct Granted {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
}

async fn issue(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    request: Request,
) -> Result<Response, TokenError> {
    let (username, password) = read_grant(request).await?;
    // A name that nobody can have is refused like one that nobody has.
    let name = username.parse::<UserName>().ok();
    if let Err(wait) = app.throttle.check(name.as_ref(), address) {
        app.metrics.logins.of(Login::Throttled).inc();
        return Err(TokenError::SlowDown(wait));
    }
    let Some(user) = app.accounts.sign_in(name.as_ref(), &password).await? else {
        app.metrics.logins.of(Login::Refused).inc();
        info!("login refused");
        return Err(TokenError::InvalidGrant);
    };
    let lifetime = app.config.token_lifetime;
    let token = app.accounts.issue_token(user.id, lifetime).await?;
    app.metrics.logins.of(Login::Succeeded).inc();
    info!(user.id = %user.id, "logged in");
    Ok(granted(&token, lifetime))
}

fn granted(token: &SecretString, lifetime: Duration) -> Response {
    let body = Granted {
        access_token: token.expose_secret().to_owned(),
        token_type: "bearer",
        expires_in: lifetime.as_secs(),
    };
    let headers = [
        (CONTENT_TYPE, error::CONTENT_TYPE),
        (CACHE_CONTROL, http::HeaderValue::from_static("no-store")),
        (PRAGMA, http::HeaderValue::from_static("no-cache")),
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
