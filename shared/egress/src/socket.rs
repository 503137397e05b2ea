//! An open connection, and what is remembered of how it was made.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use crate::{SendError, Timings};

/// Plain or encrypted.
pub(crate) type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// A connection as the HTTP client wants it.
pub(crate) struct Socket {
    stream: TokioIo<Stream>,
    established: Established,
}

impl Socket {
    pub(crate) fn new(stream: Stream, established: Established) -> Self {
        Self { stream: TokioIo::new(stream), established }
    }
}

impl Connection for Socket {
    fn connected(&self) -> Connected {
        Connected::new().extra(self.established.clone())
    }
}

/// How a connection was made. Clones are of the same connection.
#[derive(Clone)]
pub(crate) struct Established(Arc<Making>);

struct Making {
    begun: Instant,
    ready: Instant,
    phases: Timings,
    claimed: AtomicBool,
    breakage: OnceLock<SendError>,
}

impl Established {
    /// A connection that is ready now.
    pub(crate) fn new(begun: Instant, phases: Timings) -> Self {
        let ready = Instant::now();
        let (claimed, breakage) = (AtomicBool::new(false), OnceLock::new());
        Self(Arc::new(Making { begun, ready, phases, claimed, breakage }))
    }

    /// The phases of a request that began at `request_begun` and was given this connection, and when
    /// it had it.
    ///
    /// They are told once: of the requests that use a connection one has waited for it. A request
    /// may also be given a connection that another one began and left.
    pub(crate) fn claim(&self, request_begun: Instant) -> (Timings, Instant) {
        let waited_for = self.0.begun >= request_begun;
        if waited_for && !self.0.claimed.swap(true, Ordering::Relaxed) {
            (self.0.phases, self.0.ready)
        } else {
            (Timings::default(), request_begun)
        }
    }

    /// What ended the connection, if it did not end in order. A failure that comes before the request
    /// is written is lost to it: the HTTP client says no more than that the connection was closed.
    pub(crate) fn breakage(&self) -> Option<&SendError> {
        self.0.breakage.get()
    }

    /// Remembers the first failure.
    fn note<T>(&self, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &polled {
            self.0.breakage.get_or_init(|| SendError::of_connection(error));
        }
        polled
    }
}

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.established.note(polled)
    }
}

impl Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.established.note(polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.established.note(polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.established.note(polled)
    }
}
