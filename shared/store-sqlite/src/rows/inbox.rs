//! Received webhooks, and the runs of their handlers.

use postrider_domain::inbox::{
    HandlerRun, InboxItem, ReceivedRequest, ReceiverAddress, RunOutcome,
};
use postrider_domain::ports::{BoxError, ClaimedInbox, InboxClaim, InboxReport, StoreError};
use postrider_domain::{InboxId, Timestamp, causes};
use tracing::error;
use uuid::Uuid;

use crate::errors::corrupt;

/// A received webhook that was claimed.
pub(crate) struct ClaimedInboxRow {
    pub(crate) id: Uuid,
    pub(crate) receiver: String,
    pub(crate) address_id: String,
    pub(crate) actions: String,
    pub(crate) dedupe_key: Option<String>,
    pub(crate) received_at: i64,
    pub(crate) method: String,
    pub(crate) query: String,
    pub(crate) headers: String,
    /// Empty when it did not come with the claim.
    pub(crate) body: Vec<u8>,
    pub(crate) body_bytes: i64,
    pub(crate) done: String,
    pub(crate) runs: i64,
    pub(crate) failures: i64,
    pub(crate) failed_handler: Option<String>,
}

/// A claim. What cannot be read is told apart, and logged.
pub(crate) fn inbox_claim(rows: Vec<ClaimedInboxRow>) -> InboxClaim {
    let mut claim = InboxClaim::default();
    for row in rows {
        let id = InboxId(row.id);
        match claimed(row).map_err(corrupt("inbox_items")) {
            Ok(item) => claim.items.push(item),
            Err(error) => {
                error!(inbox.id = %id, error = %causes(&error), "a received webhook cannot be read");
                claim.unreadable.push(id);
            }
        }
    }
    claim
}

fn claimed(row: ClaimedInboxRow) -> Result<ClaimedInbox, BoxError> {
    Ok(ClaimedInbox {
        item: InboxItem {
            id: InboxId(row.id),
            address: ReceiverAddress { receiver: row.receiver, id: row.address_id },
            actions: serde_json::from_str(&row.actions)?,
            dedupe_key: row.dedupe_key,
            received_at: Timestamp::from_micros(row.received_at),
            request: ReceivedRequest {
                method: row.method,
                query: row.query,
                headers: serde_json::from_str(&row.headers)?,
                body: row.body.into(),
            },
        },
        body_bytes: row.body_bytes.try_into()?,
        done: serde_json::from_str(&row.done)?,
        runs: row.runs.try_into()?,
        failures: row.failures.try_into()?,
        failed_handler: row.failed_handler,
    })
}

/// A received webhook as it is shown; without its headers and its body in a list.
#[derive(sqlx::FromRow)]
pub(crate) struct InboxRow {
    pub(crate) id: Uuid,
    pub(crate) receiver: String,
    pub(crate) address_id: String,
    pub(crate) actions: String,
    pub(crate) dedupe_key: Option<String>,
    pub(crate) received_at: i64,
    pub(crate) method: String,
    pub(crate) query: String,
    pub(crate) headers: Option<String>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) body_bytes: i64,
    pub(crate) state: String,
    pub(crate) due_at: Option<i64>,
    pub(crate) settled_at: Option<i64>,
    pub(crate) duplicates: i64,
    pub(crate) replays: i64,
}

impl InboxRow {
    /// The report, with `runs`.
    pub(crate) fn into_report(self, runs: Vec<HandlerRun>) -> Result<InboxReport, StoreError> {
        report(self, runs).map_err(corrupt("inbox_items"))
    }
}

fn report(row: InboxRow, runs: Vec<HandlerRun>) -> Result<InboxReport, BoxError> {
    let headers = row.headers.map(|headers| serde_json::from_str(&headers)).transpose()?;
    Ok(InboxReport {
        item: InboxItem {
            id: InboxId(row.id),
            address: ReceiverAddress { receiver: row.receiver, id: row.address_id },
            actions: serde_json::from_str(&row.actions)?,
            dedupe_key: row.dedupe_key,
            received_at: Timestamp::from_micros(row.received_at),
            request: ReceivedRequest {
                method: row.method,
                query: row.query,
                headers: headers.unwrap_or_default(),
                body: row.body.unwrap_or_default().into(),
            },
        },
        body_bytes: row.body_bytes.try_into()?,
        state: row.state.parse()?,
        due_at: row.due_at.map(Timestamp::from_micros),
        settled_at: row.settled_at.map(Timestamp::from_micros),
        duplicates: row.duplicates.try_into()?,
        replays: row.replays.try_into()?,
        runs,
    })
}

/// A run of a handler.
pub(crate) struct RunRow {
    pub(crate) number: i64,
    pub(crate) handler: String,
    pub(crate) started_at: i64,
    pub(crate) ended_at: i64,
    pub(crate) outcome: String,
    pub(crate) error: Option<String>,
}

impl TryFrom<RunRow> for HandlerRun {
    type Error = StoreError;

    fn try_from(row: RunRow) -> Result<Self, StoreError> {
        run(row).map_err(corrupt("inbox_runs"))
    }
}

fn run(row: RunRow) -> Result<HandlerRun, BoxError> {
    let outcome = match (row.outcome.as_str(), row.error) {
        ("done", None) => RunOutcome::Done,
        ("stopped", None) => RunOutcome::Stopped,
        ("failed", Some(error)) => RunOutcome::Failed(error),
        (other, _) => return Err(format!("`{other}` is not how a run ends").into()),
    };
    Ok(HandlerRun {
        handler: row.handler,
        number: row.number.try_into()?,
        started_at: Timestamp::from_micros(row.started_at),
        ended_at: Timestamp::from_micros(row.ended_at),
        outcome,
    })
}
