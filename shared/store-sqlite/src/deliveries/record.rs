//! Recording attempts, a batch at a time.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::Recorded;
use postrider_domain::{AttemptOutcome, DeliveryId, FailureCause, Timestamp};
use serde::Serialize;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::json::{Bytes, id_list, json};

/// An attempt and what it makes of its delivery, as a row of a batch.
#[derive(Serialize)]
pub(super) struct Made<'a> {
    id: Uuid,
    delivery: Uuid,
    number: u16,
    replay: u16,
    started_at: i64,
    duration_us: i64,
    dns_us: Option<i64>,
    connect_us: Option<i64>,
    tls_us: Option<i64>,
    first_byte_us: Option<i64>,
    request_uri: Option<&'a str>,
    request_headers: Option<String>,
    request_bytes: Option<u32>,
    request_digest: Option<Bytes<'a>>,
    status: Option<u16>,
    cause: Option<&'static str>,
    detail: Option<String>,
    response_headers: Option<String>,
    response_body: Option<Bytes<'a>>,
    worker: &'a str,
    token: Uuid,
    state: &'static str,
    is_settled: bool,
    retry_at: Option<i64>,
    dead_reason: Option<&'static str>,
}

impl<'a> From<&'a Recorded> for Made<'a> {
    fn from(Recorded { attempt, settlement, token }: &'a Recorded) -> Self {
        let (timings, request) = (&attempt.timings, attempt.request.as_ref());
        Self {
            id: attempt.id.0,
            delivery: attempt.delivery.0,
            number: attempt.number,
            replay: attempt.replay,
            started_at: attempt.started_at.as_micros(),
            duration_us: micros(attempt.duration),
            dns_us: timings.dns.map(micros),
            connect_us: timings.connect.map(micros),
            tls_us: timings.tls.map(micros),
            first_byte_us: timings.first_byte.map(micros),
            request_uri: request.map(|request| request.uri.as_str()),
            request_headers: request.map(|request| json(&request.headers)),
            request_bytes: request.map(|request| request.body_bytes),
            request_digest: request.map(|request| Bytes(&request.body_digest)),
            status: attempt.outcome.status(),
            cause: attempt.outcome.cause().map(FailureCause::as_str),
            detail: detail(&attempt.outcome),
            response_headers: attempt.response.as_ref().map(|head| json(&head.headers)),
            response_body: attempt.response.as_ref().map(|head| Bytes(&head.body)),
            worker: &attempt.worker,
            token: token.0,
            state: settlement.state().as_str(),
            is_settled: settlement.state().is_settled(),
            retry_at: settlement.due_at().map(Timestamp::as_micros),
            dead_reason: settlement.dead_reason().map(DeadReason::as_str),
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The error in words. A NUL character would end the text early when it is read from JSON.
fn detail(outcome: &AttemptOutcome) -> Option<String> {
    match outcome {
        AttemptOutcome::Succeeded { .. } => None,
        AttemptOutcome::Failed { detail, .. } => {
            detail.as_ref().map(|text| text.replace('\0', "\u{fffd}"))
        }
    }
}

/// Splits a batch so that no round has a delivery twice: one statement can update a row only once.
pub(super) fn rounds(batch: &[Recorded]) -> Vec<Vec<Made<'_>>> {
    let mut rounds: Vec<Vec<Made<'_>>> = Vec::new();
    let mut seen: HashMap<DeliveryId, usize> = HashMap::new();
    for recorded in batch {
        let round = seen.entry(recorded.attempt.delivery).or_default();
        if *round == rounds.len() {
            rounds.push(Vec::with_capacity(batch.len()));
        }
        rounds[*round].push(recorded.into());
        *round += 1;
    }
    rounds
}

/// Records the attempts of a round, counts them, and applies the settlements that still apply.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    mut round: Vec<Made<'_>>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let attempts = json(&round);
    let inserted = sqlx::query_file_scalar!("queries/insert_attempts.sql", attempts)
        .fetch_all(&mut *connection)
        .await?;
    // One that is there already was recorded by an earlier try of the same call, and is neither
    // counted nor applied again.
    let inserted: HashSet<Uuid> = inserted.into_iter().collect();
    round.retain(|made| inserted.contains(&made.id));

    let (made, now) = (json(&round), now.as_micros());
    let settled = sqlx::query_file!("queries/settle_deliveries.sql", made, now)
        .fetch_all(&mut *connection)
        .await?;
    let settled: HashMap<Uuid, i64> =
        settled.into_iter().map(|row| (row.id, row.bundle_size)).collect();
    let carriers: Vec<_> = round
        .iter()
        .filter(|made| settled.get(&made.delivery).is_some_and(|&size| size > 1))
        .collect();
    settle_members(connection, &carriers, now).await?;
    round.retain(|made| !settled.contains_key(&made.delivery));
    count(connection, &round).await
}

/// Settles what goes with `carriers` as these were settled. Those that were given up with it arrive
/// with it all the same, when it is sent again; only what was removed was not among them.
async fn settle_members(
    connection: &mut SqliteConnection,
    carriers: &[&Made<'_>],
    now: i64,
) -> Result<(), sqlx::Error> {
    let settled: Vec<_> = carriers
        .iter()
        .filter(|made| made.is_settled)
        .map(|made| (made.delivery, made.state, made.dead_reason, made.status, made.cause))
        .collect();
    if settled.is_empty() {
        return Ok(());
    }
    let settled = json(&settled);
    sqlx::query!(
        "
        UPDATE deliveries
        SET
            state = carrier.value ->> 1, hold_reason = NULL, settled_at = $2,
            dead_reason = carrier.value ->> 2, last_status = carrier.value ->> 3,
            last_cause = carrier.value ->> 4
        FROM json_each($1) AS carrier
        WHERE deliveries.bundle_id = unhex(carrier.value ->> 0, '-')
            AND (
                deliveries.state = 'held'
                OR (
                    carrier.value ->> 1 = 'delivered'
                    AND deliveries.state = 'dead'
                    AND deliveries.dead_reason <> 'expunged'
                )
            )
        ",
        settled,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Counts attempts that changed nothing, but were made.
async fn count(connection: &mut SqliteConnection, round: &[Made<'_>]) -> Result<(), sqlx::Error> {
    if round.is_empty() {
        return Ok(());
    }
    let deliveries = id_list(round.iter().map(|made| made.delivery));
    sqlx::query!(
        "
        UPDATE deliveries
        SET attempts = min(attempts, 32766) + 1
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        deliveries,
    )
    .execute(connection)
    .await?;
    Ok(())
}
