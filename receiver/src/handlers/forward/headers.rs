//! The headers of a forwarded webhook.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use postrider_domain::{InboxId, RegistrationHeaders, Secret, Timestamp};
use postrider_wire::standard::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, signature};

use crate::Context;
use crate::handlers::facts::facts;

/// What headers of a sender begin with that proxies and frameworks act on: they tell of the way to
/// us, or would change what the request is taken for.
const OF_PROXIES: [&str; 8] = [
    "x-arr-",
    "x-azure-",
    "x-envoy-",
    "x-forwarded",
    "x-http-method",
    "x-method-override",
    "x-original-",
    "x-rewrite-",
];
/// The same for whole names.
const OF_PROXIES_EXACTLY: [&str; 4] =
    ["x-client-ip", "x-cluster-client-ip", "x-proxyuser-ip", "x-real-ip"];
/// What headers of a sender end with that prove who it is: the service need not know.
const CREDENTIALS: [&str; 3] = ["-api-key", "-secret", "-token"];

/// The sender's own headers, then those that are configured, then what says what this is.
pub(super) fn of(context: &Context, configured: &RegistrationHeaders) -> HeaderMap {
    let request = &context.webhook.request;
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers.iter().filter(|(name, _)| is_passed_on(name)) {
        headers.append(name.clone(), value.clone());
    }
    for (name, value) in configured.iter() {
        let value = HeaderValue::try_from(value);
        if let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name), value) {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    }
    if let Some(content_type) = request.headers.get(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, content_type.clone());
    }
    for (name, value) in facts(context) {
        headers.insert(HeaderName::from_static(name), printable(&value));
    }
    headers
}

/// Adds the three headers by which the service knows that it comes from here. Tries of the same
/// webhook have the same id.
pub(super) fn sign(
    headers: &mut HeaderMap,
    secret: &Secret,
    id: InboxId,
    now: Timestamp,
    body: &[u8],
) {
    let (id, seconds) = (id.to_string(), now.as_seconds());
    let signature = signature(secret, &id, seconds, body);
    headers.insert(ID_HEADER, printable(&id));
    headers.insert(TIMESTAMP_HEADER, HeaderValue::from(seconds));
    headers.insert(SIGNATURE_HEADER, printable(&signature));
}

fn printable(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("printable ASCII is a header value")
}

fn is_passed_on(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("x-")
        && !OF_PROXIES.iter().any(|prefix| name.starts_with(prefix))
        && !OF_PROXIES_EXACTLY.contains(&name)
        && !CREDENTIALS.iter().any(|suffix| name.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_events_are_passed_on_and_those_of_proxies_and_credentials_are_not() {
        let passed = |name: &'static str| is_passed_on(&HeaderName::from_static(name));
        for name in ["x-github-event", "x-event-key", "x-hub-signature-256", "x-request-id"] {
            assert!(passed(name), "{name}");
        }
        for name in [
            "content-length",
            "host",
            "postrider-receiver",
            "webhook-id",
            "x-forwarded-for",
            "x-forwarded",
            "x-real-ip",
            "x-original-url",
            "x-http-method-override",
            "x-gitlab-token",
            "x-api-key",
        ] {
            assert!(!passed(name), "{name}");
        }
    }
}
