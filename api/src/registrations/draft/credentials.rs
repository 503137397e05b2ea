//! What requests have to show besides their signature, as its owner wrote it: secrets that are masked
//! stand for those that are stored.

use postrider_domain::{
    Authentication, ClientTls, Invalid, RegistrationHeaders, SecretText, TargetUri,
};
use postrider_egress::TlsIdentity;

use super::{Change, Member, Problems};

/// The longest user, password, token, or name or secret of a client, in bytes.
const MAX_TEXT: usize = 4096;
/// The longest scope or audience, in bytes.
const MAX_SCOPE: usize = 512;
/// The most scopes.
const MAX_SCOPES: usize = 50;

/// How requests prove who sends them, as it was written.
pub(crate) enum DraftAuthentication {
    Basic {
        user: String,
        password: String,
    },
    Bearer {
        token: String,
    },
    OAuth2 {
        token_uri: String,
        client_id: String,
        client_secret: String,
        scopes: Vec<String>,
        audience: Option<String>,
    },
}

/// TLS towards the receiver, as it was written: texts in PEM.
pub(crate) struct DraftTls {
    pub(crate) authorities: Option<String>,
    pub(crate) certificate: Option<String>,
    pub(crate) key: Option<String>,
}

/// Reads the authentication, that of `current` being what is kept.
pub(super) fn check_authentication(
    draft: Change<Option<DraftAuthentication>>,
    current: Option<&Authentication>,
    problems: &mut Problems,
) -> Option<Authentication> {
    problems.read(Member::Authentication, draft, current.cloned(), |draft| match draft {
        DraftAuthentication::Basic { user, password } => {
            let stored = match current {
                Some(Authentication::Basic { password, .. }) => Some(password),
                _ => None,
            };
            let user = bounded("user", user)?;
            Ok(Authentication::Basic { user, password: unmask("password", &password, stored)? })
        }
        DraftAuthentication::Bearer { token } => {
            let stored = match current {
                Some(Authentication::Bearer { token }) => Some(token),
                _ => None,
            };
            Ok(Authentication::Bearer { token: unmask("token", &token, stored)? })
        }
        DraftAuthentication::OAuth2 { token_uri, client_id, client_secret, scopes, audience } => {
            let stored = match current {
                Some(Authentication::OAuth2 { client_secret, .. }) => Some(client_secret),
                _ => None,
            };
            Ok(Authentication::OAuth2 {
                token_uri: check_token_uri(&token_uri)?,
                client_id: bounded("client id", client_id)?,
                client_secret: unmask("client secret", &client_secret, stored)?,
                scopes: check_scopes(scopes)?,
                audience: audience.map(check_audience).transpose()?,
            })
        }
    })
}

/// Reads the TLS settings, those of `current` being what is kept.
pub(super) fn check_tls(
    draft: Change<Option<DraftTls>>,
    current: Option<&ClientTls>,
    problems: &mut Problems,
) -> Option<ClientTls> {
    // An object with nothing in it says what none says.
    let draft = match draft {
        Change::To(Some(DraftTls { authorities: None, certificate: None, key: None })) => {
            Change::To(None)
        }
        draft => draft,
    };
    problems.read(Member::Tls, draft, current.cloned(), |draft| {
        let stored = current.and_then(|tls| tls.key.as_ref());
        let key = draft.key.map(|key| unmask_text("key", &key, stored)).transpose()?;
        let DraftTls { authorities, certificate, .. } = draft;
        let tls = ClientTls { authorities, certificate, key };
        TlsIdentity::try_from(&tls)?;
        Ok(tls)
    })
}

/// Reads a secret, with the stored one in place of the mask.
fn unmask(name: &str, text: &str, stored: Option<&SecretText>) -> Result<SecretText, Invalid> {
    if text.len() > MAX_TEXT {
        return Err(Invalid::new(format!("the {name} is longer than {MAX_TEXT} bytes")));
    }
    unmask_text(name, text, stored)
}

fn unmask_text(name: &str, text: &str, stored: Option<&SecretText>) -> Result<SecretText, Invalid> {
    if text == RegistrationHeaders::MASK {
        return stored.cloned().ok_or_else(|| {
            Invalid::new(format!("the {name} has no value yet that could be kept"))
        });
    }
    SecretText::parse(text).map_err(|invalid| Invalid::new(format!("the {name}: {invalid}")))
}

fn bounded(name: &str, text: String) -> Result<String, Invalid> {
    if text.is_empty() || text.len() > MAX_TEXT || text.chars().any(char::is_control) {
        return Err(Invalid::new(format!(
            "the {name} has 1 to {MAX_TEXT} bytes and no control characters"
        )));
    }
    Ok(text)
}

/// The URI without a fragment, which the specification forbids (RFC 6749, section 3.2).
fn check_token_uri(text: &str) -> Result<TargetUri, Invalid> {
    let wrong = || {
        Invalid::new(
            "the token URI must be absolute with the scheme `http` or `https`, of at most 2048 \
             bytes, and without user name, password and fragment",
        )
    };
    let uri: TargetUri = text.parse().map_err(|_| wrong())?;
    if uri.url().fragment().is_some() { Err(wrong()) } else { Ok(uri) }
}

/// The characters are those of RFC 6749, section 3.3.
fn check_scopes(scopes: Vec<String>) -> Result<Vec<String>, Invalid> {
    let fits = |scope: &String| {
        (1..=MAX_SCOPE).contains(&scope.len())
            && scope.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
    };
    if scopes.len() <= MAX_SCOPES && scopes.iter().all(fits) {
        return Ok(scopes);
    }
    Err(Invalid::new(format!(
        "there are at most {MAX_SCOPES} scopes of 1 to {MAX_SCOPE} visible ASCII characters \
         without `\"` and `\\`"
    )))
}

fn check_audience(audience: String) -> Result<String, Invalid> {
    let length = 1..=MAX_SCOPE;
    if length.contains(&audience.len()) && !audience.chars().any(char::is_control) {
        return Ok(audience);
    }
    Err(Invalid::new(format!("the audience has 1 to {MAX_SCOPE} bytes and no control characters")))
}
