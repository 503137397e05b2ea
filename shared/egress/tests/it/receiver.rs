//! A receiver that speaks HTTP properly, over TLS if it is told to, and remembers who called.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

/// The name that every receiver has a certificate for.
pub(crate) const NAME: &str = "receiver.example";
/// The path at which no request is answered.
pub(crate) const HANGING: &str = "/hanging";
/// The most requests that a connection over HTTP/2 may have under way.
pub(crate) const STREAMS: u32 = 2;

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Which of the connections it came on, counted from 0.
    pub(crate) connection: usize,
    pub(crate) version: Version,
    /// The certificate that the caller showed.
    pub(crate) shown: Option<Vec<u8>>,
    pub(crate) body: usize,
}

/// What is told about a connection.
#[derive(Clone)]
struct Caller {
    connection: usize,
    shown: Option<Vec<u8>>,
}

type Reply = fn() -> Response<Full<Bytes>>;

/// Serves until it is dropped.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    log: Log,
    _task: AbortOnDropHandle<()>,
}

#[derive(Clone)]
struct Log {
    seen: Arc<watch::Sender<Vec<Seen>>>,
    reply: Reply,
}

impl Receiver {
    /// Without TLS.
    pub(crate) async fn plain(reply: Reply) -> Self {
        Self::start(None, reply).await
    }

    /// With TLS and a short answer.
    pub(crate) async fn tls(config: ServerConfig) -> Self {
        Self::start(Some(config), ok).await
    }

    pub(crate) async fn start(tls: Option<ServerConfig>, reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Log { seen: Arc::default(), reply };
        let acceptor = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let task = TaskTracker::new().spawn(accept(listener, acceptor, log.clone()));
        Self { address, log, _task: AbortOnDropHandle::new(task) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.log.seen.borrow().clone()
    }

    /// Waits until there were as many requests.
    pub(crate) async fn reached_by(&self, requests: usize) {
        self.log.seen.subscribe().wait_for(|seen| seen.len() >= requests).await.unwrap();
    }
}

pub(crate) fn ok() -> Response<Full<Bytes>> {
    Response::new(Full::from("ok"))
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, log: Log) {
    let mut connections = JoinSet::new();
    for connection in 0.. {
        let (tcp, _) = listener.accept().await.unwrap();
        connections.spawn(serve(tcp, acceptor.clone(), connection, log.clone()));
    }
}

async fn serve(tcp: TcpStream, acceptor: Option<TlsAcceptor>, connection: usize, log: Log) {
    let Some(acceptor) = acceptor else {
        return answer(TokioIo::new(tcp), Caller { connection, shown: None }, log).await;
    };
    // A handshake that fails is the caller's to report.
    if let Ok(tls) = acceptor.accept(tcp).await {
        let shown = tls.get_ref().1.peer_certificates().map(|chain| chain[0].to_vec());
        answer(TokioIo::new(tls), Caller { connection, shown }, log).await;
    }
}

async fn answer(io: impl Read + Write + Unpin + Send + 'static, caller: Caller, log: Log) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (caller, log) = (caller.clone(), log.clone());
        async move {
            let version = request.version();
            let hangs = request.uri().path() == HANGING;
            let body = request.into_body().collect().await.unwrap().to_bytes().len();
            let Caller { connection, shown } = caller;
            let seen = Seen { connection, version, shown, body };
            log.seen.send_modify(|requests| requests.push(seen));
            if hangs {
                std::future::pending::<()>().await;
            }
            Ok::<_, Infallible>((log.reply)())
        }
    });
    // A caller that goes away is none of a receiver's business.
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http2().max_concurrent_streams(STREAMS);
    server.serve_connection(io, service).await.ok();
}
