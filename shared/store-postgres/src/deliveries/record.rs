//! Recording attempts, and what they make of their deliveries.

use std::collections::HashMap;
use std::time::Duration;

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::Recorded;
use postrider_domain::{AttemptOutcome, DeliveryId, FailureCause, Timestamp, Timings};
use sqlx::{PgExecutor, PgPool};

use crate::rows::{header_json, storable};

/// Records a batch in one commit.
pub(super) async fn record(
    pool: &PgPool,
    batch: &[Recorded],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    match rounds(batch).as_slice() {
        [] => Ok(()),
        [only] => record_round(pool, only, now).await,
        rounds => {
            let mut transaction = pool.begin().await?;
            for round in rounds {
                record_round(&mut *transaction, round, now).await?;
            }
            transaction.commit().await
        }
    }
}

/// Splits a batch so that no round has a delivery twice: one statement can update a row only once.
/// Within a round deliveries are in order, so that two batches at once lock them alike.
fn rounds(batch: &[Recorded]) -> Vec<Vec<&Recorded>> {
    let mut rounds: Vec<Vec<&Recorded>> = Vec::new();
    let mut seen: HashMap<DeliveryId, usize> = HashMap::new();
    for recorded in batch {
        let round = seen.entry(recorded.attempt.delivery).or_default();
        if *round == rounds.len() {
            rounds.push(Vec::with_capacity(batch.len()));
        }
        rounds[*round].push(recorded);
        *round += 1;
    }
    for round in &mut rounds {
        round.sort_unstable_by_key(|recorded| recorded.attempt.delivery);
    }
    rounds
}

async fn record_round(
    executor: impl PgExecutor<'_>,
    round: &[&Recorded],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let attempts = || round.iter().map(|recorded| &recorded.attempt);
    let settlements = || round.iter().map(|recorded| &recorded.settlement);

    let ids: Vec<_> = attempts().map(|attempt| attempt.id.0).collect();
    let deliveries: Vec<_> = attempts().map(|attempt| attempt.delivery.0).collect();
    let numbers: Vec<_> = attempts().map(|attempt| small(attempt.number)).collect();
    let started: Vec<_> = attempts().map(|attempt| attempt.started_at.to_utc()).collect();
    let durations: Vec<_> = attempts().map(|attempt| micros(attempt.duration)).collect();
    let phases = |phase: fn(&Timings) -> Option<Duration>| -> Vec<_> {
        attempts().map(|attempt| phase(&attempt.timings).map(micros)).collect()
    };
    let replays: Vec<_> = attempts().map(|attempt| small(attempt.replay)).collect();
    let requests = || attempts().map(|attempt| attempt.request.as_ref());
    let uris: Vec<_> = requests().map(|sent| sent.map(|sent| storable(&sent.uri))).collect();
    let request_headers: Vec<_> =
        requests().map(|sent| sent.map(|sent| header_json(&sent.headers))).collect();
    let sizes: Vec<_> = requests()
        .map(|sent| sent.map(|sent| i32::try_from(sent.body_bytes).unwrap_or(i32::MAX)))
        .collect();
    let digests: Vec<_> = requests().map(|sent| sent.map(|sent| &sent.body_digest[..])).collect();
    let statuses: Vec<_> = attempts().map(|attempt| attempt.outcome.status().map(small)).collect();
    let causes: Vec<_> =
        attempts().map(|attempt| attempt.outcome.cause().map(FailureCause::as_str)).collect();
    let details: Vec<_> = attempts().map(|attempt| detail(&attempt.outcome)).collect();
    let headers: Vec<_> = attempts()
        .map(|attempt| attempt.response.as_ref().map(|head| header_json(&head.headers)))
        .collect();
    let bodies: Vec<_> =
        attempts().map(|attempt| attempt.response.as_ref().map(|head| &head.body[..])).collect();
    let workers: Vec<_> = attempts().map(|attempt| attempt.worker.as_str()).collect();
    let tokens: Vec<_> = round.iter().map(|recorded| recorded.token.0).collect();
    let states: Vec<_> = settlements().map(|settlement| settlement.state().as_str()).collect();
    let retries: Vec<_> =
        settlements().map(|settlement| settlement.due_at().map(Timestamp::to_utc)).collect();
    let reasons: Vec<_> =
        settlements().map(|settlement| settlement.dead_reason().map(DeadReason::as_str)).collect();
    sqlx::query_file!(
        "queries/record_attempts.sql",
        &ids,
        &deliveries,
        &numbers,
        &started,
        &durations,
        &statuses as &[Option<i16>],
        &causes as &[Option<&str>],
        &details as &[Option<String>],
        &headers as &[Option<String>],
        &bodies as &[Option<&[u8]>],
        &workers as &[&str],
        &tokens,
        &states as &[&str],
        &retries as &[Option<_>],
        &reasons as &[Option<&str>],
        now.to_utc(),
        &uris as &[Option<String>],
        &request_headers as &[Option<String>],
        &sizes as &[Option<i32>],
        &digests as &[Option<&[u8]>],
        &phases(|timings| timings.dns) as &[Option<i64>],
        &phases(|timings| timings.connect) as &[Option<i64>],
        &phases(|timings| timings.tls) as &[Option<i64>],
        &phases(|timings| timings.first_byte) as &[Option<i64>],
        &replays,
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Whole microseconds, as far as they fit the column.
fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// What fits the column; no schedule and no status comes near its end.
fn small(number: u16) -> i16 {
    i16::try_from(number).unwrap_or(i16::MAX)
}

/// The words of a failure; none of them keeps an attempt from being recorded.
fn detail(outcome: &AttemptOutcome) -> Option<String> {
    match outcome {
        AttemptOutcome::Failed { detail: Some(text), .. } => Some(storable(text)),
        AttemptOutcome::Failed { detail: None, .. } | AttemptOutcome::Succeeded { .. } => None,
    }
}
