//! Bodies: their media type, and reading them.

use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use crate::{Pairs, Refusal, RefusalKind, Request};

/// The media type of JSON.
pub(crate) const JSON: &str = "application/json";
/// The media type of an HTML form.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// Reads any JSON document.
pub(crate) fn json(request: &Request) -> Result<Value, Refusal> {
    if !is(request, "json") {
        return Err(wrong_type("JSON"));
    }
    check_not_empty(request)?;
    crate::json::parse(&request.body).map_err(|error| invalid_json(&error))
}

/// Reads a JSON object.
pub(crate) fn json_object(request: &Request) -> Result<Map<String, Value>, Refusal> {
    match json(request)? {
        Value::Object(object) => Ok(object),
        _ => Err(invalid_json(&"it is not an object")),
    }
}

/// Whether the body is an HTML form.
pub(crate) fn is_form(request: &Request) -> bool {
    media_type(request) == FORM
}

/// Reads an HTML form.
pub(crate) fn form(request: &Request) -> Result<Pairs, Refusal> {
    if !is_form(request) {
        return Err(wrong_type("HTML form URL-encoded data"));
    }
    check_not_empty(request)?;
    Ok(Pairs::parse(&request.body))
}

/// Checks that the body is XML.
pub(crate) fn check_xml(request: &Request) -> Result<(), Refusal> {
    if !is(request, "xml") {
        return Err(wrong_type("XML"));
    }
    check_not_empty(request)
}

/// A property that has to be there.
pub(crate) fn required(value: Option<&Value>, name: &str) -> Result<String, Refusal> {
    match value {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        _ => Err(missing(name)),
    }
}

/// A property that is missing.
pub(crate) fn missing(name: &str) -> Refusal {
    Refusal::new(
        RefusalKind::Body,
        format!("The HTTP request body did not contain a required '{name}' property."),
    )
}

/// JSON that cannot be read, or is not what it should be.
pub(crate) fn invalid_json(why: &dyn std::fmt::Display) -> Refusal {
    let message = format!("The WebHook request contained invalid JSON: '{why}'.");
    Refusal::new(RefusalKind::Body, message)
}

/// `application/x`, `text/x`, and both with a `+x` suffix, as Web API takes them.
fn is(request: &Request, kind: &str) -> bool {
    let media_type = media_type(request);
    let Some((top, sub)) = media_type.split_once('/') else { return false };
    let suffix = sub.rsplit_once('+').map(|(_, suffix)| suffix);
    matches!(top, "application" | "text") && (sub == kind || suffix == Some(kind))
}

/// The media type in lower case, without its parameters.
fn media_type(request: &Request) -> String {
    let value = request.header(CONTENT_TYPE.as_str()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn check_not_empty(request: &Request) -> Result<(), Refusal> {
    if request.body.is_empty() {
        let message = "The WebHook request entity body cannot be empty.";
        return Err(Refusal::new(RefusalKind::Body, message));
    }
    Ok(())
}

fn wrong_type(kind: &str) -> Refusal {
    let message = format!("The WebHook request must contain an entity body formatted as {kind}.");
    Refusal::new(RefusalKind::MediaType, message)
}
