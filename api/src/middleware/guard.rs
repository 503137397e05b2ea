//! Who may call a route, and what is noted of it.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, StatusCode};
use postrider_domain::ports::StoreError;
use postrider_domain::{Credential, KeyScopes, Principal, causes};
use tower_http::request_id::RequestId;
use tracing::{Instrument, Span, error, field};
use utoipa::openapi::OpenApi;

use crate::App;
use crate::audit::{Act, end_of};
use crate::error::{ApiError, Code};
use crate::extract::Caller;
use crate::middleware::cookie::SessionCookie;
use crate::middleware::same_origin::require_same_origin;
use crate::openapi::{Demand, methods, scope_name};
use crate::origin::origin_of;
use crate::routes::LIVE_PATH;

/// Says of a request that nobody asked for it, so that it is no use of a session.
const BACKGROUND: HeaderName = HeaderName::from_static("postrider-background");
/// What a request without a credential is told.
const MISSING: &str = "send `Authorization: Bearer` with an access token or an API key";

/// What the guard knows.
#[derive(Clone)]
pub(crate) struct Gate {
    app: App,
    /// The operations of the document: method and route.
    operations: Arc<HashSet<(Method, String)>>,
}

impl Gate {
    pub(crate) fn new(app: App, document: &OpenApi) -> Self {
        let paths = document.paths.paths.iter();
        let operations = paths.flat_map(|(path, item)| {
            methods(item).map(|method| (method, path.clone())).collect::<Vec<_>>()
        });
        Self { app, operations: Arc::new(operations.collect()) }
    }

    /// The demand of a route; none when it has no such method, which its own answer says.
    fn demand(&self, method: &Method, route: &str) -> Option<Demand> {
        let as_declared = if *method == Method::HEAD { Method::GET } else { method.clone() };
        self.operations
            .contains(&(as_declared, route.to_owned()))
            .then(|| Demand::of(method, route))
    }
}

/// The middleware: finds out who calls, refuses those who may not, and notes changes before they are
/// made and after, and looks at secrets before they are answered.
pub(crate) async fn guard(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("", MatchedPath::as_str);
    let scope = match gate.demand(request.method(), route) {
        None | Some(Demand::Nothing) => return next.run(request).await,
        Some(Demand::Scope(scope)) => scope,
    };
    let app = gate.app;
    let (mut parts, body) = request.into_parts();
    let caller = match authenticate(&app, &parts, route).await {
        Ok(caller) => caller,
        Err(refused) => return *refused,
    };
    Span::current().record("user.id", field::display(caller.user.id));
    if !caller.allows(scope) {
        let refusal = lacks(&caller, scope);
        return denied(&app, act(&app, &parts, route), &caller, refusal).await;
    }
    parts.extensions.insert(caller.clone());
    let act = (scope != KeyScopes::PUBLISH).then(|| act(&app, &parts, route));
    let is_safe = parts.method.is_safe();
    let request = Request::from_parts(parts, body);
    match (scope, act) {
        // Publishing has its own record, and many a time more of it than the log could take.
        (_, None) => next.run(request).await,
        (KeyScopes::READ, Some(act)) => shown(&app, act, &caller, request, next).await,
        // What is read and takes more than the right to read is a secret.
        (_, Some(act)) if is_safe => disclosed(&app, act, &caller, request, next).await,
        (_, Some(act)) => noted(app, act, &caller, request, next).await,
    }
}

