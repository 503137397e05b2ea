//! What a request proves itself with beside its signature, and the keys of asymmetric signatures.
//!
//! All of it is sealed in the store, and shown to nobody again.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{Invalid, TargetUri, Timestamp};

/// A text that is printed nowhere.
#[derive(Clone)]
pub struct SecretText(SecretString);

impl SecretText {
    /// The longest text, in bytes.
    pub const MAX_LENGTH: usize = 64 * 1024;

    /// Takes a text.
    ///
    /// # Errors
    /// When it is empty, longer than 64 KiB, or has a NUL character.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() || text.len() > Self::MAX_LENGTH || text.contains('\0') {
            return Err(Invalid::new("it is empty, longer than 64 KiB or has a NUL character"));
        }
        Ok(Self(SecretString::from(text)))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for SecretText {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for SecretText {}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// How a request proves to its receiver who sends it, beside its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// `Authorization: Basic …` (RFC 7617).
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: SecretText,
    },
    /// `Authorization: Bearer …` with a token that does not change (RFC 6750).
    Bearer {
        /// The token.
        token: SecretText,
    },
    /// `Authorization: Bearer …` with a token that the worker fetches (RFC 6749, client
    /// credentials).
    OAuth2 {
        /// Where tokens are fetched; it passes the egress guard as every URL does.
        token_uri: TargetUri,
        /// The client's name.
        client_id: String,
        /// The client's secret.
        client_secret: SecretText,
        /// What is asked for; may be empty.
        scopes: Vec<String>,
        /// Whom the token is for, where the server wants to know.
        audience: Option<String>,
    },
}

impl Authentication {
    /// The kind, as the API and logs name it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Basic { .. } => "basic",
            Self::Bearer { .. } => "bearer",
            Self::OAuth2 { .. } => "oauth2",
        }
    }
}

/// TLS towards one receiver, in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientTls {
    /// The only certification authorities that are trusted; none is the public ones.
    pub authorities: Option<String>,
    /// The certificate that is shown to the receiver, leaf first.
    pub certificate: Option<String>,
    /// The private key of the certificate.
    pub key: Option<SecretText>,
}

/// An ed25519 key that was replaced, and signs until it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousKey {
    /// The key, as `whsk_` and base64.
    pub key: SecretText,
    /// When it no longer signs.
    pub ends_at: Timestamp,
}

/// Everything a registration has to show besides its secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// How requests prove who sends them.
    pub authentication: Option<Authentication>,
    /// TLS towards the receiver.
    pub tls: Option<ClientTls>,
    /// What `v1a` signatures are made with, as `whsk_` and base64 (Standard Webhooks).
    pub signing_key: Option<SecretText>,
    /// The key before, while a rotation lasts.
    pub previous_signing_key: Option<PreviousKey>,
}

impl Credentials {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The key before, if it still signs at `now`.
    pub fn previous_signing_key_at(&self, now: Timestamp) -> Option<&SecretText> {
        self.previous_signing_key
            .as_ref()
            .filter(|previous| now < previous.ends_at)
            .map(|previous| &previous.key)
    }

    /// JSON with everything in the clear: for sealing, and for nothing else.
    pub fn expose_json(&self) -> String {
        serde_json::to_string(&Clear::from(self)).expect("texts and numbers are JSON")
    }

