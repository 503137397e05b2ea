//! The only place where a socket is opened: name, judgement, connection, TLS handshake.
//!
//! The HTTP client asks for every connection here, whether its host is a name or an address, so
//! what has not been judged cannot be connected to.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use postrider_domain::FailureCause;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use tower_service::Service;

use crate::socket::{Established, Socket, Stream};
use crate::{Guard, SendError, Timings};

/// The most addresses of one name that are tried. Whoever has a name chooses its addresses, and
/// could have us knock at hundreds of doors.
const MAX_ADDRESSES: usize = 8;

/// Makes connections that the guard agrees to.
#[derive(Clone)]
pub(crate) struct Connector {
    guard: Arc<Guard>,
    tls: TlsConnector,
    timeout: Duration,
}

impl Connector {
    /// `timeout` bounds name, connection and handshake together.
    pub(crate) fn new(guard: Arc<Guard>, tls: ClientConfig, timeout: Duration) -> Self {
        Self { guard, tls: Arc::new(tls).into(), timeout }
    }

    /// Connects to the host of `target`; the failure tells how far it came.
    async fn connect(self, target: Uri) -> Result<Socket, SendError> {
        let begun = Instant::now();
        let mut timings = Timings::default();
        match self.open(&target, begun + self.timeout, &mut timings).await {
            Ok(stream) => Ok(Socket::new(stream, Established::new(begun, timings))),
            Err(error) => Err(SendError { timings, ..error }),
        }
    }

    async fn open(
        &self,
        target: &Uri,
        deadline: Instant,
        timings: &mut Timings,
    ) -> Result<Stream, SendError> {
        let encrypted = target.scheme() == Some(&Scheme::HTTPS);
        let port = target.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        self.guard.check_port(port)?;
        // Brackets belong to the URI, not to the address in them.
        let host = target.host().unwrap_or_default().trim_matches(['[', ']']);
        let addresses = self.addresses(host, deadline, timings).await?;

        let begun = Instant::now();
        let tcp = connect_to_one(&addresses, port, deadline).await?;
        timings.connect = Some(begun.elapsed());
        if !encrypted {
            return Ok(Either::Left(tcp));
        }
        let begun = Instant::now();
        let tls = self.encrypt(tcp, host, deadline).await?;
        timings.tls = Some(begun.elapsed());
        Ok(Either::Right(tls))
    }

    /// The addresses of `host` that may be connected to.
    async fn addresses(
        &self,
        host: &str,
        deadline: Instant,
        timings: &mut Timings,
    ) -> Result<Vec<IpAddr>, SendError> {
        let found = if let Ok(address) = host.parse() {
            vec![address]
        } else {
            let begun = Instant::now();
            let found = timeout_at(deadline, self.guard.lookup().addresses(host))
                .await
                .map_err(|_| SendError::new(FailureCause::Dns, "the name did not resolve in time"))?
                .map_err(|error| SendError::caused_by(FailureCause::Dns, &error))?;
            timings.dns = Some(begun.elapsed());
            found
        };
        let mut allowed = self.guard.keep_allowed(found)?;
        allowed.truncate(MAX_ADDRESSES);
        Ok(allowed)
    }

    async fn encrypt(
        &self,
        tcp: TcpStream,
        host: &str,
        deadline: Instant,
    ) -> Result<TlsStream<TcpStream>, SendError> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| SendError::caused_by(FailureCause::Tls, &error))?;
        timeout_at(deadline, self.tls.connect(name, tcp))
            .await
            .map_err(|_| SendError::new(FailureCause::Tls, "the handshake was not over in time"))?
            .map_err(|error| SendError::caused_by(FailureCause::Tls, &error))
    }
}

/// Connects to the first of `addresses` that answers.
async fn connect_to_one(
    addresses: &[IpAddr],
    port: u16,
    deadline: Instant,
) -> Result<TcpStream, SendError> {
    let mut failure = SendError::new(FailureCause::Connect, "the name has no addresses");
    let mut untried = addresses;
    while let [address, others @ ..] = untried {
        // An address that swallows packets has to leave time for the ones after it.
        let waiting = u32::try_from(untried.len()).expect("there are a few");
        let share = deadline.saturating_duration_since(Instant::now()) / waiting;
        match timeout(share, TcpStream::connect((*address, port))).await {
            Ok(Ok(stream)) => {
                // Requests are written at once; where this fails they are merely slower.
                stream.set_nodelay(true).ok();
                return Ok(stream);
            }
            Ok(Err(error)) => failure = SendError::caused_by(FailureCause::Connect, &error),
            Err(_) => {
                failure = SendError::new(FailureCause::Connect, "no connection was made in time");
            }
        }
        untried = others;
    }
    Err(failure)
}

impl Service<Uri> for Connector {
    type Response = Socket;
    type Error = SendError;
    type Future = Pin<Box<dyn Future<Output = Result<Socket, SendError>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        Box::pin(self.clone().connect(target))
    }
}
