//! The `authorization` header.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use postrider_domain::{Authentication, Invalid};

/// Adds what a registration authenticates with, in place of a registered header of the name.
///
/// # Errors
/// When no header can carry the token. The error quotes none of it.
pub fn authenticate(
    headers: &mut HeaderMap,
    authentication: Option<&Authentication>,
) -> Result<(), Invalid> {
    let Some(authentication) = authentication else { return Ok(()) };
    headers.remove(AUTHORIZATION);
    match authentication {
        Authentication::Basic { user, password } => {
            // RFC 7617, 2: the user and the password in UTF-8 with a colon between them.
            let pair = STANDARD.encode(format!("{user}:{}", password.expose()));
            let value = HeaderValue::try_from(format!("Basic {pair}"));
            insert(headers, value.expect("base64 is a header value"));
        }
        Authentication::Bearer { token } => insert_bearer(headers, token.expose())?,
        // The caller fetches the token.
        Authentication::OAuth2 { .. } => {}
    }
    Ok(())
}

/// Adds `Bearer` and the token.
///
/// # Errors
/// When no header can carry it.
pub(super) fn insert_bearer(headers: &mut HeaderMap, token: &str) -> Result<(), Invalid> {
    insert(headers, bearer(token)?);
    Ok(())
}

/// Checks what registering could let through and no request could carry.
pub(super) fn check(authentication: &Authentication) -> Result<(), Invalid> {
    match authentication {
        // The first colon ends the user, so that one in it would move a part of it to the password.
        Authentication::Basic { user, .. } if user.contains(':') => {
            Err(Invalid::new("the user of basic authentication contains a colon"))
        }
        Authentication::Basic { user, password }
            if [user.as_str(), password.expose()].iter().any(|text| has_control(text)) =>
        {
            Err(Invalid::new("the user or password contains a control character"))
        }
        Authentication::Bearer { token } => bearer(token.expose()).map(drop),
        Authentication::Basic { .. } | Authentication::OAuth2 { .. } => Ok(()),
    }
}

/// A token is one word of printable ASCII: RFC 6749, appendix A.12, without the space, which would
/// end it (RFC 6750, 2.1).
fn bearer(token: &str) -> Result<HeaderValue, Invalid> {
    let refused = || Invalid::new("the token is empty or has characters that no token may have");
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(refused());
    }
    HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| refused())
}

/// RFC 7617, 2 allows none in either.
fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

fn insert(headers: &mut HeaderMap, mut value: HeaderValue) {
    value.set_sensitive(true);
    headers.insert(AUTHORIZATION, value);
}
