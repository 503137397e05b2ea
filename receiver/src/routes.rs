//! The URLs of receivers, for any axum application.

mod body;
mod metrics;
mod sender;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request as HttpRequest, State};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::StatusCode;
use ipnet::IpNet;
use postrider_domain::ReceiverAddress;
use postrider_domain::ports::Accepted;
use tokio_util::task::TaskTracker;
use tracing::{debug, error, info, warn};
use url::Url;

use self::body::{Bodies, Room};
pub use self::metrics::ReceiveMetrics;
use crate::{
    Answer, Chain, Outcome, Receivers, Reception, Refusal, RefusalKind, Request, Webhook, answer,
};

/// Where webhooks come in, below which the receiver and the id follow.
pub const PATH: &str = "/api/webhooks/incoming";

/// How much of an id is logged that a stranger may have made up.
const LOGGED: usize = 50;

/// Keeps a webhook to be processed later.
#[async_trait]
pub trait Enqueue: Send + Sync {
    /// Returns once it is safe: a crash loses it no more.
    ///
    /// # Errors
    /// It is not kept, and its sender is to send it again.
    async fn enqueue(&self, webhook: &Webhook) -> Result<Accepted, EnqueueError>;
}

/// Why a webhook could not be kept, in words that its sender may read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EnqueueError(pub String);

/// What is done with a genuine webhook before its sender is answered.
#[derive(Clone)]
pub enum Then {
    /// It is kept; handlers run later.
    Enqueue(Arc<dyn Enqueue>),
    /// Its handlers run, and may say what is answered: for those that are quick.
    Handle(Chain),
}

/// How requests are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// How senders reach this server, when that is not by the host that they name: behind a proxy or a
    /// tunnel. A path in it comes before that of the receivers.
    pub public_url: Option<Url>,
    /// The proxies whose word about scheme and host is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The most bytes of a body.
    pub max_body_bytes: usize,
    /// The most bytes of all bodies that are being received together; what does not fit waits for a
    /// moment, and is then told to come again.
    pub body_budget: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
}

impl Default for HttpSettings {
    /// No proxy; 25 MiB, which is the most that GitHub sends, and ten of them at a time; 10 s.
    fn default() -> Self {
        const MAX: usize = 25 * 1024 * 1024;
        Self {
            public_url: None,
            trusted_proxies: Vec::new(),
            max_body_bytes: MAX,
            body_budget: 10 * MAX,
            body_timeout: Duration::from_secs(10),
        }
    }
}

/// What the URLs of receivers are made of.
pub struct Receiving {
    receivers: Arc<Receivers>,
    then: Then,
    settings: HttpSettings,
    bodies: Bodies,
    metrics: ReceiveMetrics,
    /// Handlers that run within their requests.
    handling: TaskTracker,
}

impl Receiving {
    /// Puts it together. Metrics are registered by whoever wants to show them.
    pub fn new(
        receivers: Arc<Receivers>,
        then: Then,
        settings: HttpSettings,
        metrics: ReceiveMetrics,
    ) -> Self {
        let bodies = Bodies::new(&settings);
        Self { receivers, then, settings, bodies, metrics, handling: TaskTracker::new() }
    }

