//! Who may call a route, and what is noted of it.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, StatusCode};
use postrider_domain::ports::StoreError;
use postrider_domain::{Credential, KeyScopes, Principal, causes};
use tower_http::request_id::RequestId;
use tracing::{Instrument, Span, error, field};
use utoipa::openapi::OpenApi;

use crate::App;
use crate::audit::{Act, end_of};
use crate::error::{ApiError, Code};
use crate::extract::Caller;
use crate::openapi::{Demand, methods, scope_name};
use crate::origin::origin_of;

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
pub(crate) async fn guard(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("", MatchedPath::as_str);
    let scope = match gate.demand(request.method(), route) {
        None | Some(Demand::Nothing) => return next.run(request).await,
        Some(Demand::Scope(scope)) => scope,
    };
    let app = gate.app;
    let caller = match authenticate(&app, request.headers()).await {
        Ok(caller) => caller,
        Err(error) => return error.into_response(),
    };
    Span::current().record("user.id", field::display(caller.user.id));
    if !caller.allows(scope) {
        let refusal = lacks(&caller, scope);
        return denied(&app, act(&app, &request, route), &caller, refusal).await;
    }
    request.extensions_mut().insert(caller.clone());
    match scope {
        // Publishing has its own record, and many a time more of it than the log could take.
        KeyScopes::PUBLISH => next.run(request).await,
        KeyScopes::READ => shown(&app, act(&app, &request, route), &caller, request, next).await,
        // What is read and takes more than the right to read is a secret.
        _ if request.method().is_safe() => {
            let act = act(&app, &request, route);
            disclosed(&app, act, &caller, request, next).await
        }
        _ => {
            let act = act(&app, &request, route);
            noted(app, act, &caller, request, next).await
        }
    }
}

async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let unauthenticated = |detail: &'static str| {
        app.metrics.unauthenticated.inc();
        ApiError::new(Code::Unauthenticated).detail(detail)
    };
    let token = bearer(headers).ok_or_else(|| {
        unauthenticated("send `Authorization: Bearer` with an access token or an API key")
    })?;
    let principal = app.authenticator.find_principal(token).await?;
    principal
        .map(Caller::new)
        .ok_or_else(|| unauthenticated("the token is not known, or has expired"))
}

/// The token of the `Authorization` header. More than one header is none: which one counts must not
/// depend on who reads it.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

fn act(app: &App, request: &Request, route: &str) -> Act {
    let (extensions, uri) = (request.extensions(), request.uri());
    let origin = origin_of(app, extensions, request.headers(), uri);
    Act::new(request.method(), route, uri, &origin, extensions.get::<RequestId>())
}

fn lacks(principal: &Principal, scope: KeyScopes) -> ApiError {
    ApiError::new(Code::Forbidden).detail(match principal.credential {
        Credential::Key { .. } => format!("the API key lacks the scope `{}`", scope_name(scope)),
        Credential::Token => {
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
