//! The TCP connection underneath, with a handle to cut it.
//!
//! lapin reads and writes on a thread of its own, and nothing in its interface ends that thread while
//! the peer is silent: a handshake that nobody answers would keep the thread and the socket for as
//! long as the peer likes, once per attempt. A second handle on the same socket solves that. Shut
//! down from here, the thread sees the end of its stream and everything that hangs on it fails at
//! once.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, PoisonError};

use lapin::tcp::{AsyncTcpStream, OwnedTLSConfig};
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Connection, ConnectionProperties};
use tokio_util::sync::CancellationToken;

/// A handle on the socket of a connection; the socket is cut when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    socket: Arc<Mutex<Option<TcpStream>>>,
    cut: CancellationToken,
}

impl Wire {
    /// Connects, and holds the socket. When the future is dropped half way and the wire after it,
    /// nothing is left behind.
    pub(crate) async fn connect(
        &self,
        address: AMQPUri,
        properties: ConnectionProperties,
    ) -> lapin::Result<Connection> {
        let runtime = lapin::runtime::default_runtime()?;
        let (socket, cut, reactor) = (Arc::clone(&self.socket), self.cut.clone(), runtime.clone());
        let open = async move |address: AMQPUri, _| {
            let opened = async {
                let host = address.authority.host.as_str();
                let target = lookup(host, address.authority.port).await?;
                // This sets TCP_NODELAY, without which small frames would wait for each other.
                let stream = AsyncTcpStream::connect(&reactor, target).await?;
                if let AsyncTcpStream::Plain(plain) = &stream {
                    hold(&socket, &cut, plain.get_ref().as_fd())?;
                }
                match address.scheme {
                    AMQPScheme::AMQP => Ok(stream),
                    AMQPScheme::AMQPS => {
                        Ok(stream.into_tls(host, OwnedTLSConfig::default().as_ref()).await?)
                    }
                }
            };
            cut.run_until_cancelled(opened).await.unwrap_or_else(|| Err(aborted().into()))
        };
        Connection::connector(address, runtime, open, properties).await
    }

    /// Runs `work` to its end or to that of the connection, whichever is first.
    ///
    /// The client underneath fails what is under way when a connection is lost, but a call made at
    /// that very moment can slip past it, and would wait for an answer that cannot come.
    pub(crate) async fn run_until_cut<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.cut.run_until_cancelled(work).await
    }

    /// Cuts the connection.
    pub(crate) fn cut(&self) {
        // In this order: a socket that is not held yet will find that it must not be.
        self.cut.cancel();
        if let Some(socket) = self.socket.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It fails when the peer was faster, which is as good.
            socket.shutdown(Shutdown::Both).ok();
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.cut();
    }
}

/// Keeps a second handle on the socket, unless it is not wanted any more.
fn hold(
    held: &Mutex<Option<TcpStream>>,
    cut: &CancellationToken,
    socket: BorrowedFd<'_>,
) -> io::Result<()> {
    let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
    if cut.is_cancelled() {
        return Err(aborted());
    }
    *held = Some(TcpStream::from(socket.try_clone_to_owned()?));
    Ok(())
}

fn aborted() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

async fn lookup(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((host, port)).await?.collect())
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn dropping_the_wire_ends_a_handshake_that_nobody_answers() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("amqp://{}", listener.local_addr().unwrap()).parse().unwrap();
        let wire = Wire::default();

        let greeting = async {
            let (mut peer, _) = listener.accept().await.unwrap();
            let mut greeting = [0; 8];
            peer.read_exact(&mut greeting).await.unwrap();
            assert_eq!(&greeting[..4], b"AMQP");
            peer
        };
        let mut peer = tokio::select! {
            answered = wire.connect(address, ConnectionProperties::default()) => {
                panic!("nobody answered: {answered:?}")
            }
            peer = greeting => peer,
        };
        let nodelay = wire.socket.lock().unwrap().as_ref().map(TcpStream::nodelay);
        assert!(nodelay.unwrap().unwrap(), "small frames would wait for each other");

        drop(wire);
        assert_eq!(peer.read(&mut [0; 8]).await.unwrap(), 0, "the connection is still open");
    }

    #[tokio::test]
    async fn cutting_ends_the_wait_for_an_answer() {
        let wire = Wire::default();
        let wait = wire.run_until_cut(std::future::pending::<()>());
        let (answer, ()) = tokio::join!(wait, async { wire.cut() });
        assert_eq!(answer, None);
    }
}