    /// `GET`, `HEAD` and `POST` of [`PATH`]`/{receiver}` and `…/{receiver}/{id}`. They need no
    /// credentials of the application's own, and leave every other URL alone.
    pub fn into_router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let state = Arc::new(self);
        Router::new()
            .route(&format!("{PATH}/{{receiver}}"), route(without_id))
            .route(&format!("{PATH}/{{receiver}}/"), route(without_id))
            .route(&format!("{PATH}/{{receiver}}/{{id}}"), route(with_id))
            .with_state(state)
    }

    async fn receive(&self, receiver: &str, id: &str, request: HttpRequest) -> Answer {
        let began = Instant::now();
        let address = ReceiverAddress::new(receiver, id);
        let (answer, outcome) = self.answer(address, request).await;
        // Anybody may ask for a name that is none, which must not become a label.
        let known = self.receivers.provider(receiver).map_or("unknown", |known| known.names()[0]);
        self.metrics.observe(known, outcome, began.elapsed());
        answer
    }

    /// The answer, and what to count.
    async fn answer(
        &self,
        address: ReceiverAddress,
        request: HttpRequest,
    ) -> (Answer, &'static str) {
        let (request, room) = match self.read(&address, request).await {
            Ok(read) => read,
            Err(Unread::Refused(refusal)) => {
                note_refusal(&address, &refusal);
                let kind = refusal.kind.as_str();
                return (refusal.into_answer(), kind);
            }
            Err(Unread::Body(answer)) => {
                let status = answer.status().as_u16();
                info!(receiver = %address.receiver, status, "a body was not read");
                return (answer, "unread");
            }
        };
        let reception = self.receivers.receive(address.clone(), request).await;
        match reception.outcome {
            Outcome::Answered => {
                debug!(receiver = %address.receiver, "answered");
                (reception.answer, "answered")
            }
            Outcome::Refused(refusal) => {
                note_refusal(&address, &refusal);
                (reception.answer, refusal.kind.as_str())
            }
            Outcome::Webhook(webhook) => self.take(*webhook, reception.answer, room).await,
        }
    }

    async fn take(&self, webhook: Webhook, answer: Answer, room: Room) -> (Answer, &'static str) {
        let address = webhook.address.clone();
        match &self.then {
            Then::Enqueue(inbox) => match inbox.enqueue(&webhook).await {
                Ok(Accepted::Stored) => (answer, "accepted"),
                Ok(Accepted::Duplicate(id)) => {
                    debug!(receiver = %address.receiver, inbox.id = %id, "a duplicate");
                    (answer, "duplicate")
                }
                Err(error) => {
                    warn!(%address, %error, "a webhook was not kept");
                    (Reception::not_stored(&error.0), "not_kept")
                }
            },
            Then::Handle(chain) => {
                drop(room);
                match self.handle(chain.clone(), webhook).await {
                    Ok(response) => (self.handled(&address, response, answer), "handled"),
                    Err(error) => {
                        error!(%address, error, "a handler failed");
                        let body = serde_json::json!({ "Message": "An error has occurred." });
                        (answer::json(StatusCode::INTERNAL_SERVER_ERROR, &body), "failed")
                    }
                }
            }
        }
    }

    /// Runs handlers to their end, also when the sender does not wait for it.
    async fn handle(&self, chain: Chain, webhook: Webhook) -> Result<Option<Answer>, String> {
        match self.handling.spawn(async move { chain.run(webhook).await }).await {
            Ok(ran) => ran.map_err(|error| error.to_string()),
            Err(_) => Err("it panicked".into()),
        }
    }

    /// What the provider is answered when a handler set `response`.
    fn handled(
        &self,
        address: &ReceiverAddress,
        response: Option<Answer>,
        answer: Answer,
    ) -> Answer {
        match (response, self.receivers.provider(&address.receiver)) {
            (Some(response), Some(provider)) => provider.answer(Some(response)),
            _ => answer,
        }
    }

    /// The request as its sender knows it, and the room that its body takes. Its body is read only when
    /// its head shows nothing wrong: it may be large.
    async fn read(
        &self,
        address: &ReceiverAddress,
        request: HttpRequest,
    ) -> Result<(Request, Room), Unread> {
        let (parts, body) = request.into_parts();
        let (url, secure) = sender::url_of(&self.settings, &parts).ok_or_else(|| {
            let message = "The request does not say which host it is for.";
            Refusal::new(RefusalKind::Malformed, message)
        })?;
        self.receivers.check_head(address, &parts.method, secure)?;
        let most = self.receivers.provider(&address.receiver).map(|provider| provider.max_body());
        let read = self.bodies.read(body, most.unwrap_or_default()).await.map_err(Unread::Body)?;
        let (method, headers) = (parts.method, parts.headers);
        Ok((Request { method, url, headers, body: read.bytes, secure }, read.room))
    }
}

/// Why a request was not read to its end.
enum Unread {
    /// Its head shows that it would be refused.
    Refused(Refusal),
    /// Its body: this is the answer.
    Body(Answer),
}

impl From<Refusal> for Unread {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What the ASP.NET library routes; it answers any other method with `405` by itself.
fn route<H, T>(handler: H) -> MethodRouter<Arc<Receiving>>
where
    H: axum::handler::Handler<T, Arc<Receiving>>,
    T: 'static,
{
    on(MethodFilter::GET.or(MethodFilter::HEAD).or(MethodFilter::POST), handler)
}

async fn without_id(
    State(receiving): State<Arc<Receiving>>,
    Path(receiver): Path<String>,
    request: HttpRequest,
) -> Response {
    receiving.receive(&receiver, "", request).await.map(Body::from)
}

async fn with_id(
    State(receiving): State<Arc<Receiving>>,
    Path((receiver, id)): Path<(String, String)>,
    request: HttpRequest,
) -> Response {
    receiving.receive(&receiver, &id, request).await.map(Body::from)
}

/// Anybody may call any URL, so that none of this is more than information, and none of it is long.
fn note_refusal(address: &ReceiverAddress, refusal: &Refusal) {
    let id: String = address.id.chars().take(LOGGED).collect();
    let (receiver, kind) = (&address.receiver, refusal.kind.as_str());
    if refusal.kind == RefusalKind::UnknownReceiver {
        debug!("there is no such receiver");
    } else {
        info!(%receiver, id, kind, reason = refusal.message, "a webhook was refused");
    }
}