    /// Reads what [`Credentials::expose_json`] wrote.
    ///
    /// # Errors
    /// When it is anything else; the error quotes nothing of it.
    pub fn parse_json(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("the credentials do not parse");
        let clear: Clear = serde_json::from_str(text).map_err(|_| wrong())?;
        clear.try_into().map_err(|_: Invalid| wrong())
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Clear {
    authentication: Option<ClearAuthentication>,
    tls: Option<ClearTls>,
    signing_key: Option<String>,
    previous_signing_key: Option<(String, Timestamp)>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum ClearAuthentication {
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

#[derive(Serialize, Deserialize)]
struct ClearTls {
    authorities: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
}

impl From<&Credentials> for Clear {
    fn from(credentials: &Credentials) -> Self {
        let text = |secret: &SecretText| secret.expose().to_owned();
        Self {
            authentication: credentials.authentication.as_ref().map(Into::into),
            tls: credentials.tls.as_ref().map(|tls| ClearTls {
                authorities: tls.authorities.clone(),
                certificate: tls.certificate.clone(),
                key: tls.key.as_ref().map(text),
            }),
            signing_key: credentials.signing_key.as_ref().map(text),
            previous_signing_key: credentials
                .previous_signing_key
                .as_ref()
                .map(|previous| (text(&previous.key), previous.ends_at)),
        }
    }
}

impl From<&Authentication> for ClearAuthentication {
    fn from(authentication: &Authentication) -> Self {
        match authentication {
            Authentication::Basic { user, password } => {
                Self::Basic { user: user.clone(), password: password.expose().to_owned() }
            }
            Authentication::Bearer { token } => Self::Bearer { token: token.expose().to_owned() },
            Authentication::OAuth2 { token_uri, client_id, client_secret, scopes, audience } => {
                Self::OAuth2 {
                    token_uri: token_uri.as_str().to_owned(),
                    client_id: client_id.clone(),
                    client_secret: client_secret.expose().to_owned(),
                    scopes: scopes.clone(),
                    audience: audience.clone(),
                }
            }
        }
    }
}

impl TryFrom<Clear> for Credentials {
    type Error = Invalid;

    fn try_from(clear: Clear) -> Result<Self, Invalid> {
        let text = |text: &String| SecretText::parse(text);
        Ok(Self {
            authentication: clear.authentication.map(TryInto::try_into).transpose()?,
            tls: match clear.tls {
                None => None,
                Some(tls) => Some(ClientTls {
                    authorities: tls.authorities,
                    certificate: tls.certificate,
                    key: tls.key.as_ref().map(text).transpose()?,
                }),
            },
            signing_key: clear.signing_key.as_ref().map(text).transpose()?,
            previous_signing_key: match clear.previous_signing_key {
                None => None,
                Some((key, ends_at)) => Some(PreviousKey { key: text(&key)?, ends_at }),
            },
        })
    }
}

impl TryFrom<ClearAuthentication> for Authentication {
    type Error = Invalid;

    fn try_from(clear: ClearAuthentication) -> Result<Self, Invalid> {
        Ok(match clear {
            ClearAuthentication::Basic { user, password } => {
                Self::Basic { user, password: SecretText::parse(&password)? }
            }
            ClearAuthentication::Bearer { token } => {
                Self::Bearer { token: SecretText::parse(&token)? }
            }
            ClearAuthentication::OAuth2 {
                token_uri,
                client_id,
                client_secret,
                scopes,
                audience,
            } => Self::OAuth2 {
                token_uri: token_uri.parse()?,
                client_id,
                client_secret: SecretText::parse(&client_secret)?,
                scopes,
                audience,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        let secret = |text: &str| SecretText::parse(text).unwrap();
        Credentials {
            authentication: Some(Authentication::OAuth2 {
                token_uri: "https://login.example/token".parse().unwrap(),
                client_id: "postrider".into(),
                client_secret: secret("s3cret"),
                scopes: vec!["hooks".into()],
                audience: None,
            }),
            tls: Some(ClientTls {
                authorities: None,
                certificate: Some("PEM".into()),
                key: Some(secret("private")),
            }),
            signing_key: Some(secret("whsk_new")),
            previous_signing_key: Some(PreviousKey {
                key: secret("whsk_old"),
                ends_at: Timestamp::EPOCH,
            }),
        }
    }

    #[test]
    fn credentials_survive_being_sealed() {
        let credentials = credentials();
        assert_eq!(Credentials::parse_json(&credentials.expose_json()).unwrap(), credentials);
        assert!(Credentials::parse_json("{}").unwrap().is_empty());
    }

    #[test]
    fn nothing_secret_is_printed() {
        let printed = format!("{:?}", credentials());
        for secret in ["s3cret", "private", "whsk_"] {
            assert!(!printed.contains(secret), "{printed}");
        }
        let error = Credentials::parse_json("{\"signing_key\": 42, \"x\": \"s3cret\"").unwrap_err();
        assert!(!error.to_string().contains("s3cret"));
    }
}
