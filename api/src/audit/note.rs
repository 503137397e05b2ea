use std::convert::Infallible;

use axum::response::{IntoResponseParts, ResponseParts};
use postrider_domain::{Principal, UserId};

/// More about an act, for its entry: put beside the answer by a handler. Never a secret, and never the
/// URI of a target, which may have one in it.
#[derive(Debug, Clone)]
pub(crate) struct AuditNote(pub(crate) String);

impl AuditNote {
    /// Whose registration it was about, if somebody else than its owner acts.
    pub(crate) fn of_registration(principal: &Principal, owner: UserId) -> Option<Self> {
        (owner != principal.user.id).then(|| Self(format!("a registration of {owner}")))
    }
}

impl IntoResponseParts for AuditNote {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}
