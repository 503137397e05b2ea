//! The senders: webhooks as GitHub sends them, each with a name of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http::request::Builder;
use http::{HeaderMap, HeaderValue};
use postrider_domain::Clock;
use postrider_receiver::{Draft, providers};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::service::{Service, path};
use crate::clock::{WallClock, now_micros};
use crate::http_connection::HttpConnection;

/// Which of GitHub's webhooks it is.
pub(super) const ID: &str = "bench";
/// What they are signed with.
pub(super) const SECRET: &str = "12345678901234567890123456789012";
/// What their names begin with, before a number.
pub(super) const KEY_PREFIX: &str = "72d3162e-cc78-11e3-81ab-";

/// The size of a body, in bytes.
const BODY_BYTES: usize = 1_024;
const DELIVERY: &str = "x-github-delivery";

/// Webhooks for one service. They differ in their names, which are not signed, so that the generator
/// does not spend the time of the machine on signing.
pub(super) struct Webhooks {
    address: SocketAddr,
    sent: AtomicU32,
}

/// What came of some of them.
pub(super) struct Load {
    pub(super) answered: u32,
    /// The first request and the last answer, in microseconds since 1970.
    pub(super) began_at: i64,
    pub(super) ended_at: i64,
    latency_micros: Histogram<u64>,
}

/// When the next one is sent.
#[derive(Debug, Clone, Copy)]
enum Until {
    /// At once, up to this moment.
    Time(Instant),
    /// One per interval from this moment on, so many.
    Count(Instant, Duration, u32),
}

impl Webhooks {
    /// Webhooks for `service`.
    pub(super) fn to(service: &Service) -> Self {
        Self { address: service.address, sent: AtomicU32::new(0) }
    }

    /// How many were sent so far, all of which were answered: anything else is an error.
    pub(super) fn sent(&self) -> u32 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Sends for so long, each sender the next one as soon as the last is answered.
    pub(super) async fn send_for(&self, time: Duration, senders: u32) -> anyhow::Result<Load> {
        let connections = self.connect(senders).await?;
        self.send(connections, Until::Time(Instant::now() + time)).await
    }

    /// Sends so many a second. One that the service's slowness kept back counts from when it was due.
    pub(super) async fn send_paced(
        &self,
        a_second: u32,
        count: u32,
        senders: u32,
    ) -> anyhow::Result<Load> {
        let connections = self.connect(senders).await?;
        let every = Duration::from_secs(1) / a_second;
        self.send(connections, Until::Count(Instant::now(), every, count)).await
    }

    async fn connect(&self, senders: u32) -> anyhow::Result<Vec<HttpConnection>> {
        let mut connections = Vec::new();
        for _ in 0..senders {
            connections.push(HttpConnection::open(self.address).await?);
        }
        Ok(connections)
    }

    async fn send(&self, connections: Vec<HttpConnection>, until: Until) -> anyhow::Result<Load> {
        let webhook = Arc::new(Webhook::new()?);
        let schedule = Arc::new(Schedule { until, first: self.sent(), next: AtomicU32::new(0) });
        let began_at = now_micros();
        let mut senders = JoinSet::new();
        for connection in connections {
            senders.spawn(send_some(connection, Arc::clone(&webhook), Arc::clone(&schedule)));
        }
        let mut latency_micros = new_histogram();
        while let Some(ended) = senders.join_next().await {
            latency_micros.add(ended??)?;
        }
        let answered = schedule.next.load(Ordering::Relaxed);
        self.sent.fetch_add(answered, Ordering::Relaxed);
        Ok(Load { answered, began_at, ended_at: now_micros(), latency_micros })
    }
}

impl Load {
    /// The latency that so many percent of the answers stay below, in milliseconds.
    pub(super) fn percentile_ms(&self, percent: f64) -> f64 {
        let micros = self.latency_micros.value_at_quantile(percent / 100.0);
        Duration::from_micros(micros).as_secs_f64() * 1_000.0
    }
}

async fn send_some(
    mut connection: HttpConnection,
    webhook: Arc<Webhook>,
    schedule: Arc<Schedule>,
) -> anyhow::Result<Histogram<u64>> {
    let mut latency_micros = new_histogram();
    while let Some((number, began)) = schedule.next().await {
        let (status, answer) = connection.send(webhook.request(number), webhook.body()).await?;
        ensure!(
            status.is_success(),
            "a webhook was answered {status}: {}",
            String::from_utf8_lossy(&answer)
        );
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        latency_micros.saturating_record(micros);
    }
    Ok(latency_micros)
}

/// Which webhook is next, and when. Shared by all senders: whoever is free takes the next one.
struct Schedule {
    until: Until,
    /// The number of the first one.
    first: u32,
    next: AtomicU32,
}

impl Schedule {
    /// Waits for the time of the next webhook: its number, and from when on its latency counts.
    async fn next(&self) -> Option<(u32, Instant)> {
        match self.until {
            Until::Time(end) => {
                let now = Instant::now();
                let next = || (self.first + self.next.fetch_add(1, Ordering::Relaxed), now);
                (now < end).then(next)
            }
            Until::Count(start, every, count) => {
                // Senders ask once more each; this does not count as a webhook.
                let taken = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
                    (next < count).then_some(next + 1)
                });
                let number = taken.ok()?;
                let due = start + every * number;
                sleep_until(due).await;
                Some((self.first + number, due))
            }
        }
    }
}

/// Latencies in microseconds up to a minute, to three digits.
fn new_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3)
        .expect("the bounds are in order and the digits few")
}

/// What all have in common.
struct Webhook {
    headers: HeaderMap,
    body: Bytes,
}

impl Webhook {
    fn new() -> anyhow::Result<Self> {
        let head = "{\"ref\":\"refs/heads/main\",\"filler\":\"";
        let filler = "x".repeat(BODY_BYTES - head.len() - 2);
        let github = providers::all().into_iter().find(|all| all.names().contains(&"github"));
        let signed = github.context("there is no receiver of GitHub's")?.sign(Draft {
            url: "http://127.0.0.1".parse()?,
            body: format!("{head}{filler}\"}}").into(),
            content_type: None,
            event: None,
            id: String::new(),
            secret: SECRET.into(),
            now: WallClock.now(),
            private_key: None,
            certificate_url: None,
        })?;
        let mut headers = signed.headers;
        headers.remove(DELIVERY);
        headers.insert(http::header::USER_AGENT, HeaderValue::from_static("GitHub-Hookshot/bench"));
        Ok(Self { headers, body: signed.body })
    }

    fn body(&self) -> Bytes {
        self.body.clone()
    }

    fn request(&self, number: u32) -> Builder {
        let mut request = http::Request::post(path());
        if let Some(headers) = request.headers_mut() {
            headers.clone_from(&self.headers);
        }
        request.header(DELIVERY, format!("{KEY_PREFIX}{number}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_has_a_kibibyte_and_a_name_of_its_own() {
        let webhook = Webhook::new().unwrap();
        assert_eq!(webhook.body().len(), BODY_BYTES);
        let names = [1, 2].map(|number| {
            let request = webhook.request(number);
            request.headers_ref().unwrap()[DELIVERY].clone()
        });
        assert_ne!(names[0], names[1]);
    }
}
