//! The URI a registration posts to.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::Invalid;

/// An absolute `http` or `https` URI without user information.
///
/// Keeps the text its owner wrote; what that text resolves to is for the egress guard to judge.
#[derive(Clone, PartialEq, Eq)]
pub struct TargetUri {
    text: String,
    url: Url,
}

impl TargetUri {
    /// The longest URI, in bytes.
    pub const MAX_LENGTH: usize = 2048;

    /// The text as it was registered.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The parsed form.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Scheme, host and port: all that may be logged, since paths and queries carry credentials.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}

impl FromStr for TargetUri {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refused = || {
            Invalid::new(format!(
                "The WebHook URI must be absolute with a scheme of either 'http' or 'https' but received '{text}'."
            ))
        };
        if text.len() > Self::MAX_LENGTH {
            return Err(Invalid::new(format!(
                "The WebHook URI is longer than {} bytes.",
                Self::MAX_LENGTH
            )));
        }
        let url = Url::parse(text).map_err(|_| refused())?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(refused());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Invalid::new("The WebHook URI must not contain a user name or password."));
        }
        Ok(Self { text: text.into(), url })
    }
}

impl fmt::Debug for TargetUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TargetUri({}/…)", self.origin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_http_uris_are_taken() {
        for text in [
            "",
            "/path",
            "ftp://a.example/",
            "telnet:x",
            "htp:",
            "invalid:",
            "https://u:p@a.example/",
            "http://",
        ] {
            assert!(text.parse::<TargetUri>().is_err(), "{text}");
        }
        let uri: TargetUri = "https://a.example/hook?code=1".parse().unwrap();
        assert_eq!(uri.as_str(), "https://a.example/hook?code=1");
    }

    #[test]
    fn debugging_a_uri_shows_no_path_and_no_query() {
        let uri: TargetUri = "https://a.example/token?code=1".parse().unwrap();
        assert_eq!(format!("{uri:?}"), "TargetUri(https://a.example/…)");
    }
}
