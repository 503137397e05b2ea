//! The overview as clients see it.

use std::time::Duration;

use postrider_domain::ports::QueueName;
use postrider_domain::{BoundedCount, Minute, Series, Tally, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::RangeName;
use crate::openapi::schema;
use crate::overview::Present;
use crate::routes::v1::registrations::CountView;

/// How the whole system does.
#[derive(Serialize, ToSchema)]
#[schema(as = Overview)]
#[serde(rename_all = "camelCase")]
pub(super) struct OverviewView {
    /// When it was looked.
    #[schema(value_type = schema::Time)]
    at: Timestamp,
    range: RangeName,
    /// How long each bucket is.
    bucket_seconds: i32,
    now: PresentView,
    /// The oldest first, without gaps; the last one is not over yet.
    buckets: Vec<BucketView>,
}

/// The present: rates and latencies of the last five minutes that are over, and what waits.
#[derive(Serialize, ToSchema)]
#[schema(as = OverviewNow)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes::v1) struct PresentView {
    /// Events that were accepted.
    events: RateView,
    /// Deliveries that were delivered.
    deliveries: RateView,
    /// How many of the attempts succeeded, from 0 to 1; none also when there was no attempt.
    #[schema(required, minimum = 0, maximum = 1)]
    success_rate: Option<f64>,
    /// The time within which half of what was delivered was delivered, from the acceptance of its
    /// event; deliveries that were sent again on request do not count. It is off by 19 % at the most,
    /// and goes from 1 ms to some 17 minutes. None also when nothing was delivered.
    #[schema(required)]
    p50_ms: Option<f64>,
    /// The same for 99 of 100.
    #[schema(required)]
    p99_ms: Option<f64>,
    /// Events that wait to be dispatched, counted up to 10,000 as all of these.
    #[schema(required)]
    undispatched: Option<CountView>,
    /// Pending deliveries that are wanted by now.
    #[schema(required)]
    wanted: Option<CountView>,
    /// Pending deliveries that wait for their retry.
    #[schema(required)]
    waiting: Option<CountView>,
    /// Deliveries that are held, whatever for.
    #[schema(required)]
    held: Option<CountView>,
    /// Deliveries that were given up.
    #[schema(required)]
    dead: Option<CountView>,
    /// Registrations whose receiver is left alone because it failed.
    #[schema(required)]
    open_breakers: Option<CountView>,
    /// Since when the oldest of `wanted` is wanted; none also when nothing is.
    #[schema(required, value_type = Option<schema::Time>)]
    oldest_due_at: Option<Timestamp>,
    /// The queues.
    queues: Vec<QueueView>,
    /// When it was last looked what waits. When that is more than two minutes ago, what waits is not
    /// known.
    #[schema(required, value_type = Option<schema::Time>)]
    sampled_at: Option<Timestamp>,
}

/// How often something happens.
#[derive(Serialize, ToSchema)]
#[schema(as = Rate)]
#[serde(rename_all = "camelCase")]
struct RateView {
    #[schema(required, minimum = 0)]
    per_second: Option<f64>,
}

/// A queue.
#[derive(Serialize, ToSchema)]
#[schema(as = QueueDepth)]
struct QueueView {
    name: String,
    /// Messages that wait in it, those that are being worked on not included.
    #[schema(required)]
    depth: Option<u64>,
}

/// What happened in a stretch of time.
#[derive(Serialize, ToSchema)]
#[schema(as = OverviewBucket)]
#[serde(rename_all = "camelCase")]
struct BucketView {
    /// When it begins.
    #[schema(value_type = schema::Time)]
    start: Timestamp,
    /// Events that were accepted.
    #[schema(required)]
    events: Option<u64>,
    /// Attempts that ended.
    #[schema(required)]
    attempts: Option<u64>,
    /// Those of them that succeeded.
    #[schema(required)]
    succeeded: Option<u64>,
    /// Those of them that failed.
    #[schema(required)]
    failed: Option<u64>,
    /// Deliveries that were given up after an attempt.
    #[schema(required)]
    dead: Option<u64>,
    /// As in `now`.
    #[schema(required)]
    p50_ms: Option<f64>,
    /// As in `now`.
    #[schema(required)]
    p99_ms: Option<f64>,
}

impl OverviewView {
    pub(super) fn new(
        at: Timestamp,
        range: RangeName,
        present: &Present,
        buckets: Vec<(Minute, Tally)>,
    ) -> Self {
        Self {
            at,
            range,
            bucket_seconds: range.span().minutes * 60,
            now: present.into(),
            buckets: buckets
                .into_iter()
                .map(|(start, tally)| BucketView::new(start.start(), &tally))
                .collect(),
        }
    }
}

impl From<&Present> for PresentView {
    fn from(present: &Present) -> Self {
        let Present { tally, event_minutes, attempt_minutes, sampled_at, backlog } = present;
        let count = |counted: Option<BoundedCount>| counted.map(CountView::from);
        let depth = |queue: &QueueName| QueueView {
            name: queue.as_str().to_owned(),
            depth: backlog.queues.get(queue.as_str()).copied().flatten(),
        };
        Self {
            events: RateView::new(tally.of(Series::Events), *event_minutes),
            deliveries: RateView::new(tally.of(Series::Succeeded), *attempt_minutes),
            success_rate: success_rate(tally),
            p50_ms: millis(tally.latency(500)),
            p99_ms: millis(tally.latency(990)),
            undispatched: count(backlog.undispatched),
            wanted: count(backlog.wanted),
            waiting: count(backlog.waiting),
            held: count(backlog.held),
            dead: count(backlog.dead),
            open_breakers: count(backlog.open_breakers),
            oldest_due_at: backlog.oldest_due_at,
            queues: QueueName::ALL.iter().map(depth).collect(),
            sampled_at: *sampled_at,
        }
    }
}

impl RateView {
    fn new(counted: Option<u64>, minutes: u32) -> Self {
        let seconds = f64::from(minutes * 60);
        Self { per_second: counted.map(|number| hundredths(float(number) / seconds)) }
    }
}

impl BucketView {
    fn new(start: Timestamp, tally: &Tally) -> Self {
        Self {
            start,
            events: tally.of(Series::Events),
            attempts: attempts(tally),
            succeeded: tally.of(Series::Succeeded),
            failed: tally.of(Series::Failed),
            dead: tally.of(Series::Dead),
            p50_ms: millis(tally.latency(500)),
            p99_ms: millis(tally.latency(990)),
        }
    }
}

fn attempts(tally: &Tally) -> Option<u64> {
    Some(tally.of(Series::Succeeded)? + tally.of(Series::Failed)?)
}

fn success_rate(tally: &Tally) -> Option<f64> {
    let attempts = attempts(tally).filter(|attempts| *attempts > 0)?;
    Some(float(tally.of(Series::Succeeded)?) / float(attempts))
}

fn millis(duration: Option<Duration>) -> Option<f64> {
    duration.map(|duration| hundredths(duration.as_secs_f64() * 1e3))
}

/// More digits than that would pretend to be exact.
fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn float(number: u64) -> f64 {
    u32::try_from(number).unwrap_or(u32::MAX).into()
}
