//! The cookie that a browser keeps its session in.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use postrider_runtime::RequestOrigin;
use secrecy::{ExposeSecret, SecretString};

/// Its name.
pub(crate) const NAME: &str = "postrider_session";
/// Its name over https: a browser takes one of this name from the host itself alone, so that neither a
/// neighbour in the domain nor who listens in on http can give somebody a session of their own.
const SECURE_NAME: &str = "__Host-postrider_session";

/// The cookie of whoever asks, by how they ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionCookie {
    secure: bool,
}

impl SessionCookie {
    pub(crate) fn of(origin: &RequestOrigin) -> Self {
        Self { secure: origin.absolute("/").starts_with("https://") }
    }

    /// Its value in a request. More than one is none: which one counts must not depend on who reads
    /// it.
    pub(crate) fn find(self, headers: &HeaderMap) -> Option<&str> {
        let mut values = headers
            .get_all(COOKIE)
            .iter()
            .flat_map(|line| line.to_str().unwrap_or_default().split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter_map(|(name, value)| (name == self.name()).then_some(value));
        values.next().filter(|_| values.next().is_none())
    }

    /// What has a browser keep `token` until it is closed.
    pub(crate) fn set(self, token: &SecretString) -> HeaderValue {
        self.written(token.expose_secret(), "")
    }

    /// What has a browser forget it.
    pub(crate) fn clear(self) -> HeaderValue {
        self.written("", "; Max-Age=0")
    }

    fn name(self) -> &'static str {
        if self.secure { SECURE_NAME } else { NAME }
    }

    fn written(self, value: &str, age: &str) -> HeaderValue {
        let (name, secure) = (self.name(), if self.secure { "; Secure" } else { "" });
        let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
        let mut cookie = HeaderValue::try_from(cookie).expect("a token is plain ASCII");
        cookie.set_sensitive(true);
        cookie
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: SessionCookie = SessionCookie { secure: false };
    const SECURE: SessionCookie = SessionCookie { secure: true };

    fn sent(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn it_is_found_among_others_and_by_its_own_name_only() {
        let both = sent(&["a=b; postrider_session=plain;c=d", "__Host-postrider_session=secure"]);
        assert_eq!(PLAIN.find(&both), Some("plain"));
        assert_eq!(SECURE.find(&both), Some("secure"));
        for other in ["", "postrider_session", "xpostrider_session=x", "Postrider_Session=x"] {
            assert_eq!(PLAIN.find(&sent(&[other])), None, "{other}");
        }
    }

    #[test]
    fn two_of_them_are_none() {
        assert_eq!(PLAIN.find(&sent(&["postrider_session=a; postrider_session=a"])), None);
        assert_eq!(PLAIN.find(&sent(&["postrider_session=a", "postrider_session=b"])), None);
    }
}
