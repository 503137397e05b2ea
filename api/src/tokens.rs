//! Access tokens, sessions and API keys: opaque, random, and known to the store by their SHA-256 only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_domain::Ids;
use postrider_domain::ports::TokenHash;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// What a token is for; its printed form begins with it, so that people and secret scanners can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A login.
    Access,
    /// A login of a browser, which keeps it as a cookie.
    Session,
    /// A program's key.
    ApiKey,
}

impl TokenKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "prt_",
            Self::Session => "prs_",
            Self::ApiKey => "prk_",
        }
    }
}

/// How many characters 32 bytes have in base64 without padding, and the prefix.
const LENGTH: usize = 43 + 4;

/// Makes a token, and what the store keeps of it.
pub(crate) fn generate(kind: TokenKind, ids: &Ids) -> (SecretString, TokenHash) {
    let random = URL_SAFE_NO_PAD.encode(ids.random::<32>());
    let token = SecretString::from(format!("{}{random}", kind.prefix()));
    let hash = digest(token.expose_secret());
    (token, hash)
}

/// The hash to look a bearer's token or key up by; `None` when it cannot be one of ours, so that garbage
/// costs no query. A session is none: what only its browser has to know does not work elsewhere.
pub(crate) fn hash_bearer(token: &str) -> Option<TokenHash> {
    hash_if(token, &[TokenKind::Access, TokenKind::ApiKey])
}

/// The hash to look a session up by; `None` when the cookie cannot be one of ours.
pub(crate) fn hash_cookie(token: &str) -> Option<TokenHash> {
    hash_if(token, &[TokenKind::Session])
}

fn hash_if(token: &str, kinds: &[TokenKind]) -> Option<TokenHash> {
    let ours = kinds.iter().any(|kind| token.starts_with(kind.prefix()));
    (ours && token.len() == LENGTH).then(|| digest(token))
}

fn digest(token: &str) -> TokenHash {
    TokenHash(Sha256::digest(token.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use postrider_domain::{Clock, Timestamp};

    use super::*;

    struct Still;
    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::EPOCH
        }
    }

    #[test]
    fn a_generated_token_is_recognised_and_no_two_are_alike() {
        let ids = Ids::seeded(Arc::new(Still), 1);
        for kind in [TokenKind::Access, TokenKind::ApiKey, TokenKind::Session] {
            let (one, hash) = generate(kind, &ids);
            let (two, _) = generate(kind, &ids);
            let (bearer, cookie) =
                (hash_bearer(one.expose_secret()), hash_cookie(one.expose_secret()));
            let is_session = kind == TokenKind::Session;
            assert_eq!(bearer, (!is_session).then_some(hash));
            assert_eq!(cookie, is_session.then_some(hash));
            assert_ne!(one.expose_secret(), two.expose_secret());
        }
        assert_eq!(hash_bearer("prt_short"), None);
        assert_eq!(hash_cookie("prs_short"), None);
        assert_eq!(hash_bearer(&"x".repeat(LENGTH)), None);
    }
}
