//! The handshake that proves that whoever registers a target has it under control: the target is
//! asked to send a random value back.
//!
//! It is a `GET` with `echo=<32 hex digits>` appended to the query of the URI, and the registration's
//! headers. The answer has to be a success whose body is the value and nothing else, in time. A
//! target whose query has a parameter `noecho` is not asked. The texts are those that clients of the
//! ASP.NET library know.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use postrider_domain::{Ids, RegistrationHeaders, TargetUri};
use postrider_egress::{ClientSettings, Guard, GuardedClient, SendError};
use url::Url;

use self::status::name_of;

mod status;

/// Asks targets for an echo.
pub(crate) struct Echo {
    client: GuardedClient,
    ids: Ids,
}

/// Why a target is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EchoError {
    /// There was no answer, or not all of it in time.
    #[error("{begins} {0}", begins = UNREACHABLE)]
    Unreachable(SendError),
    /// The answer was no success.
    #[error("{begins} {status}", begins = UNREACHABLE, status = name_of(*.0))]
    Status(u16),
    /// The answer had no body.
    #[error(
        "The WebHook URI did not return the expected echo query parameter value in a plain text \
         response body. This is necessary to ensure that the WebHook is connected correctly."
    )]
    Empty,
    /// The body was another one.
    #[error(
        "The HTTP request echo query parameter was not returned as plain text in the response. \
         Please return the echo parameter to verify that the WebHook is working as expected."
    )]
    Different,
}

/// What both failures to get an answer begin with.
const UNREACHABLE: &str = "WebHook verification failed. Please ensure that the WebHook URI is \
                           valid and that the endpoint is accessible. Error encountered:";

impl Echo {
    pub(crate) fn new(guard: &Arc<Guard>, ids: Ids, timeout: Duration) -> Self {
        let settings = ClientSettings {
            timeout,
            connect_timeout: timeout,
            // Nobody is asked often enough for a connection to be worth keeping.
            max_idle_per_host: 0,
            ..ClientSettings::default()
        };
        Self { client: guard.client(settings), ids }
    }

    /// Asks `target` for an echo, unless it says that it has none.
    pub(crate) async fn verify(
        &self,
        target: &TargetUri,
        headers: &RegistrationHeaders,
    ) -> Result<(), EchoError> {
        if opts_out(target.url()) {
            return Ok(());
        }
        let value = hex::encode(self.ids.random::<16>());
        let url = with_echo(target.url().clone(), &value);
        let mut answer =
            self.client.get(url, request_headers(headers)).await.map_err(EchoError::Unreachable)?;
        if !StatusCode::from_u16(answer.status()).is_ok_and(|status| status.is_success()) {
            return Err(EchoError::Status(answer.status()));
        }
        let mut body = Vec::with_capacity(value.len());
        // What is longer than the value is different already, however much there is.
        while body.len() <= value.len() {
            match answer.chunk().await.map_err(EchoError::Unreachable)? {
                Some(piece) => body.extend_from_slice(&piece),
                None => break,
            }
        }
        match body {
            body if body.is_empty() => Err(EchoError::Empty),
            body if body == value.as_bytes() => Ok(()),
            _ => Err(EchoError::Different),
        }
    }
}

/// Whether the query has a parameter `noecho`, in any case and with any value.
fn opts_out(url: &Url) -> bool {
    url.query_pairs().any(|(name, _)| name.eq_ignore_ascii_case("noecho"))
}

/// The URL with the parameter appended: what the target wants to see in its query stays in it.
fn with_echo(mut url: Url, value: &str) -> Url {
    let query = match url.query() {
        None | Some("") => format!("echo={value}"),
        Some(query) => format!("{query}&echo={value}"),
    };
    url.set_query(Some(&query));
    url.set_fragment(None);
    url
}

fn request_headers(headers: &RegistrationHeaders) -> HeaderMap {
    let parsed = headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::try_from(name).ok()?;
        // Whatever carries a credential must not turn up in a log of the client.
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        Some((name, value))
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_is_appended_to_what_the_query_has() {
        for (uri, expected) in [
            ("https://h9.example/hook", "https://h9.example/hook?echo=42"),
            ("https://h9.example/hook?", "https://h9.example/hook?echo=42"),
            ("https://h9.example/?code=a%2Bb==&x", "https://h9.example/?code=a%2Bb==&x&echo=42"),
            ("https://h9.example/?a=1#part", "https://h9.example/?a=1&echo=42"),
        ] {
            assert_eq!(with_echo(uri.parse().unwrap(), "42").as_str(), expected);
        }
    }

    #[test]
    fn a_target_says_in_any_case_that_it_has_no_echo() {
        for (query, expected) in [
            ("noecho", true),
            ("noecho=", true),
            ("NoEcho=x", true),
            ("a=1&NOECHO", true),
            ("a=noecho", false),
            ("noechoes", false),
        ] {
            let url: Url = format!("https://h9.example/?{query}").parse().unwrap();
            assert_eq!(opts_out(&url), expected, "{query}");
        }
    }

    #[test]
    fn statuses_have_the_names_that_clients_know() {
        let told = |status| EchoError::Status(status).to_string();
        assert!(told(404).ends_with("Error encountered: NotFound"), "{}", told(404));
        assert!(told(500).ends_with("Error encountered: InternalServerError"), "{}", told(500));
        assert!(told(599).ends_with("Error encountered: 599"), "{}", told(599));
    }
}
