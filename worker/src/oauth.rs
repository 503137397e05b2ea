//! Fetching an access token (RFC 6749, 4.4: client credentials).

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use postrider_domain::{Authentication, Clock, FailureCause, SecretText, TargetUri, Timestamp};
use postrider_egress::{GuardedClient, Response, SendError};
use serde::Deserialize;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::attempt::Failure;

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 * 1024;
/// How long a token is taken to be good when the server does not say so.
const DEFAULT_LIFE: Duration = Duration::from_mins(5);
/// The longest a token is used, whatever the server says.
const MAX_LIFE: Duration = Duration::from_hours(24);
/// How long before its end a token is no longer used: it has to be good when it arrives.
const MARGIN: Duration = Duration::from_secs(30);
/// The codes that a server explains a refusal with (RFC 6749, 5.2). Others are not repeated: a server
/// may say anything.
const CODES: [&str; 6] = [
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
];

/// Who asks, whom, and for what.
#[derive(Clone, Copy)]
pub(crate) struct Client<'a> {
    token_uri: &'a TargetUri,
    id: &'a str,
    secret: &'a SecretText,
    scopes: &'a [String],
    audience: Option<&'a str>,
}

impl<'a> Client<'a> {
    /// The client of an authentication that needs one.
    pub(crate) fn of(authentication: Option<&'a Authentication>) -> Option<Self> {
        match authentication? {
            Authentication::OAuth2 { token_uri, client_id, client_secret, scopes, audience } => {
                Some(Self {
                    token_uri,
                    id: client_id,
                    secret: client_secret,
                    scopes,
                    audience: audience.as_deref(),
                })
            }
            Authentication::Basic { .. } | Authentication::Bearer { .. } => None,
        }
    }

    /// `client_secret_basic`: both are encoded as a form has them before they are joined (RFC 6749,
    /// 2.3.1).
    fn authorization(&self) -> HeaderValue {
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(self.id), encoded(self.secret.expose()));
        let text = format!("Basic {}", BASE64_STANDARD.encode(pair));
        let mut value = HeaderValue::from_str(&text).expect("base64 is ASCII");
        value.set_sensitive(true);
        value
    }

    fn form(&self) -> Bytes {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if !self.scopes.is_empty() {
            form.append_pair("scope", &self.scopes.join(" "));
        }
        if let Some(audience) = self.audience {
            form.append_pair("audience", audience);
        }
        form.finish().into()
    }
}

/// An access token.
pub(crate) struct Token {
    pub(crate) text: SecretText,
    /// When it is no longer used.
    pub(crate) good_until: Timestamp,
}

/// What a server answers (RFC 6749, 5.1).
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<Seconds>,
}

/// A number; some servers write it as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(f64),
    Text(String),
}

impl Seconds {
    fn number(self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

/// Why it does not (RFC 6749, 5.2).
#[derive(Deserialize)]
struct Denied {
    error: String,
}

/// Fetches a token. What `http` bounds is the request as a whole.
///
/// # Errors
/// Whatever goes wrong has the cause `authentication`; the explanation quotes no secret.
pub(crate) async fn fetch(
    client: &Client<'_>,
    http: &GuardedClient,
    clock: &dyn Clock,
) -> Result<Token, Failure> {
    let asked_at = clock.now();
    let mut headers = HeaderMap::with_capacity(3);
    headers.insert(AUTHORIZATION, client.authorization());
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let url = client.token_uri.url().clone();
    let mut response =
        http.post(url, headers, client.form()).await.map_err(|error| not_reached(&error))?;
    let answer = read(&mut response).await?;
    if (200..300).contains(&response.status()) {
        granted(&answer, asked_at)
    } else {
        Err(denied(response.status(), &answer))
    }
}

async fn read(response: &mut Response) -> Result<Vec<u8>, Failure> {
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| not_reached(&error))? {
        if answer.len() + chunk.len() > MAX_ANSWER {
            return Err(failure("the token server's answer is longer than 64 KiB"));
        }
        answer.extend_from_slice(&chunk);
    }
    Ok(answer)
}

fn granted(answer: &[u8], asked_at: Timestamp) -> Result<Token, Failure> {
    let granted: Granted = serde_json::from_slice(answer)
        .map_err(|_| failure("the token server's answer has no access token in JSON"))?;
    if granted.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(failure("the token server gave a token that is no bearer token"));
    }
    let text = SecretText::parse(&granted.access_token)
        .ok()
        .filter(|text| text.expose().bytes().all(|byte| byte.is_ascii_graphic()))
        .ok_or_else(|| failure("the token server gave a token that no header can carry"))?;
    Ok(Token { text, good_until: asked_at + life(granted.expires_in.and_then(Seconds::number)) })
}

