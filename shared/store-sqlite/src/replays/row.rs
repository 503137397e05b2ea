//! Rows of `replays`.

use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{BoundedCount, RegistrationId, Replay, ReplayId, Timestamp, UserId};
use uuid::Uuid;

use crate::errors::corrupt;

/// A replay, and how far it came.
pub(super) struct ReplayRow {
    pub(super) id: Uuid,
    pub(super) registration_id: Uuid,
    pub(super) created_by: Uuid,
    pub(super) query: String,
    pub(super) pace: i64,
    pub(super) state: String,
    pub(super) matched: i64,
    pub(super) matched_more: bool,
    pub(super) replayed: i64,
    pub(super) cursor: Option<Uuid>,
    pub(super) created_at: i64,
    pub(super) advanced_at: i64,
    pub(super) finished_at: Option<i64>,
}

impl ReplayRow {
    pub(super) fn into_replay(self) -> Result<Replay, StoreError> {
        replay(&self).map_err(corrupt("replays"))
    }
}

fn replay(row: &ReplayRow) -> Result<Replay, BoxError> {
    let matched = BoundedCount { count: row.matched.try_into()?, more: row.matched_more };
    Ok(Replay {
        id: ReplayId(row.id),
        registration: RegistrationId(row.registration_id),
        created_by: UserId(row.created_by),
        query: serde_json::from_str(&row.query)?,
        pace: row.pace.try_into()?,
        state: row.state.parse()?,
        matched,
        replayed: row.replayed.try_into()?,
        created_at: Timestamp::from_micros(row.created_at),
        finished_at: row.finished_at.map(Timestamp::from_micros),
    })
}
