//! Bodies: their media type, and reading them.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::xml::{self, Element};
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

/// Reads a JSON document that follows the standard: before there is a proof, nothing is taken leniently.
pub(crate) fn strict_json(request: &Request) -> Result<Value, Refusal> {
    if !is(request, "json") {
        return Err(wrong_type("JSON"));
    }
    check_not_empty(request)?;
    crate::json::parse_strict(&request.body).map_err(|error| invalid_json(&error))
}

/// Reads a JSON object.
pub(crate) fn json_object(request: &Request) -> Result<Map<String, Value>, Refusal> {
    match json(request)? {
        Value::Object(object) => Ok(object),
        _ => Err(invalid_json(&"it is not an object")),
    }
}

/// Whether the body is JSON.
pub(crate) fn is_json(request: &Request) -> bool {
    is(request, "json")
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

/// Whether headers announce XML.
pub(crate) fn are_of_xml(headers: &HeaderMap) -> bool {
    is_media_type(&essence(headers), "xml")
}

/// Reads an XML document.
pub(crate) fn xml(request: &Request) -> Result<Element, Refusal> {
    if !is(request, "xml") {
        return Err(wrong_type("XML"));
    }
    check_not_empty(request)?;
    xml::parse(&request.body).map_err(|error| {
        let message = format!("The WebHook request contained invalid XML: '{error}'.");
        Refusal::new(RefusalKind::Body, message)
    })
}

/// What a sender repeats when it sends a webhook again: what is at these places of `data`, as JSON
/// pointers, joined. `None` unless something is at each of them.
pub(crate) fn key(data: &Value, pointers: &[&str]) -> Option<String> {
    let text = |pointer: &&str| match data.pointer(pointer)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    Some(pointers.iter().map(text).collect::<Option<Vec<_>>>()?.join(" "))
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
    is_media_type(&media_type(request), kind)
}

/// Whether a media type in lower case is of this kind.
fn is_media_type(media_type: &str, kind: &str) -> bool {
    let Some((top, sub)) = media_type.split_once('/') else { return false };
    let suffix = sub.rsplit_once('+').map(|(_, suffix)| suffix);
    matches!(top, "application" | "text") && (sub == kind || suffix == Some(kind))
}

/// The media type in lower case, without its parameters.
fn media_type(request: &Request) -> String {
    essence(&request.headers)
}

fn essence(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
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
