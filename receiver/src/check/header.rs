//! Headers that prove where a request comes from.

use http::HeaderValue;

use crate::{Provider, Refusal, RefusalKind, Request, Unsignable};

/// The most signatures that a sender puts into one header: one for each secret that is live. Each may
/// take a look at the whole body.
pub(crate) const MAX_SIGNATURES: usize = 16;

/// A header with more signatures than anybody sends.
pub(crate) fn too_many_signatures(name: &str) -> Refusal {
    Refusal::new(
        RefusalKind::Malformed,
        format!(
            "The '{name}' header value is invalid. It must contain no more than {MAX_SIGNATURES} signatures."
        ),
    )
}

/// The value of a header that has to be there exactly once.
pub(crate) fn only_one<'a>(request: &'a Request, name: &str) -> Result<&'a str, Refusal> {
    let mut values = request.headers.get_all(name).iter();
    if let (Some(value), None) = (values.next(), values.next()) {
        // A value that is no text is no signature either.
        return Ok(std::str::from_utf8(value.as_bytes()).unwrap_or(""));
    }
    let count = request.headers.get_all(name).iter().count();
    Err(Refusal::new(
        RefusalKind::Malformed,
        format!(
            "Expecting exactly one '{name}' header field in the WebHook request but found {count}. Please ensure that the request contains exactly one '{name}' header field."
        ),
    ))
}

/// The signature of a header of the form `<prefix>=<signature>`, with spaces anywhere around; the
/// prefix is compared ignoring case.
pub(crate) fn prefixed<'a>(name: &str, value: &'a str, prefix: &str) -> Result<&'a str, Refusal> {
    let parts: Vec<&str> =
        value.split('=').map(str::trim).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [own, signature] if own.eq_ignore_ascii_case(prefix) => Ok(signature),
        _ => Err(Refusal::new(
            RefusalKind::Malformed,
            format!("Invalid '{name}' header value. Expecting a value of '{prefix}=<value>'."),
        )),
    }
}

/// The time in a header that has to be there exactly once, in seconds since 1970.
pub(crate) fn seconds(request: &Request, name: &str) -> Result<i64, Refusal> {
    only_one(request, name)?.parse().map_err(|_| {
        Refusal::new(
            RefusalKind::Malformed,
            format!(
                "The '{name}' header value is invalid. It must be a number of seconds since 1970."
            ),
        )
    })
}

/// A signature that is not what it should be.
pub(crate) fn mismatch(name: &str, provider: &dyn Provider) -> Refusal {
    Refusal::new(
        RefusalKind::Mismatch,
        format!(
            "The WebHook signature provided by the '{name}' header field does not match the value expected by the '{}' receiver. WebHook request is invalid.",
            provider.class()
        ),
    )
}

/// A header that names the event, or the webhook.
pub(crate) fn required<'a>(
    request: &'a Request,
    name: &str,
    what: &str,
) -> Result<&'a str, Refusal> {
    request.header(name).filter(|value| !value.is_empty()).ok_or_else(|| {
        Refusal::new(
            RefusalKind::Body,
            format!(
                "The WebHook request must contain a '{name}' HTTP header indicating the {what}."
            ),
        )
    })
}

/// Checks that a text can be the value of a header.
pub(crate) fn check_value(what: &str, text: &str) -> Result<(), Unsignable> {
    match HeaderValue::from_bytes(text.as_bytes()) {
        Ok(_) => Ok(()),
        Err(_) => Err(Unsignable(format!("the {what} has a character that no header carries"))),
    }
}
