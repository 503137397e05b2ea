//! What can go wrong with any request of a shape, as the document says it.

use http::StatusCode;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Components, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::dialect_of;
use super::schema::{self, HttpError, OAuthError};
use crate::error::problem::Problem;
use crate::metrics::Dialect;

/// Statuses that many operations share, with the name of their component and what they mean.
const SHARED: [(u16, &str, &str); 10] = [
    (400, "BadRequest", "The request cannot be read: malformed JSON, an invalid query or header."),
    (401, "Unauthenticated", "No token or session, or not a good one."),
    (
        403,
        "Forbidden",
        "The caller may not do this, the API key lacks the scope, or (`cross_site`) the cookie came from \
         a page of another origin.",
    ),
    (404, "NotFound", "It is not there, or not visible to the caller."),
    (412, "PreconditionFailed", "It is another version than the one in `If-Match`."),
    (413, "TooLarge", "The body is too large."),
    (415, "UnsupportedMediaType", "The body is not JSON."),
    (422, "ValidationFailed", "The body says something that cannot be; every mistake is named."),
    (500, "Internal", "An error of the server."),
    (503, "Unavailable", "Away for the moment; trying again helps."),
];

/// Adds the answers that follow from the shape of an operation.
pub(super) fn declare(path: &str, operation: &mut Operation) {
    let dialect = dialect_of(path);
    for status in statuses(dialect, operation) {
        let name = component(dialect, status);
        let shared = RefOr::Ref(Ref::from_response_name(name));
        operation.responses.responses.entry(status.to_string()).or_insert(shared);
    }
    declare_versions(operation);
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let Ok(status) = status.parse::<StatusCode>() else { continue };
        if response.description.is_empty() {
            status.canonical_reason().unwrap_or_default().clone_into(&mut response.description);
        }
        if status.as_u16() >= 400 && response.content.is_empty() && dialect == Dialect::V1 {
            *response = failure(dialect, status.as_u16(), &response.description);
        }
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && let Some(schema) = &mut parameter.schema
        {
            forget_null(schema);
        }
    }
}

/// A query has no null: what is not given is left out.
fn forget_null(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(Object { schema_type: SchemaType::Array(types), .. })) => {
            types.retain(|kind| *kind != Type::Null);
        }
        RefOr::T(Schema::OneOf(choice)) => {
            choice.items.retain(|item| !is_null(item));
            if choice.items.len() == 1 {
                *schema = choice.items.remove(0);
            }
        }
        _ => {}
    }
    if let RefOr::T(Schema::Object(Object { schema_type, .. })) = schema
        && let SchemaType::Array(types) = schema_type
        && let [only] = types.as_slice()
    {
        *schema_type = SchemaType::Type(only.clone());
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    let RefOr::T(Schema::Object(schema)) = schema else { return false };
    schema.schema_type == SchemaType::Type(Type::Null)
}

fn statuses(dialect: Dialect, operation: &Operation) -> Vec<u16> {
    let has = |place: &ParameterIn| {
        operation.parameters.iter().flatten().any(
            |parameter| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == *place),
        )
    };
    let body = operation.request_body.is_some();
    let mut statuses = vec![500, 503];
    if operation.security.as_ref().is_some_and(|ways| !ways.is_empty()) {
        statuses.extend([401, 403]);
        if has(&ParameterIn::Path) {
            statuses.push(404);
        }
    }
    if has(&ParameterIn::Query) || body {
        statuses.push(400);
    }
    match dialect {
        Dialect::V1 if body => statuses.extend([413, 415, 422]),
        Dialect::Aspnet if body => statuses.extend([413, 415]),
        Dialect::Token => statuses.push(413),
        Dialect::V1 | Dialect::Aspnet => {}
    }
    statuses
}

/// The version in the answer, and the statuses that follow from conditional requests.
fn declare_versions(operation: &mut Operation) {
    let takes = |name: &str| {
        operation
            .parameters
            .iter()
            .flatten()
            .any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == name))
    };
    let (reads, changes) = (takes("If-None-Match"), takes("If-Match"));
    let etag = || {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^\"[0-9a-f]+(-[0-9a-f]+)?\"$"));
        HeaderBuilder::new().schema(Some(text)).description(Some("Its version.")).build()
    };
    let responses = &mut operation.responses.responses;
    if reads {
        let unchanged = ResponseBuilder::new().description("The client has this version already.");
        responses.insert("304".to_owned(), unchanged.header("ETag", etag()).build().into());
    }
    if changes {
        let shared = RefOr::Ref(Ref::from_response_name(component(Dialect::V1, 412)));
        responses.entry("412".to_owned()).or_insert(shared);
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && (reads || changes)
            && status.starts_with('2')
            && !response.content.is_empty()
        {
            response.headers.insert("ETag".to_owned(), etag().into());
        }
    }
}

/// Defines what the operations refer to.
pub(super) fn define(components: &mut Components) {
    let mut schemas = schema::texts();
    Problem::schemas(&mut schemas);
    schemas.extend([
        (Problem::name().into_owned(), Problem::schema()),
        (HttpError::name().into_owned(), HttpError::schema()),
        (OAuthError::name().into_owned(), OAuthError::schema()),
    ]);
    components.schemas.extend(schemas);
    for dialect in [Dialect::V1, Dialect::Aspnet, Dialect::Token] {
        for (status, _, meaning) in SHARED {
            let needless = match dialect {
                Dialect::V1 => false,
                Dialect::Aspnet => matches!(status, 404 | 412 | 422),
                Dialect::Token => !matches!(status, 413 | 500 | 503),
            };
            if !needless {
                let mut response = failure(dialect, status, meaning);
                if dialect == Dialect::Aspnet && status == 400 {
                    // The library answers nothing at all to a request that has no body.
                    response.content.clear();
                }
                components.responses.insert(component(dialect, status), response.into());
            }
        }
    }
}

fn component(dialect: Dialect, status: u16) -> String {
    let (_, name, _) =
        SHARED.iter().find(|(shared, ..)| *shared == status).expect("the status is a shared one");
    let prefix = match dialect {
        Dialect::V1 => "",
        Dialect::Aspnet => "Aspnet",
        Dialect::Token => "Token",
    };
    format!("{prefix}{name}")
}

fn failure(dialect: Dialect, status: u16, meaning: &str) -> Response {
    let (media_type, schema) = match dialect {
        Dialect::V1 => ("application/problem+json", Problem::name()),
        Dialect::Aspnet => ("application/json", HttpError::name()),
        Dialect::Token => ("application/json", OAuthError::name()),
    };
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    let mut response = ResponseBuilder::new().description(meaning).content(media_type, content);
    let header = |kind: Type, description: &str| {
        HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(kind)))
            .description(Some(description))
            .build()
    };
    if status == 401 {
        response = response.header("WWW-Authenticate", header(Type::String, "`Bearer`."));
    }
    if matches!(status, 429 | 503) {
        let seconds = header(Type::Integer, "After how many seconds trying again makes sense.");
        response = response.header("Retry-After", seconds);
    }
    response.build()
}
