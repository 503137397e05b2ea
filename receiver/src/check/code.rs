//! Providers that do not sign: their URL carries a secret as `?code=`.

use secrecy::ExposeSecret;

use super::mac;
use crate::provider::{Draft, Incoming};
use crate::request::CODE;
use crate::{Pairs, Refusal, RefusalKind, Request, Unsignable};

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

/// A request that carries the secret of the draft in its URL, in the place of a code that is there.
pub(crate) fn sign(mut draft: Draft, content_type: &str) -> Result<Request, Unsignable> {
    let others = Pairs::parse(draft.url.query().unwrap_or_default().as_bytes()).without(CODE);
    draft
        .url
        .query_pairs_mut()
        .clear()
        .extend_pairs(others.0)
        .append_pair(CODE, draft.secret.expose_secret());
    draft.to_request(content_type)
}
