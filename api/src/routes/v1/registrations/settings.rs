//! How a registration wants its deliveries, as clients write it and see it.

use postrider_domain::{Authentication, Batching, ClientTls, RateLimit, RegistrationHeaders};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::registrations::{DraftAuthentication, DraftBatch, DraftRate, DraftTls, Seconds};

/// What a body looks like.
#[derive(ToSchema)]
#[schema(as = PayloadFormat, rename_all = "kebab-case")]
#[expect(dead_code, reason = "it only describes the names that the domain gives")]
pub(super) enum FormatName {
    /// `Id`, `Attempt`, `Properties` and `Notifications`: the ASP.NET library.
    Aspnet,
    /// `type`, `timestamp` and `data`: Standard Webhooks.
    Standard,
    /// CloudEvents 1.0, everything in the body (structured mode).
    Cloudevents,
    /// CloudEvents 1.0, the attributes in headers and the data as the body (binary mode).
    CloudeventsBinary,
    /// An HTML form.
    Form,
}

/// What becomes of deliveries while a registration is paused.
#[derive(ToSchema)]
#[schema(as = WhilePaused, rename_all = "lowercase")]
#[expect(dead_code, reason = "it only describes the names that the domain gives")]
pub(super) enum WhilePausedName {
    /// They are held, and sent after the resume.
    Hold,
    /// They are given up at once.
    Discard,
}

/// How fast deliveries are attempted, kept over all workers together.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = RateLimit)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RateLimitBody {
    /// At most so many requests, evenly spread, …
    #[schema(minimum = 1, maximum = 10_000)]
    requests: u32,
    /// … in so many seconds.
    #[schema(value_type = f64, minimum = 1, maximum = 3600)]
    per_seconds: Seconds,
}

impl From<RateLimitBody> for DraftRate {
    fn from(body: RateLimitBody) -> Self {
        (body.requests, body.per_seconds)
    }
}

impl From<RateLimit> for RateLimitBody {
    fn from(rate: RateLimit) -> Self {
        Self { requests: rate.requests(), per_seconds: rate.per().into() }
    }
}

/// Several events in one delivery: as soon as there are so many, or the first one has waited so long.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = Batch)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BatchBody {
    /// The most events of a delivery.
    #[schema(minimum = 2, maximum = 1000)]
    max_events: u16,
    /// How many seconds the first one waits for more.
    #[schema(value_type = f64, minimum = 1, maximum = 3600)]
    max_wait_seconds: Seconds,
}

impl From<BatchBody> for DraftBatch {
    fn from(body: BatchBody) -> Self {
        (body.max_events, body.max_wait_seconds)
    }
}

impl From<Batching> for BatchBody {
    fn from(batch: Batching) -> Self {
        Self { max_events: batch.max_events(), max_wait_seconds: batch.max_wait().into() }
    }
}

/// How requests prove to the receiver who sends them, beside their signature. Its secrets are shown as
/// `********`, and this written back keeps what is stored.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = Authentication)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum AuthenticationBody {
    /// `Authorization: Basic …` (RFC 7617).
    Basic {
        /// The user; no colon and no control character.
        #[schema(min_length = 1, max_length = 4096, pattern = r"^[^:\x00-\x1F\x7F-\x9F]+$")]
        user: String,
        /// The password; no control character.
        #[schema(min_length = 1, max_length = 4096, pattern = r"^[^\x00-\x1F\x7F-\x9F]+$")]
        password: String,
    },
    /// `Authorization: Bearer …` with a token that does not change (RFC 6750).
    Bearer {
        /// The token: visible ASCII characters.
        #[schema(min_length = 1, max_length = 4096, pattern = "^[!-~]+$")]
        token: String,
    },
    /// `Authorization: Bearer …` with a token that is fetched with the client's credentials (RFC 6749,
    /// section 4.4).
    OAuth2 {
        /// Where tokens are fetched: an absolute `http` or `https` URI without a fragment.
        #[serde(rename = "tokenUri")]
        #[schema(max_length = 2048, pattern = "^[Hh][Tt][Tt][Pp][Ss]?://[^#]+$")]
        token_uri: String,
        /// The client's name.
        #[serde(rename = "clientId")]
        #[schema(min_length = 1, max_length = 4096, pattern = r"^[^\x00-\x1F\x7F-\x9F]+$")]
        client_id: String,
        /// The client's secret.
        #[serde(rename = "clientSecret")]
        #[schema(min_length = 1, max_length = 4096, pattern = r"^[^\x00]+$")]
        client_secret: String,
        /// What is asked for; may be empty.
        #[serde(default)]
        #[schema(max_items = 50)]
        scopes: Vec<String>,
        /// Whom the token is for, where the server wants to know.
        #[schema(min_length = 1, max_length = 512, pattern = r"^[^\x00-\x1F\x7F-\x9F]+$")]
        audience: Option<String>,
    },
}

impl From<AuthenticationBody> for DraftAuthentication {
    fn from(body: AuthenticationBody) -> Self {
        match body {
            AuthenticationBody::Basic { user, password } => Self::Basic { user, password },
            AuthenticationBody::Bearer { token } => Self::Bearer { token },
            AuthenticationBody::OAuth2 {
                token_uri,
                client_id,
                client_secret,
                scopes,
                audience,
            } => Self::OAuth2 { token_uri, client_id, client_secret, scopes, audience },
        }
    }
}

impl From<Authentication> for AuthenticationBody {
    fn from(authentication: Authentication) -> Self {
        let mask = RegistrationHeaders::MASK.to_owned();
        match authentication {
            Authentication::Basic { user, .. } => Self::Basic { user, password: mask },
            Authentication::Bearer { .. } => Self::Bearer { token: mask },
            Authentication::OAuth2 { token_uri, client_id, scopes, audience, .. } => Self::OAuth2 {
                token_uri: token_uri.as_str().to_owned(),
                client_id,
                client_secret: mask,
                scopes,
                audience,
            },
        }
    }
}

/// TLS towards the receiver, in PEM of at most 64 KiB each.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = Tls)]
#[serde(deny_unknown_fields)]
pub(super) struct TlsBody {
    /// The only certification authorities that are trusted; the public ones unless it is given.
    #[schema(max_length = 65_536)]
    authorities: Option<String>,
    /// The certificate that is shown to the receiver, followed by those between it and its root.
    #[schema(max_length = 65_536)]
    certificate: Option<String>,
    /// The private key of the certificate, not encrypted. It is shown as `********`, and this written
    /// back keeps it.
    #[schema(max_length = 65_536)]
    key: Option<String>,
}

impl From<TlsBody> for DraftTls {
    fn from(body: TlsBody) -> Self {
        Self { authorities: body.authorities, certificate: body.certificate, key: body.key }
    }
}

impl From<ClientTls> for TlsBody {
    fn from(tls: ClientTls) -> Self {
        Self {
            authorities: tls.authorities,
            certificate: tls.certificate,
            key: tls.key.map(|_| RegistrationHeaders::MASK.to_owned()),
        }
    }
}
