//! `/metrics`, `/healthz` and `/readyz`, the same for every process.
//!
//! Alive means that the process answers; ready means that it can do its work now. A process that
//! lost its database or its broker is alive (it reconnects by itself; restarting it would not help)
//! and not ready, and says why.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use postrider_domain::causes;
use postrider_domain::ports::{Health, InboxStore, OperationsStore, Queue};
use prometheus::{Registry, TextEncoder};

/// How long a check may take before it counts as failed.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// Something that a process cannot work without.
#[async_trait]
pub trait ReadyCheck: Send + Sync {
    /// Whether it can be used now; the error says what is wrong.
    async fn check(&self) -> Result<(), String>;
}

/// The store, as something to be ready.
pub struct StoreReady(pub Arc<dyn OperationsStore>);

#[async_trait]
impl ReadyCheck for StoreReady {
    async fn check(&self) -> Result<(), String> {
        self.0.check().await.map_err(|error| causes(&error).to_string())
    }
}

/// The inbox, as something to be ready.
pub struct InboxReady(pub Arc<dyn InboxStore>);

#[async_trait]
impl ReadyCheck for InboxReady {
    async fn check(&self) -> Result<(), String> {
        self.0.check_inbox().await.map_err(|error| causes(&error).to_string())
    }
}

/// The queue, as something to be ready.
pub struct QueueReady(pub Arc<dyn Queue>);

#[async_trait]
impl ReadyCheck for QueueReady {
    async fn check(&self) -> Result<(), String> {
        match self.0.health() {
            Health::Up => Ok(()),
            Health::Down(reason) => Err(reason),
        }
    }
}

/// The checks and the metrics of one process.
#[derive(Clone)]
pub struct HealthChecks {
    registry: Registry,
    checks: Arc<Vec<(&'static str, Arc<dyn ReadyCheck>)>>,
}

impl HealthChecks {
    /// Gathers what the process needs, by name.
    pub fn new(registry: Registry, checks: Vec<(&'static str, Arc<dyn ReadyCheck>)>) -> Self {
        Self { registry, checks: Arc::new(checks) }
    }

    /// The routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/healthz", get(|| async { "alive\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(self)
    }
}

async fn ready(State(health): State<HealthChecks>) -> Response {
    let mut report = String::new();
    let mut status = StatusCode::OK;
    for (name, check) in health.checks.iter() {
        let result = match tokio::time::timeout(CHECK_TIMEOUT, check.check()).await {
            Ok(result) => result,
            Err(_) => Err(format!("no answer within {} s", CHECK_TIMEOUT.as_secs())),
        };
        let line = match result {
            Ok(()) => format!("{name}: ok\n"),
            Err(reason) => {
                status = StatusCode::SERVICE_UNAVAILABLE;
                format!("{name}: {reason}\n")
            }
        };
        report.push_str(&line);
    }
    let verdict = if status == StatusCode::OK { "ready\n" } else { "not ready\n" };
    (status, format!("{verdict}{report}")).into_response()
}

async fn metrics(State(health): State<HealthChecks>) -> Response {
    match TextEncoder::new().encode_to_string(&health.registry.gather()) {
        Ok(text) => {
            ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], Body::from(text)).into_response()
        }
        Err(error) => {
            tracing::error!(error = %causes(&error), "metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    struct Says(Result<(), &'static str>);
    #[async_trait]
    impl ReadyCheck for Says {
        async fn check(&self) -> Result<(), String> {
            self.0.map_err(Into::into)
        }
    }

    async fn ask(path: &str, store: Result<(), &'static str>) -> (StatusCode, String) {
        let registry = Registry::new();
        let counter = prometheus::IntCounter::new("postrider_test_total", "A test").unwrap();
        registry.register(Box::new(counter)).unwrap();
        let checks: Vec<(&'static str, Arc<dyn ReadyCheck>)> =
            vec![("store", Arc::new(Says(store))), ("queue", Arc::new(Says(Ok(()))))];
        let router = HealthChecks::new(registry, checks).router();
        let response =
            router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_process_is_ready_only_while_all_it_needs_is_and_says_why_not() {
        assert_eq!(
            ask("/readyz", Ok(())).await,
            (StatusCode::OK, "ready\nstore: ok\nqueue: ok\n".into())
        );
        let (status, report) = ask("/readyz", Err("connection refused")).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(report, "not ready\nstore: connection refused\nqueue: ok\n");
    }

    #[tokio::test]
    async fn a_process_is_alive_whatever_it_lacks() {
        assert_eq!(ask("/healthz", Err("gone")).await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn metrics_are_prometheus_text() {
        let (status, text) = ask("/metrics", Ok(())).await;
        assert_eq!(status, StatusCode::OK);
        assert!(text.contains("postrider_test_total 0"), "{text}");
    }
}