/// Who sent the request: by their token or key, or else by the cookie of their browser.
async fn authenticate(app: &App, parts: &Parts, route: &str) -> Result<Caller, Box<Response>> {
    let refused = |error: ApiError| Box::new(error.into_response());
    let headers = &parts.headers;
    if headers.contains_key(AUTHORIZATION) {
        return by_bearer(app, headers).await.map_err(refused);
    }
    let origin = origin_of(app, &parts.extensions, headers, &parts.uri);
    let cookie = SessionCookie::of(&origin);
    let Some(session) = cookie.find(headers) else {
        return Err(refused(unauthenticated(app, MISSING)));
    };
    let found = app.authenticator.find_session(session).await;
    let Some(caller) = found.map_err(|error| refused(error.into()))? else {
        let refusal = unauthenticated(app, "the session is not known, or has ended");
        return Err(Box::new(([(SET_COOKIE, cookie.clear())], refusal).into_response()));
    };
    if !parts.method.is_safe()
        && let Err(refusal) = require_same_origin(&origin, headers, &parts.uri)
    {
        let act = act(app, parts, route);
        return Err(Box::new(denied(app, act, &caller, refusal).await));
    }
    // Browsers connect to a stream again by themselves, and send no header of a page with it.
    let is_use = headers.get(BACKGROUND).is_none_or(|value| value != "true") && route != LIVE_PATH;
    Ok(if is_use { app.authenticator.prolong(caller).await } else { caller })
}

async fn by_bearer(app: &App, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let token = bearer(headers).ok_or_else(|| unauthenticated(app, MISSING))?;
    let found = app.authenticator.find_bearer(token).await?;
    found.ok_or_else(|| unauthenticated(app, "the token is not known, or has expired"))
}

fn unauthenticated(app: &App, detail: &'static str) -> ApiError {
    app.metrics.unauthenticated.inc();
    ApiError::new(Code::Unauthenticated).detail(detail)
}

/// The token of the `Authorization` header. More than one header is none: which one counts must not
/// depend on who reads it.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

fn act(app: &App, parts: &Parts, route: &str) -> Act {
    let origin = origin_of(app, &parts.extensions, &parts.headers, &parts.uri);
    Act::new(&parts.method, route, &parts.uri, &origin, parts.extensions.get::<RequestId>())
}

fn lacks(principal: &Principal, scope: KeyScopes) -> ApiError {
    ApiError::new(Code::Forbidden).detail(match principal.credential {
        Credential::Key { .. } => format!("the API key lacks the scope `{}`", scope_name(scope)),
        Credential::Token | Credential::Session(_) => {
            "events are published with an API key that has the scope `publish`, or by an \
             administrator"
                .to_owned()
        }
    })
}

/// Serves a request that changes nothing, which is noted only when it is denied.
async fn shown(app: &App, act: Act, caller: &Caller, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status() == StatusCode::FORBIDDEN
        && let Err(error) = app.auditor.deny(act, caller).await
    {
        // Nothing was done or shown; the log of the process has it at least.
        error!(error = %causes(&error), "a denied request could not be noted");
    }
    response
}

/// Serves a request that shows a secret, which nobody sees before it is noted.
async fn disclosed(app: &App, act: Act, caller: &Caller, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let noted = if status.is_success() {
        app.auditor.disclose(act, caller, status).await
    } else if status == StatusCode::FORBIDDEN {
        app.auditor.deny(act, caller).await
    } else {
        Ok(())
    };
    noted.map_or_else(unnoted, |()| response)
}

async fn denied(app: &App, act: Act, caller: &Caller, refusal: ApiError) -> Response {
    match app.auditor.deny(act, caller).await {
        Ok(()) => refusal.into_response(),
        Err(error) => unnoted(error),
    }
}

/// What cannot be noted is not done.
fn unnoted(error: StoreError) -> Response {
    ApiError::new(Code::Unavailable).because(error).into_response()
}

/// Serves a request that changes something. It goes on when the client hangs up, so that what was begun
/// is also noted as ended.
async fn noted(app: App, act: Act, caller: &Caller, request: Request, next: Next) -> Response {
    let entry = match app.auditor.begin(act, caller).await {
        Ok(entry) => entry,
        Err(error) => return unnoted(error),
    };
    let tracker = app.tracker.clone();
    let served = async move {
        let response = next.run(request).await;
        app.auditor.end(entry, end_of(&response)).await;
        response
    };
    tracker
        .spawn(served.instrument(Span::current()))
        .await
        .unwrap_or_else(|error| ApiError::new(Code::Internal).because(error).into_response())
}
