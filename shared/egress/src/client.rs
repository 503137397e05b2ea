//! The HTTP client, and the only way to use it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use postrider_domain::FailureCause;
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::connector::Connector;
use crate::identity::TlsIdentity;
use crate::response::Response;
use crate::socket::Established;
use crate::{Guard, SendError, Timings};

/// The most headers of an answer.
const MAX_HEADERS: usize = 100;
/// The most bytes of an answer's headers.
const MAX_HEAD: usize = 64 * 1024;
/// What is around a header: a colon, a space and the end of the line.
const HEADER_OVERHEAD: usize = 4;
/// What tells receivers who calls.
const USER: HeaderValue =
    HeaderValue::from_static(concat!("Postrider/", env!("CARGO_PKG_VERSION")));

/// How patient a client is, and how many connections it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientSettings {
    /// Bounds a request as a whole: name, connection, answer and the answer's body to its last byte.
    pub timeout: Duration,
    /// Bounds the connection alone, name and TLS handshake included.
    pub connect_timeout: Duration,
    /// The most idle connections kept to one host. It follows what one registration may have in
    /// flight: a lower figure would close connections that the next moment needs again, and each
    /// takes a descriptor. Nothing bounds the idle connections of all hosts together but their time.
    pub max_idle_per_host: usize,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
            max_idle_per_host: 64,
            idle_timeout: Duration::from_secs(30),
        }
    }
}

impl Guard {
    /// Makes a client that passes this guard with every request and every connection.
    pub fn client(self: &Arc<Self>, settings: ClientSettings) -> GuardedClient {
        GuardedClient::new(Arc::clone(self), settings, TlsIdentity::default().client_config())
    }
}

/// An HTTP client that cannot call what the guard refuses. Clones share their connections.
#[derive(Clone)]
pub struct GuardedClient {
    http: legacy::Client<Connector, Full<Bytes>>,
    guard: Arc<Guard>,
    settings: ClientSettings,
}

impl GuardedClient {
    fn new(guard: Arc<Guard>, settings: ClientSettings, tls: ClientConfig) -> Self {
        let connector = Connector::new(Arc::clone(&guard), tls, settings.connect_timeout);
        let http = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(settings.max_idle_per_host)
            .pool_idle_timeout(settings.idle_timeout)
            // An attempt is one request, and what happens after a failure is the schedule's
            // business. This only asks for another connection where a kept one turns out to have
            // been closed before anything was written to it.
            .retry_canceled_requests(true)
            .http1_max_headers(MAX_HEADERS)
            .http1_max_buf_size(MAX_HEAD)
            .build(connector);
        Self { http, guard, settings }
    }

    /// A client with the same guard and settings that trusts and shows what `identity` says.
    ///
    /// It has connections of its own, so a certificate is never seen by a receiver that it is not
    /// for. Make one per identity and keep it: its connections end with it.
    #[must_use]
    pub fn with_identity(&self, identity: &TlsIdentity) -> Self {
        Self::new(Arc::clone(&self.guard), self.settings, identity.client_config())
    }

    /// The same client, connections included, with another patience for a request as a whole.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        let settings = ClientSettings { timeout, ..self.settings };
        Self { settings, ..self.clone() }
    }

    /// Posts `body` to `url` and returns once the head of the answer is there.
    pub async fn post(
        &self,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, SendError> {
        self.send(Method::POST, &url, headers, body).await
    }

    /// Gets `url` and returns once the head of the answer is there.
    pub async fn get(&self, url: Url, headers: HeaderMap) -> Result<Response, SendError> {
        self.send(Method::GET, &url, headers, Bytes::new()).await
    }

    async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, SendError> {
        self.guard.check_url(url)?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri(url)?;
        *request.headers_mut() = with_defaults(headers);

        let begun = Instant::now();
        let deadline = begun + self.settings.timeout;
        let connection = capture_connection(&mut request);
        let answered = timeout_at(deadline, self.http.request(request)).await;
        let connection = established(&connection);
        let (timings, connected) = match &connection {
            Some(connection) => connection.claim(begun),
            None => (Timings::default(), begun),
        };
        let answer = answered
            .map_err(|_| SendError::out_of_time(timings))?
            .map_err(|error| SendError::of_http(&error, connection.as_ref(), timings))?;

        let timings = Timings { first_byte: Some(connected.elapsed()), ..timings };
        if !is_bounded(answer.headers()) {
            return Err(SendError { timings, ..SendError::too_long_a_head() });
        }
        Ok(Response::new(answer, connection, deadline, timings))
    }
}

/// The form that the HTTP client takes; it has no fragment.
fn uri(url: &Url) -> Result<Uri, SendError> {
    url.as_str().parse().map_err(|error| SendError::caused_by(FailureCause::Protocol, &error))
}

fn with_defaults(mut headers: HeaderMap) -> HeaderMap {
    headers.entry(USER_AGENT).or_insert(USER);
    headers.entry(ACCEPT).or_insert(const { HeaderValue::from_static("*/*") });
    headers
}

/// The connection that the request was given, if it came that far.
fn established(connection: &CaptureConnection) -> Option<Established> {
    let mut extras = http::Extensions::new();
    connection.connection_metadata().as_ref()?.get_extras(&mut extras);
    extras.remove()
}

/// Whether a head keeps the bounds. Those that the HTTP client is given stop the reading, and the one
/// of bytes counts in buffers.
fn is_bounded(headers: &HeaderMap) -> bool {
    let size = |(name, value): (&HeaderName, &HeaderValue)| {
        name.as_str().len() + value.len() + HEADER_OVERHEAD
    };
    headers.len() <= MAX_HEADERS && headers.iter().map(size).sum::<usize>() <= MAX_HEAD
}
