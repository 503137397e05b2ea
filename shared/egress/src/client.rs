//! The HTTP client, and the only way to use it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use reqwest::{Request, redirect};
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::resolver::GuardedResolver;
use crate::{Guard, SendError};

/// An answer over HTTP/2 is held back at this many unread bytes, so that a large one does not pile
/// up in memory while it is being refused.
const HTTP2_STREAM_WINDOW: u32 = 128 * 1024;
const HTTP2_CONNECTION_WINDOW: u32 = 1024 * 1024;

/// How patient a client is, and how many connections it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientSettings {
    /// Bounds a request as a whole: name, connection, answer and the answer's body to its last byte.
    pub timeout: Duration,
    /// Bounds the connection alone, name and TLS handshake included.
    pub connect_timeout: Duration,
    /// The most idle connections kept to one host. It follows the requests in flight: a lower figure
    /// would close connections that the next moment needs again.
    pub max_idle_per_host: usize,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
            max_idle_per_host: 256,
            idle_timeout: Duration::from_secs(30),
        }
    }
}

impl Guard {
    /// Makes a client that passes this guard with every request.
    pub fn client(self: &Arc<Self>, settings: ClientSettings) -> GuardedClient {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls())
            .dns_resolver(GuardedResolver(Arc::clone(self)))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            // An attempt is one request: what happens after a failure is the schedule's business.
            .retry(reqwest::retry::never())
            .user_agent(concat!("Postrider/", env!("CARGO_PKG_VERSION")))
            .timeout(settings.timeout)
            .connect_timeout(settings.connect_timeout)
            .pool_max_idle_per_host(settings.max_idle_per_host)
            .pool_idle_timeout(settings.idle_timeout)
            .tcp_nodelay(true)
            .http2_initial_stream_window_size(HTTP2_STREAM_WINDOW)
            .http2_initial_connection_window_size(HTTP2_CONNECTION_WINDOW)
            .build()
            .expect("nothing in these settings depends on the environment");
        GuardedClient { http, guard: Arc::clone(self) }
    }
}

/// TLS by ring with Mozilla's roots, both built in: the same on every machine.
fn tls() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec!["h2".into(), "http/1.1".into()];
    tls
}

/// An HTTP client that cannot call what the guard refuses. Clones share their connections.
#[derive(Clone)]
pub struct GuardedClient {
    http: reqwest::Client,
    guard: Arc<Guard>,
}

impl GuardedClient {
    /// Posts `body` to `url` and returns once the head of the answer is there.
    pub async fn post(
        &self,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, SendError> {
        let mut request = Request::new(Method::POST, url);
        *request.headers_mut() = headers;
        *request.body_mut() = Some(body.into());
        self.send(request).await
    }

    /// Gets `url` and returns once the head of the answer is there.
    pub async fn get(&self, url: Url, headers: HeaderMap) -> Result<Response, SendError> {
        let mut request = Request::new(Method::GET, url);
        *request.headers_mut() = headers;
        self.send(request).await
    }

    async fn send(&self, request: Request) -> Result<Response, SendError> {
        self.guard.check_url(request.url())?;
        Ok(Response(self.http.execute(request).await?))
    }
}

/// The answer to a request; its body is still on its way.
pub struct Response(reqwest::Response);

impl Response {
    /// The status.
    pub fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// The next piece of the body, as it was sent (nothing is decompressed); `None` at its end. The
    /// request's time-out goes on counting. Dropping the response breaks off what is not yet read.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, SendError> {
        Ok(self.0.chunk().await?)
    }
}