/// How long a token is used: half of its life if that is short. A token that ended before it came is
/// none: whoever says so means something else by it.
fn life(expires_in: Option<f64>) -> Duration {
    let told = expires_in.filter(|seconds| *seconds > 0.0).map_or(DEFAULT_LIFE, |seconds| {
        Duration::try_from_secs_f64(seconds).unwrap_or(MAX_LIFE).min(MAX_LIFE)
    });
    told.saturating_sub(MARGIN.min(told / 2))
}

fn denied(status: u16, answer: &[u8]) -> Failure {
    let code = serde_json::from_slice::<Denied>(answer)
        .ok()
        .and_then(|denied| CODES.into_iter().find(|code| *code == denied.error));
    match code {
        Some(code) => failure(format!("the token server answered {status}: {code}")),
        None => failure(format!("the token server answered {status}")),
    }
}

fn not_reached(error: &SendError) -> Failure {
    failure(format!("the token server: {}", error.detail))
}

fn failure(detail: impl Into<String>) -> Failure {
    Failure::new(FailureCause::Authentication, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client<'a>(secret: &'a SecretText, token_uri: &'a TargetUri) -> Client<'a> {
        Client { token_uri, id: "post:rider", secret, scopes: &[], audience: None }
    }

    #[test]
    fn a_name_and_a_secret_with_colons_and_spaces_stay_apart() {
        let secret = SecretText::parse("a b:c/é").unwrap();
        let uri = "https://login.example/token".parse().unwrap();
        let value = client(&secret, &uri).authorization();
        let encoded = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        let pair = BASE64_STANDARD.decode(encoded).unwrap();
        assert_eq!(pair, b"post%3Arider:a+b%3Ac%2F%C3%A9");
        assert!(value.is_sensitive());
    }

    #[test]
    fn scopes_and_audience_are_asked_for_when_there_are_some() {
        let secret = SecretText::parse("s").unwrap();
        let uri = "https://login.example/token".parse().unwrap();
        let plain = client(&secret, &uri);
        assert_eq!(plain.form(), "grant_type=client_credentials");
        let scopes = ["a".to_owned(), "b".to_owned()];
        let asking = Client { scopes: &scopes, audience: Some("https://x.example/"), ..plain };
        let expected =
            "grant_type=client_credentials&scope=a+b&audience=https%3A%2F%2Fx.example%2F";
        assert_eq!(asking.form(), expected);
    }

    #[test]
    fn a_token_is_used_until_shortly_before_its_end() {
        let seconds = |told| life(Some(told)).as_secs();
        assert_eq!([3600.0, 61.0, 20.0].map(seconds), [3570, 31, 10]);
        assert_eq!(life(Some(f64::MAX)), MAX_LIFE.saturating_sub(MARGIN));
        assert_eq!(life(None), DEFAULT_LIFE.saturating_sub(MARGIN));
    }

    #[test]
    fn a_life_of_nothing_or_less_counts_as_not_told() {
        for told in [0.0, -0.0, -5.0, f64::NAN] {
            assert_eq!(life(Some(told)), life(None), "{told}");
        }
    }

    #[test]
    fn a_life_may_be_a_text_and_what_cannot_be_read_is_none() {
        let read = |life: &str| {
            let answer = format!(r#"{{"access_token": "t", "expires_in": {life}}}"#);
            granted(answer.as_bytes(), Timestamp::EPOCH).unwrap().good_until
        };
        assert_eq!(read("3600"), Timestamp::EPOCH + Duration::from_secs(3570));
        assert_eq!(read("\"3600\""), read("3600"));
        assert_eq!(read("\"soon\""), Timestamp::EPOCH + life(None));
    }

    #[test]
    fn only_a_bearer_token_that_a_header_can_carry_is_taken() {
        let read = |answer: &str| granted(answer.as_bytes(), Timestamp::EPOCH);
        assert!(read(r#"{"access_token": "t", "token_type": "BEARER"}"#).is_ok());
        assert!(read(r#"{"access_token": "t"}"#).is_ok());
        for wrong in [
            r#"{"access_token": "t", "token_type": "mac"}"#,
            r#"{"access_token": "a\nb"}"#,
            r#"{"access_token": ""}"#,
            r#"{"token": "t"}"#,
            "<html>",
        ] {
            let failure = read(wrong).err().unwrap();
            assert_eq!(failure.cause, FailureCause::Authentication, "{wrong}");
        }
    }
}
