//! A receiver of webhooks, in the words of the stories.

use std::ops::Deref;

use bytes::Bytes;
use postrider_testkit::endpoint::{FakeEndpoint, ReceivedRequest, Reply};
use serde_json::Value;

use super::World;

/// A receiver on this machine.
pub struct Sink(FakeEndpoint);

/// A request it received.
pub struct SinkRequest {
    /// Path and query.
    pub path: String,
    /// The body, to the byte.
    pub body: Bytes,
    received: ReceivedRequest,
}

impl Deref for SinkRequest {
    type Target = ReceivedRequest;
    fn deref(&self) -> &ReceivedRequest {
        &self.received
    }
}

impl SinkRequest {
    /// The entries of the body's `Notifications`.
    ///
    /// # Panics
    /// When the body is not of that form.
    pub fn notifications(&self) -> Vec<Value> {
        let body: Value = serde_json::from_slice(&self.body).expect("a JSON body");
        body["Notifications"].as_array().expect("notifications").clone()
    }
}

impl Sink {
    /// A receiver that answers with these replies in turn, the last one again and again.
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self(FakeEndpoint::start(replies).await)
    }

    /// The URL of `path` on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.0.port())
    }

    /// What it received so far.
    ///
    /// # Panics
    /// When a request line is not one of HTTP.
    pub fn requests(&self) -> Vec<SinkRequest> {
        let requests = self.0.requests().into_iter();
        requests
            .map(|received| SinkRequest {
                path: received.line.split(' ').nth(1).expect("a request line").to_owned(),
                body: received.body.clone(),
                received,
            })
            .collect()
    }

    /// Waits until it has received `count` requests.
    pub async fn wait_for(&self, count: usize) {
        self.0.wait_for(count).await;
    }

    /// Lets every held reply go, now and from now on.
    pub fn release(&self) {
        self.0.release();
    }

    /// What it was told of, sorted: `reports Added 42`.
    ///
    /// # Panics
    /// When a body is not of the expected form.
    pub fn told(&self) -> Vec<String> {
        let text = |notification: &Value, member: &str| {
            notification[member].as_str().expect("a text").to_owned()
        };
        let mut told: Vec<String> = self
            .requests()
            .iter()
            .flat_map(SinkRequest::notifications)
            .map(|n| {
                format!("{} {} {}", text(&n, "Action"), text(&n, "Type"), text(&n, "ResourceId"))
            })
            .collect();
        told.sort();
        told
    }
}

impl World {
    /// A receiver that takes everything.
    pub async fn endpoint(&self) -> Sink {
        self.endpoint_that_answers(&[200]).await
    }

    /// A receiver of the ASP.NET library: it passes the verification, and takes everything.
    pub async fn echoing_endpoint(&self) -> Sink {
        Sink::start([Reply::echoing(200)]).await
    }

    /// A receiver that answers with these statuses in turn, the last one again and again.
    pub async fn endpoint_that_answers(&self, statuses: &[u16]) -> Sink {
        Sink::start(statuses.iter().map(|status| Reply::status(*status))).await
    }
}
