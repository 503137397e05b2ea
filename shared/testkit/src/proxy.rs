//! A TCP proxy that goes wrong when told to: for what a network does to a connection.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Forwards connections to a server. Everything ends when it is dropped.
#[derive(Debug)]
pub struct TcpProxy {
    address: SocketAddr,
    line: Arc<Line>,
}

/// What the tasks of a proxy share.
#[derive(Debug)]
struct Line {
    target: String,
    mode: watch::Sender<Mode>,
    /// Cancelled to cut the connections of the moment.
    cut: Mutex<CancellationToken>,
    closed: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Forward,
    Refuse,
    Stall,
}

impl TcpProxy {
    /// Starts to forward to `target`, a host and a port.
    ///
    /// # Panics
    /// When there is no port to listen on.
    pub async fn start(target: impl Into<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let line = Arc::new(Line {
            target: target.into(),
            mode: watch::Sender::new(Mode::Forward),
            cut: Mutex::default(),
            closed: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        line.tasks.spawn(Arc::clone(&line).accept(listener));
        Self { address, line }
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Forwards, from now on and what was held back.
    pub fn forward(&self) {
        self.line.mode.send_replace(Mode::Forward);
    }

    /// Cuts every connection; new ones are welcome.
    pub fn cut(&self) {
        self.line.cut();
    }

    /// Cuts every connection, and drops new ones at once.
    pub fn refuse(&self) {
        self.line.mode.send_replace(Mode::Refuse);
        self.line.cut();
    }

    /// Keeps connections and takes new ones, but holds back every byte in both directions.
    pub fn stall(&self) {
        self.line.mode.send_replace(Mode::Stall);
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        self.line.closed.cancel();
        self.line.cut();
    }
}

impl Line {
    async fn accept(self: Arc<Self>, listener: TcpListener) {
        while let Some(Ok((client, _))) = self.closed.run_until_cancelled(listener.accept()).await {
            if *self.mode.borrow() != Mode::Refuse {
                self.tasks.spawn(Arc::clone(&self).serve(client));
            }
        }
    }

    /// Forwards one connection until one of its ends closes or it is cut.
    async fn serve(self: Arc<Self>, client: TcpStream) {
        let cut = self.current_cut();
        let forwarded = async {
            let server = TcpStream::connect(&self.target).await?;
            client.set_nodelay(true)?;
            server.set_nodelay(true)?;
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            tokio::select! {
                ended = self.copy(from_client, to_server) => ended,
                ended = self.copy(from_server, to_client) => ended,
            }
        };
        // An error is the end of a connection like any other.
        cut.run_until_cancelled(forwarded).await.transpose().ok();
    }

    async fn copy(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
        let mut mode = self.mode.subscribe();
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = from.read(&mut buffer).await?;
            // The sender lives as long as `self`.
            mode.wait_for(|mode| *mode != Mode::Stall).await.map_err(io::Error::other)?;
            if read == 0 {
                return Ok(());
            }
            to.write_all(&buffer[..read]).await?;
        }
    }

    fn current_cut(&self) -> CancellationToken {
        self.cut.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn cut(&self) {
        let mut cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *cut).cancel();
    }
}
