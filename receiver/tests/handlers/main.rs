//! Handlers that are configured, from their configuration to what they do.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod choosing;
mod configuration;
mod exec;
mod forward;
mod log;
#[cfg(feature = "program")]
mod rabbitmq;

use std::sync::Arc;
use std::time::Duration;

use postrider_domain::{InboxId, ReceiverAddress, Timestamp};
use postrider_egress::{EgressConfig, Guard};
use postrider_receiver::handlers::{HandlerConfig, NoBrokers, Tools, build};
use postrider_receiver::{Context, Data, Handler, HandlerError, Notification, Request, Webhook};
use postrider_testkit::clock::MockClock;
use serde::Deserialize;
use serde_json::Value;

/// Longer than anything takes that does not hang.
const PATIENCE: Duration = Duration::from_secs(30);
const INBOX_ID: &str = "inb_0192f0c1a2b37c4d8e5f60718293a4b5";

/// 2026-11-21T08:00:00Z.
fn now() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

/// What allows commands, and targets on this machine.
fn tools() -> Tools {
    Tools {
        guard: Arc::new(Guard::new(&EgressConfig::embedded())),
        brokers: Arc::new(NoBrokers),
        allow_exec: true,
        clock: Arc::new(MockClock::new(now())),
    }
}

#[derive(Deserialize)]
struct Section {
    handlers: Vec<HandlerConfig>,
}

fn read(toml: &str) -> Vec<HandlerConfig> {
    toml::from_str::<Section>(toml).unwrap().handlers
}

/// The one handler of a configuration.
fn handler(toml: &str, tools: &Tools) -> Arc<dyn Handler> {
    build(&read(toml), tools).unwrap_or_else(|problems| panic!("{problems:?}")).remove(0)
}

/// A webhook that was received at `github/org1`, with a body that is no UTF-8.
fn request() -> Request {
    let url = "https://hooks.example.com/api/webhooks/incoming/github/org1".parse().unwrap();
    Request::new(http::Method::POST, url, &b"{\"text\":\"\xff\"}"[..])
        .with("content-type", "application/json; charset=latin1")
}

fn context(request: Request) -> Context {
    let actions = ["issues.opened", "a, b"];
    Context {
        webhook: Webhook {
            address: ReceiverAddress::new("github", "org1"),
            notification: Notification::new(actions, Data::Json(Value::Null)),
            request: Arc::new(request),
        },
        inbox_id: Some(INBOX_ID.parse::<InboxId>().unwrap()),
        attempt: 3,
        response: None,
    }
}

/// Runs a handler for [`request`].
async fn run(handler: &Arc<dyn Handler>) -> Result<(), HandlerError> {
    let mut context = context(request());
    let ended = tokio::time::timeout(PATIENCE, handler.handle(&mut context)).await.unwrap();
    assert!(context.response.is_none(), "a configured handler ends no chain");
    ended
}
