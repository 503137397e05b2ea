//! A receiver that passes the handshake: it answers with the value of `echo`, as receivers of the
//! ASP.NET library do.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use http::{HeaderMap, Uri};
use tokio::net::TcpListener;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

type Seen = Arc<Mutex<Vec<(Uri, HeaderMap)>>>;

pub(crate) struct EchoReceiver {
    address: SocketAddr,
    seen: Seen,
    _serving: AbortOnDropHandle<()>,
}

impl EchoReceiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Seen::default();
        let router = Router::new().fallback(echo).with_state(Arc::clone(&seen));
        let serving =
            TaskTracker::new().spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, seen, _serving: AbortOnDropHandle::new(serving) }
    }

    /// A URI of this receiver.
    pub(crate) fn uri(&self, path_and_query: &str) -> String {
        format!("http://{}{path_and_query}", self.address)
    }

    /// Path and query of every request so far, the value of the echo left out.
    pub(crate) fn asked(&self) -> Vec<String> {
        let without_value = |uri: &Uri| {
            let text = uri.path_and_query().unwrap().to_string();
            let (before, value) = text.rsplit_once("echo=").unwrap();
            assert_eq!(value.len(), 32, "{text}");
            assert!(value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{text}");
            format!("{before}echo=")
        };
        self.seen.lock().unwrap().iter().map(|(uri, _)| without_value(uri)).collect()
    }

    /// The headers of the last request.
    pub(crate) fn last_headers(&self) -> HeaderMap {
        self.seen.lock().unwrap().last().unwrap().1.clone()
    }
}

async fn echo(State(seen): State<Seen>, request: Request) -> String {
    let query = request.uri().query().unwrap_or_default().to_owned();
    seen.lock().unwrap().push((request.uri().clone(), request.headers().clone()));
    let parameters = serde_html_form::from_str::<Vec<(String, String)>>(&query).unwrap();
    parameters.into_iter().rev().find(|(name, _)| name == "echo").unwrap().1
}
