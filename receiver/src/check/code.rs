//! Providers that do not sign: their URL carries a secret as `?code=`.

use secrecy::ExposeSecret;

use super::mac;
use crate::provider::{Draft, Incoming};
use crate::request::CODE;
use crate::{Refusal, RefusalKind, Request};

/// Checks the code of the URL.
pub(crate) fn verify(incoming: &Incoming<'_>) -> Result<(), Refusal> {
    let query = incoming.request.query();
    let Some(code) = query.get(CODE).filter(|code| !code.is_empty()) else {
        return Err(Refusal::new(
            RefusalKind::Malformed,
            "The WebHook verification request must contain a 'code' query parameter.",
        ));
    };
    if mac::is_one_of(incoming.secrets()?, &code) {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalKind::Mismatch,
        "The 'code' query parameter provided in the HTTP request did not match the expected value.",
    ))
}

/// A request that carries the secret of the draft in its URL.
pub(crate) fn sign(draft: Draft, content_type: &'static str) -> Request {
    let mut url = draft.url;
    url.query_pairs_mut().append_pair(CODE, draft.secret.expose_secret());
    Request::new(http::Method::POST, url, draft.body)
        .with("content-type", draft.content_type.as_deref().unwrap_or(content_type))
}
