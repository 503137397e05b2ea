//! A receiver whose conduct a test decides, well-behaved or not.
//!
//! It speaks HTTP/1.1 by hand over a listener on loopback, since an HTTP library would not let it
//! misbehave: reset, drip, stop in the middle, say something else altogether.

mod connection;
mod reply;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use postrider_domain::TargetUri;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

pub use reply::Reply;

/// How long a test waits for requests before it fails: longer than any machine takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// The request line.
    pub line: String,
    /// Names in lower case, and values, in their order.
    pub headers: Vec<(String, String)>,
    /// The body, to the byte.
    pub body: Bytes,
}

impl ReceivedRequest {
    /// The value of the header `name`, given in lower case.
    ///
    /// # Panics
    /// When there is none.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(header, _)| header == name);
        let Some((_, value)) = found else { panic!("the request has no header `{name}`") };
        value
    }
}

/// A receiver of webhooks on loopback. It stops when it is dropped.
pub struct FakeEndpoint {
    address: SocketAddr,
    shared: Arc<Shared>,
    _accepting: AbortOnDropHandle<()>,
}

/// What the connections of an endpoint have in common.
struct Shared {
    script: Mutex<Script>,
    arrived: Notify,
    released: watch::Sender<bool>,
    body_bytes_sent: AtomicU64,
    connections: AtomicUsize,
    open_connections: watch::Sender<usize>,
}

struct Script {
    replies: Vec<Reply>,
    requests: Vec<ReceivedRequest>,
}

impl FakeEndpoint {
    /// Starts an endpoint that gives the first request the first reply, and so on; the last reply is
    /// for all that follow.
    ///
    /// # Panics
    /// When there is no reply, or no port to listen on.
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("the listener is bound");
        let replies: Vec<Reply> = replies.into_iter().collect();
        assert!(!replies.is_empty(), "an endpoint needs a reply");

        let shared = Arc::new(Shared {
            script: Mutex::new(Script { replies, requests: Vec::new() }),
            arrived: Notify::new(),
            released: watch::Sender::new(false),
            body_bytes_sent: AtomicU64::new(0),
            connections: AtomicUsize::new(0),
            open_connections: watch::Sender::new(0),
        });
        let accepting = TaskTracker::new().spawn(connection::accept(listener, Arc::clone(&shared)));
        Self { address, shared, _accepting: AbortOnDropHandle::new(accepting) }
    }

    /// The target to register.
    pub fn target(&self) -> TargetUri {
        target(self.address)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.script().requests.clone()
    }

    /// Waits until there were `count` requests, and returns them all.
    ///
    /// # Panics
    /// When they do not come.
    pub async fn wait_for(&self, count: usize) -> Vec<ReceivedRequest> {
        let enough = async {
            loop {
                let arrived = self.shared.arrived.notified();
                let requests = self.requests();
                if requests.len() >= count {
                    return requests;
                }
                arrived.await;
            }
        };
        timeout(PATIENCE, enough)
            .await
            .unwrap_or_else(|_| panic!("{} of {count} requests came", self.requests().len()))
    }

    /// Lets every held reply go, now and from now on.
    pub fn release(&self) {
        self.shared.released.send_replace(true);
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Waits until no connection is open.
    ///
    /// # Panics
    /// When one stays open.
    pub async fn wait_until_idle(&self) {
        let mut open = self.shared.open_connections.subscribe();
        timeout(PATIENCE, open.wait_for(|open| *open == 0))
            .await
            .expect("a connection stayed open")
            .expect("the endpoint keeps the sender");
    }

    /// How many bytes of bodies were handed to the network so far.
    pub fn body_bytes_sent(&self) -> u64 {
        self.shared.body_bytes_sent.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request and returns what to do about it.
    fn take_request(&self, request: ReceivedRequest) -> Reply {
        let mut script = self.script();
        let turn = script.requests.len().min(script.replies.len() - 1);
        let reply = script.replies[turn].clone();
        script.requests.push(request);
        drop(script);
        self.arrived.notify_waiters();
        reply
    }

    async fn released(&self) {
        self.released
            .subscribe()
            .wait_for(|released| *released)
            .await
            .expect("the endpoint keeps the sender");
    }
}

/// A target on loopback where nobody listens.
///
/// # Panics
/// When loopback has no free port.
pub async fn refusing_target() -> TargetUri {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    target(listener.local_addr().expect("the listener is bound"))
}

fn target(address: SocketAddr) -> TargetUri {
    format!("http://{address}/hook?code=s3cr3t").parse().expect("the address makes a valid URI")
}
