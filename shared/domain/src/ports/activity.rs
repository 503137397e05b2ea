use std::collections::BTreeMap;

use async_trait::async_trait;
use uuid::Uuid;

use super::StoreError;
use crate::activity::{AttemptNews, BacklogSample, EventNews, Minute, Tally};

/// What happened, minute by minute, and what happens right now (all roles).
#[async_trait]
pub trait ActivityStore: Send + Sync {
    /// Adds what was counted to what others have counted in the same minutes. Safe to run from any
    /// number of processes at once.
    async fn add_activity(&self, counted: &BTreeMap<Minute, Tally>) -> Result<(), StoreError>;

    /// What was counted from one minute up to before another, added up in stretches of `length` minutes
    /// ([`Minute::floor`]), by the first minute of each. A stretch in which nobody counted is missing.
    async fn read_activity(
        &self,
        from: Minute,
        to: Minute,
        length: i32,
    ) -> Result<BTreeMap<Minute, Tally>, StoreError>;

    /// Keeps what waited in place of what was kept of the same minute.
    async fn record_backlog(&self, sample: &BacklogSample) -> Result<(), StoreError>;

    /// The newest of what was kept.
    async fn find_backlog(&self) -> Result<Option<BacklogSample>, StoreError>;

    /// Removes up to `limit` records of a kind of minutes before this one, and says whether there may be
    /// more.
    async fn forget_activity(&self, before: Minute, limit: u32) -> Result<bool, StoreError>;

    /// The newest attempts, up to `limit` of them and the newest first, that are not before `first` in
    /// the order of ids.
    async fn newest_attempts(
        &self,
        first: Uuid,
        limit: u32,
    ) -> Result<Vec<AttemptNews>, StoreError>;

    /// The newest events, up to `limit` of them and the newest first, that are not before `first` in the
    /// order of ids.
    async fn newest_events(&self, first: Uuid, limit: u32) -> Result<Vec<EventNews>, StoreError>;
}
