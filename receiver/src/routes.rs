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
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use ipnet::IpNet;
use postrider_domain::ReceiverAddress;
use postrider_domain::ports::Accepted;
use tokio_util::task::TaskTracker;
use tracing::{debug, error, info, warn};
use url::Url;

use self::body::{Bodies, Room};
pub use self::metrics::ReceiveMetrics;
use crate::{
    Admission, Answer, Chain, Outcome, Provider, Receivers, Reception, Refusal, RefusalKind,
    Request, Webhook, answer,
};

/// Where webhooks come in, below which the receiver and the id follow.
pub const PATH: &str = "/api/webhooks/incoming";

/// The URL of a receiver below `base`, in which whatever is in the id is one segment of the path. The
/// query of `base` stays; a URL that has no path, such as `mailto:`, stays as it is.
pub fn url_below(base: &Url, address: &ReceiverAddress) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty();
        path.extend(PATH.split('/').skip(1)).push(&address.receiver);
        if !address.id.is_empty() {
            path.push(&address.id);
        }
    }
    url
}

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
        let (parts, body) = request.into_parts();
        let (known, (answer, outcome)) = match self.admit(&address, parts) {
            Ok((admission, request)) => {
                let known = admission.provider().names()[0];
                (known, self.answer(&address, admission, request, body).await)
            }
            Err(refusal) => {
                note_refusal(&address, &refusal);
                let kind = refusal.kind.as_str();
                // Anybody may ask for a name that is none, which must not become a label.
                let known = self.receivers.provider(receiver);
                let known = known.map_or("unknown", |known| known.names()[0]);
                (known, (refusal.into_answer(), kind))
            }
        };
        self.metrics.observe(known, outcome, began.elapsed());
        answer
    }

    /// The request as its sender knows it, without its body: that is read only when its head shows
    /// nothing wrong, since it may be large.
    fn admit(
        &self,
        address: &ReceiverAddress,
        parts: Parts,
    ) -> Result<(Admission<'_>, Request), Refusal> {
        let (url, secure) = sender::url_of(&self.settings, &parts).ok_or_else(|| {
            let message = "The request does not say which host it is for.";
            Refusal::new(RefusalKind::Malformed, message)
        })?;
        let admission = self.receivers.admit(address.clone(), &parts.method, secure)?;
        let (method, headers) = (parts.method, parts.headers);
        Ok((admission, Request { method, url, headers, body: Bytes::new(), secure }))
    }

    /// The answer, and what to count.
    async fn answer(
        &self,
        address: &ReceiverAddress,
        admission: Admission<'_>,
        request: Request,
        body: Body,
    ) -> (Answer, &'static str) {
        let provider = admission.provider();
        let read = match self.bodies.read(body, provider.max_body()).await {
            Ok(read) => read,
            Err(answer) => {
                let status = answer.status().as_u16();
                info!(receiver = %address.receiver, status, "a body was not read");
                return (answer, "unread");
            }
        };
        let request = Request { body: read.bytes, ..request };
        let reception = self.receivers.judge(admission, request).await;
        match reception.outcome {
            Outcome::Answered => {
                debug!(receiver = %address.receiver, "answered");
                (reception.answer, "answered")
            }
            Outcome::Refused(refusal) => {
                note_refusal(address, &refusal);
                (reception.answer, refusal.kind.as_str())
            }
            Outcome::Webhook(webhook) => {
                self.take(provider, *webhook, reception.answer, read.room).await
            }
        }
    }

    async fn take(
        &self,
        provider: &dyn Provider,
        webhook: Webhook,
        answer: Answer,
        room: Room,
    ) -> (Answer, &'static str) {
        match &self.then {
            Then::Enqueue(inbox) => match inbox.enqueue(&webhook).await {
                Ok(Accepted::Stored) => (answer, "accepted"),
                Ok(Accepted::Duplicate(id)) => {
                    let receiver = &webhook.address.receiver;
                    debug!(%receiver, inbox.id = %id, "a duplicate");
                    (answer, "duplicate")
                }
                Err(error) => {
                    warn!(address = %webhook.address, %error, "a webhook was not kept");
                    (Reception::not_stored(&error.0), "not_kept")
                }
            },
            Then::Handle(chain) => {
                drop(room);
                let address = webhook.address.clone();
                match self.handle(chain.clone(), webhook).await {
                    Ok(None) => (answer, "handled"),
                    Ok(response) => (provider.answer(response), "handled"),
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
