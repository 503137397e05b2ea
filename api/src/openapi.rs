//! The OpenAPI document: every route is declared with `#[utoipa::path]`, so that none can be missing.
//!
//! A handler's annotation says what is its own: parameters, bodies, the statuses of success and of
//! conflicts. [`complete`] adds what follows from the rest: who may call it ([`Demand`]), and what can
//! go wrong with any request of its shape, in the words of its dialect. The guard in `middleware` asks
//! for the same demands, so that document and behaviour cannot differ.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use postrider_domain::KeyScopes;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder, Tag};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::App;
use crate::metrics::Dialect;
use crate::middleware::cookie;
use crate::routes::{SESSION_PATH, token};

mod failures;
pub(crate) mod schema;

/// Where the document is.
const PATH: &str = "/openapi.json";
/// Where secrets are shown.
const SECRET: &str = "/api/v1/registrations/{id}/secret";
/// How programs prove who they are.
const BEARER: &str = "bearer";
/// How browsers do.
const SESSION: &str = "session";

/// What the caller of an operation has to prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Nothing.
    Nothing,
    /// Who they are, with a credential that is good for this.
    Scope(KeyScopes),
}

impl Demand {
    /// What is demanded for `method` on the route `path`.
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        if token::PATHS.contains(&path) || path == SESSION_PATH {
            return Self::Nothing;
        }
        Self::Scope(match (method, path) {
            (&Method::POST, "/api/v1/events") => KeyScopes::PUBLISH,
            // Whoever has a secret can sign with it, which is more than seeing.
            (_, SECRET) => KeyScopes::MANAGE,
            (&Method::GET | &Method::HEAD, _) => KeyScopes::READ,
            _ => KeyScopes::MANAGE,
        })
    }
}

/// The name of a scope.
pub(crate) fn scope_name(scope: KeyScopes) -> &'static str {
    match scope {
        KeyScopes::PUBLISH => "publish",
        KeyScopes::READ => "read",
        _ => "manage",
    }
}

/// What the document begins with.
pub(crate) fn frame() -> OpenApiRouter<App> {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An access token from `POST /Token`, or an API key."))
        .build();
    let session = ApiKeyValue::with_description(
        cookie::NAME,
        "The cookie of `POST /api/v1/session`, called `__Host-postrider_session` over https. With it, \
         requests that change something have to come from the pages of this origin.",
    );
    let tag = |(name, description): &(&str, &str)| {
        let mut tag = Tag::new(name);
        tag.description = Some((*description).to_owned());
        tag
    };
    let mut info = InfoBuilder::new()
        .title("Postrider")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Durable webhooks: publish events, and let registrations be told of them.",
        ))
        .build();
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    info.license = Some(license);
    let document = OpenApiBuilder::new()
        .info(info)
        .components(Some(
            ComponentsBuilder::new()
                .security_scheme(BEARER, SecurityScheme::Http(bearer))
                .security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(session)))
                .build(),
        ))
        .tags(Some(TAGS.iter().map(tag)))
        .build();
    OpenApiRouter::with_openapi(document)
}

/// The groups of operations.
const TAGS: [(&str, &str); 17] = [
    ("events", "Publishing, and what became of it."),
    ("registrations", "Where a user wants which events."),
    ("deliveries", "What was sent, and how it went."),
    ("replays", "Sending again what was settled."),
    ("activity", "What happens, and what happened lately."),
    ("inbox", "What was received, and how it was processed, for administrators."),
    ("filters", "The kinds of events."),
    ("resources", "The catalogue of the things that events are about."),
    ("users", "Accounts, for administrators."),
    ("roles", "Named sets of permissions, for administrators."),
    ("permissions", "Who may do what, for administrators."),
    ("api-keys", "What programs prove themselves with."),
    ("me", "The caller's own account."),
    ("audit", "Who did what, for administrators."),
    ("session", "Logging in with a browser."),
    ("token", "Logging in."),
    ("aspnet", "The dialect of the ASP.NET library."),
];

/// Adds to every operation what its annotation leaves out.
pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            operation.security = Some(match Demand::of(&method, path) {
                Demand::Nothing => Vec::new(),
                Demand::Scope(scope) => {
                    vec![
                        SecurityRequirement::new(BEARER, [scope_name(scope)]),
                        SecurityRequirement::new::<_, [&str; 0], &str>(SESSION, []),
                    ]
                }
            });
            failures::declare(path, operation);
        }
    }
    if let Some(components) = &mut document.components {
        failures::define(components);
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [
        (Method::GET, get),
        (Method::PUT, put),
        (Method::POST, post),
        (Method::DELETE, delete),
        (Method::PATCH, patch),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// The methods of a route.
pub(crate) fn methods(item: &PathItem) -> impl Iterator<Item = Method> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [
        (Method::GET, get),
        (Method::PUT, put),
        (Method::POST, post),
        (Method::DELETE, delete),
        (Method::PATCH, patch),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.is_some().then_some(method))
}

/// Whose conventions the requests to a path follow.
pub(crate) fn dialect_of(path: &str) -> Dialect {
    if path.starts_with("/api/webhooks/") {
        Dialect::Aspnet
    } else if token::PATHS.contains(&path) {
        Dialect::Token
    } else {
        Dialect::V1
    }
}

/// The document as JSON, and a page that renders it: without a login, and without anything from
/// elsewhere.
pub(crate) fn pages(document: &OpenApi) -> Router<App> {
    let json: axum::body::Bytes = to_json(document).into();
    let show = async move || -> Response {
        ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], json).into_response()
    };
    let page: Router<App> = SwaggerUi::new("/docs").config(Config::new([PATH])).into();
    Router::new().route(PATH, get(show)).merge(page)
}

/// The document, as it is served.
pub(crate) fn to_json(document: &OpenApi) -> String {
    let mut json = document.to_pretty_json().expect("a document is made of plain JSON values");
    json.push('\n');
    json
}
