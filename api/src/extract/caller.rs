use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use postrider_domain::Principal;
use tracing::{Span, field};

use crate::App;
use crate::error::{ApiError, Code};

/// Whom the request acts as: a user who logged in, or a program with an API key.
pub(crate) struct Caller(Arc<Principal>);

impl Deref for Caller {
    type Target = Principal;
    fn deref(&self) -> &Principal {
        &self.0
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let token = bearer(parts).ok_or_else(|| {
            ApiError::new(Code::Unauthenticated)
                .detail("send `Authorization: Bearer` with an access token or an API key")
        })?;
        let principal = app.authenticator.find_principal(token).await?.ok_or_else(|| {
            ApiError::new(Code::Unauthenticated).detail("the token is not known, or has expired")
        })?;
        Span::current().record("user.id", field::display(principal.user.id));
        Ok(Self(principal))
    }
}

/// A caller who manages everything.
pub(crate) struct Administrator(pub(crate) Caller);

impl FromRequestParts<App> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, app).await?;
        if !caller.is_administrator() {
            return Err(ApiError::new(Code::Forbidden).detail("this is for administrators"));
        }
        Ok(Self(caller))
    }
}

/// The token of the `Authorization` header. More than one header is none: which one counts must not
/// depend on who reads it.
fn bearer(parts: &Parts) -> Option<&str> {
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}
