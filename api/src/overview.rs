//! How the whole system does: what the roles counted, and what waits.

use std::collections::BTreeMap;
use std::time::Duration;

use postrider_domain::ports::{Store, StoreError};
use postrider_domain::{BacklogSample, Minute, Series, Tally, Timestamp};

/// Roles write down what they counted this often; a minute that ended before that is complete.
const FLUSHED_WITHIN: Duration = Duration::from_secs(10);
/// Over how many complete minutes the present is averaged.
const PRESENT_MINUTES: i32 = 5;
/// How long it is believed that what waited still waits.
const SAMPLE_BELIEVED: Duration = Duration::from_mins(2);

/// The present.
#[derive(Debug, Clone)]
pub(crate) struct Present {
    /// What was counted in the last complete minutes.
    pub(crate) tally: Tally,
    /// In how many of them an api counted.
    pub(crate) event_minutes: u32,
    /// In how many of them a worker counted.
    pub(crate) attempt_minutes: u32,
    /// When it was last looked what waits, however long ago.
    pub(crate) sampled_at: Option<Timestamp>,
    /// What waits, unless that was found out too long ago.
    pub(crate) backlog: BacklogSample,
}

impl Present {
    pub(crate) async fn read(store: &dyn Store, now: Timestamp) -> Result<Self, StoreError> {
        let end = Minute::of(now - FLUSHED_WITHIN);
        let minutes = store.read_activity(end.plus(-PRESENT_MINUTES), end, 1).await?;
        let sample = store.find_backlog().await?;
        let counted = |series| {
            let minutes = minutes.values().filter(|tally| tally.of(series).is_some()).count();
            u32::try_from(minutes).unwrap_or_default()
        };
        let mut present = Self {
            tally: Tally::default(),
            event_minutes: counted(Series::Events),
            attempt_minutes: counted(Series::Succeeded),
            sampled_at: sample.as_ref().map(|sample| sample.at),
            backlog: sample
                .filter(|sample| now.since(sample.at) <= SAMPLE_BELIEVED)
                .unwrap_or_default(),
        };
        for tally in minutes.values() {
            present.tally.add(tally);
        }
        Ok(present)
    }
}

/// What a chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// How many stretches.
    pub(crate) buckets: i32,
    /// How many minutes each has.
    pub(crate) minutes: i32,
}

/// What was counted in each stretch of a span, the present one, which is not over, included.
pub(crate) async fn chart(
    store: &dyn Store,
    now: Timestamp,
    span: Span,
) -> Result<Vec<(Minute, Tally)>, StoreError> {
    let last = Minute::of(now).floor(span.minutes);
    let first = last.plus(-(span.buckets - 1) * span.minutes);
    let mut counted: BTreeMap<_, _> =
        store.read_activity(first, last.plus(span.minutes), span.minutes).await?;
    let starts = (0..span.buckets).map(|number| first.plus(number * span.minutes));
    Ok(starts.map(|start| (start, counted.remove(&start).unwrap_or_default())).collect())
}
