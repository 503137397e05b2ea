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
use postrider_domain::{ClientTls, FailureCause, Ids, Registration};
use postrider_egress::{ClientSettings, Guard, GuardedClient, SendError, Timings, TlsIdentity};
use postrider_wire::request::authenticate;
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

    /// Asks the target of `registration` for an echo, unless it says that it has none.
    pub(crate) async fn verify(&self, registration: &Registration) -> Result<(), EchoError> {
        let target = registration.uri.url();
        if opts_out(target) {
            return Ok(());
        }
        let value = hex::encode(self.ids.random::<16>());
        let url = with_echo(target.clone(), &value);
        let headers = request_headers(registration).map_err(EchoError::Unreachable)?;
        let tls = registration.credentials.tls.as_ref();
        let client = self.client_for(tls).map_err(EchoError::Unreachable)?;
        let mut answer = client.get(url, headers).await.map_err(EchoError::Unreachable)?;
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

    /// A client that trusts and shows what its receiver wants. There is none without what it was to
    /// trust: a request by any other client might tell somebody else what only the receiver may know.
    fn client_for(&self, tls: Option<&ClientTls>) -> Result<GuardedClient, SendError> {
        let Some(tls) = tls else { return Ok(self.client.clone()) };
        TlsIdentity::try_from(tls).map(|identity| self.client.with_identity(&identity)).map_err(
            |invalid| SendError {
                cause: FailureCause::Tls,
                detail: invalid.to_string(),
                timings: Timings::default(),
            },
        )
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

/// The headers of every request. A token of OAuth 2 is fetched by workers alone, so that a receiver
/// that asks for one has to answer the handshake without.
fn request_headers(registration: &Registration) -> Result<HeaderMap, SendError> {
    let parsed = registration.headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::try_from(name).ok()?;
        Some((name, HeaderValue::try_from(value).ok()?))
    });
    let mut headers: HeaderMap = parsed.collect();
    authenticate(&mut headers, registration.credentials.authentication.as_ref()).map_err(
        |invalid| SendError {
            cause: FailureCause::Authentication,
            detail: invalid.to_string(),
            timings: Timings::default(),
        },
    )?;
    // Whatever carries a credential must not turn up in a log of the client.
    for value in headers.values_mut() {
        value.set_sensitive(true);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use postrider_egress::EgressConfig;
    use postrider_runtime::SystemClock;

    use super::*;

    #[test]
    fn a_target_whose_authorities_cannot_be_read_is_not_asked_by_whom_the_world_trusts() {
        let guard = Arc::new(Guard::new(&EgressConfig::default()));
        let ids = Ids::seeded(Arc::new(SystemClock), 1);
        let echo = Echo::new(&guard, ids, Duration::from_secs(1));
        let tls =
            ClientTls { authorities: Some("no certificate".into()), certificate: None, key: None };
        let refused = echo.client_for(Some(&tls)).err().map(|error| error.cause);
        assert_eq!(refused, Some(FailureCause::Tls));
        assert!(echo.client_for(None).is_ok());
    }

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
