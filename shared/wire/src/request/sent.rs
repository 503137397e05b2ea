//! A request as the record keeps it.

use postrider_domain::{RegistrationHeaders, SentRequest};
use sha2::{Digest, Sha256};
use url::Url;

use super::Request;

const MASK: &str = RegistrationHeaders::MASK;

/// Describes `request`.
pub(super) fn describe(request: &Request) -> SentRequest {
    let headers = request.headers.iter().map(|(name, value)| {
        let shown = if RegistrationHeaders::is_sensitive(name.as_str()) {
            MASK.to_owned()
        } else {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        (name.as_str().to_owned(), shown)
    });
    SentRequest {
        uri: masked(&request.url),
        headers: headers.collect(),
        body_bytes: u32::try_from(request.body.len()).unwrap_or(u32::MAX),
        body_digest: Sha256::digest(&request.body).into(),
    }
}

/// The URL with the user in it and the values of its query masked. A part of the query that has no
/// name is a value.
fn masked(url: &Url) -> String {
    let mut masked = url.clone();
    // Neither fails with a host in the URL, and without one there is no user to mask.
    if !url.username().is_empty() {
        let _ = masked.set_username(MASK);
    }
    if url.password().is_some() {
        let _ = masked.set_password(Some(MASK));
    }
    let parts = url.query().map(|query| query.split('&').map(masked_part).collect::<Vec<_>>());
    masked.set_query(parts.map(|parts| parts.join("&")).as_deref());
    // It is not sent.
    masked.set_fragment(None);
    masked.into()
}

fn masked_part(part: &str) -> String {
    match part.split_once('=') {
        Some((name, _)) => format!("{name}={MASK}"),
        None if part.is_empty() => String::new(),
        None => MASK.to_owned(),
    }
}
