//! Attempting deliveries: the claim before, and the record after.

use std::collections::HashMap;

use async_trait::async_trait;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{Claimed, DeliveryStore, Lease, Recorded, StoreError};
use postrider_domain::{AttemptOutcome, DeliveryId, FailureCause, Timestamp};
use sqlx::PgExecutor;
use tracing::instrument;

use crate::PostgresStore;
use crate::errors::store_error;
use crate::rows::{ClaimRow, RegistrationCache, header_json, readable, storable};

#[async_trait]
impl DeliveryStore for PostgresStore {
    #[instrument(name = "store.deliveries.claim", level = "debug", skip_all)]
    async fn claim_deliveries(
        &self,
        deliveries: &[DeliveryId],
        lease: Lease,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, StoreError> {
        let deliveries: Vec<_> = deliveries.iter().map(|delivery| delivery.0).collect();
        let rows = sqlx::query_file_as!(
            ClaimRow,
            "queries/claim_deliveries.sql",
            &deliveries,
            now.to_utc(),
            lease.token.0,
            lease.until.to_utc(),
        )
        .fetch_all(&self.relaxed)
        .await
        .map_err(store_error("claim_deliveries"))?;

        let mut registrations = RegistrationCache::new(&self.keyring);
        Ok(readable(rows.into_iter().map(|row| row.into_claimed(&mut registrations))))
    }

    #[instrument(name = "store.deliveries.record", level = "debug", skip_all)]
    async fn record_attempts(&self, batch: &[Recorded], now: Timestamp) -> Result<(), StoreError> {
        let failed = store_error("record_attempts");
        match rounds(batch).as_slice() {
            [] => Ok(()),
            [only] => record_round(&self.durable_keyed, only, now).await.map_err(failed),
            rounds => {
                let mut transaction = self.durable_keyed.begin().await.map_err(&failed)?;
                for round in rounds {
                    record_round(&mut *transaction, round, now).await.map_err(&failed)?;
                }
                transaction.commit().await.map_err(failed)
            }
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
    let durations: Vec<_> = attempts()
        .map(|attempt| i64::try_from(attempt.duration.as_micros()).unwrap_or(i64::MAX))
        .collect();
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
    )
    .execute(executor)
    .await?;
    Ok(())
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
