//! The publishers: 64 at a time, one event per request, each on a connection of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, ensure};
use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::clock::now_micros;
use crate::http_connection::HttpConnection;
use crate::payload::Stamp;
use crate::scenario::{Load, Pace};

/// How many publishers there are.
const PUBLISHERS: usize = 64;
/// How many events a request has, and how many requests are under way, when it is many.
const BULK: u32 = 500;
const BULK_PUBLISHERS: usize = 4;

/// Where to publish.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    /// Where the api listens.
    pub(crate) address: SocketAddr,
    /// An API key.
    pub(crate) key: String,
}

/// When publishing took place, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Published {
    /// The start of the first request.
    pub(crate) began_at: i64,
    /// The last acknowledgement.
    pub(crate) ended_at: i64,
}

/// Publishes every event of `load`; the first that is not acknowledged ends it with an error.
pub(crate) async fn publish(api: Api, load: Load) -> anyhow::Result<Published> {
    let mut connections = Vec::with_capacity(PUBLISHERS);
    for _ in 0..PUBLISHERS {
        connections.push(HttpConnection::open(api.address).await.context("cannot reach the api")?);
    }
    let schedule = Arc::new(Schedule::new(load));
    let began_at = now_micros();
    let mut publishers = JoinSet::new();
    for connection in connections {
        publishers.spawn(publish_some(connection, api.key.clone(), Arc::clone(&schedule)));
    }
    let mut ended_at = began_at;
    while let Some(ended) = publishers.join_next().await {
        ended_at = ended_at.max(ended??);
    }
    Ok(Published { began_at, ended_at })
}

/// Publishes `count` events of `filter`, many to a request and a few requests at a time.
pub(crate) async fn publish_in_bulk(api: &Api, filter: &str, count: u32) -> anyhow::Result<()> {
    let next = Arc::new(AtomicU32::new(0));
    let mut publishers = JoinSet::new();
    for _ in 0..BULK_PUBLISHERS {
        let (api, filter, next) = (api.clone(), filter.to_owned(), Arc::clone(&next));
        publishers.spawn(async move {
            let mut connection = HttpConnection::open(api.address).await?;
            loop {
                let first = next.fetch_add(BULK, Ordering::Relaxed);
                if first >= count {
                    return anyhow::Ok(());
                }
                let events: Vec<Value> = (first..count.min(first + BULK))
                    .map(|sequence| Stamp { sequence, sent_at: now_micros() }.to_json(&filter))
                    .collect();
                let body = Bytes::from(serde_json::to_vec(&events)?);
                let (status, answer) = connection.post("/api/v1/events", &api.key, body).await?;
                ensure!(
                    status == StatusCode::ACCEPTED,
                    "publishing was answered {status}: {}",
                    String::from_utf8_lossy(&answer)
                );
            }
        });
    }
    while let Some(ended) = publishers.join_next().await {
        ended??;
    }
    Ok(())
}

/// Publishes what nobody else does, and returns when the last of it was acknowledged.
async fn publish_some(
    mut connection: HttpConnection,
    key: String,
    schedule: Arc<Schedule>,
) -> anyhow::Result<i64> {
    let mut acknowledged_at = 0;
    while let Some(stamp) = schedule.next().await {
        let (status, answer) = connection.post("/api/v1/events", &key, stamp.to_event()).await?;
        ensure!(
            status == StatusCode::ACCEPTED,
            "publishing was answered {status}: {}",
            String::from_utf8_lossy(&answer)
        );
        acknowledged_at = now_micros();
    }
    Ok(acknowledged_at)
}

/// Which event is next, and when. Shared by all publishers: whoever is free takes the next one.
struct Schedule {
    load: Load,
    next: AtomicU32,
    began: Instant,
}

impl Schedule {
    fn new(load: Load) -> Self {
        Self { load, next: AtomicU32::new(0), began: Instant::now() }
    }

    /// Waits for the next event's time.
    async fn next(&self) -> Option<Stamp> {
        let sequence = self.next.fetch_add(1, Ordering::Relaxed);
        if sequence >= self.load.events {
            return None;
        }
        let late = match self.load.pace {
            Pace::AtOnce => 0,
            Pace::Every(interval) => wait_until(self.began + interval * sequence).await,
        };
        Some(Stamp { sequence, sent_at: now_micros() - late })
    }
}

/// Waits until `due`. When that had passed before anybody was free to wait for it, returns by how
/// many microseconds: an event that the product's slowness kept back counts from when it was due.
async fn wait_until(due: Instant) -> i64 {
    let late = Instant::now().saturating_duration_since(due);
    sleep_until(due).await;
    i64::try_from(late.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_event_that_was_kept_back_counts_from_when_it_was_due() {
        let pace = Pace::Every(Duration::from_millis(10));
        let schedule = Schedule::new(Load { events: 3, registrations: 1, pace });
        let began = Instant::now();
        schedule.next().await.unwrap();
        schedule.next().await.unwrap();
        assert_eq!(began.elapsed().as_millis(), 10);

        tokio::time::advance(Duration::from_mins(1)).await;
        let before = now_micros();
        let kept_back = schedule.next().await.unwrap();
        assert!(kept_back.sent_at < before - 59_000_000, "{kept_back:?}");
        assert_eq!(schedule.next().await, None);
    }
}
