use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use postrider_domain::ports::TokenHash;
use postrider_domain::{Credential, Principal};

use crate::error::{ApiError, Code};

/// Whom the request acts as: a user who logged in, or a program with an API key. The guard found out,
/// and has seen to it that the credential is good for the route.
#[derive(Clone)]
pub(crate) struct Caller {
    principal: Arc<Principal>,
    proof: TokenHash,
}

impl Caller {
    pub(crate) fn new(principal: Arc<Principal>, proof: TokenHash) -> Self {
        Self { principal, proof }
    }

    /// What the request proved itself with, as the store knows it.
    pub(crate) fn proof(&self) -> TokenHash {
        self.proof
    }

    /// Refuses what a program may not do for its user, whatever its key is good for.
    pub(crate) fn require_login(&self) -> Result<(), ApiError> {
        match self.credential {
            Credential::Token | Credential::Session(_) => Ok(()),
            Credential::Key { .. } => Err(ApiError::new(Code::Forbidden)
                .detail("this takes a login; an API key is not enough")),
        }
    }
}

impl Deref for Caller {
    type Target = Principal;
    fn deref(&self) -> &Principal {
        &self.principal
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            ApiError::new(Code::Internal).because("a route that is not guarded asks who calls it")
        })
    }
}

/// A caller who manages everything.
pub(crate) struct Administrator(pub(crate) Caller);

impl<S: Sync> FromRequestParts<S> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        if !caller.is_administrator() {
            return Err(ApiError::new(Code::Forbidden).detail("this is for administrators"));
        }
        Ok(Self(caller))
    }
}
