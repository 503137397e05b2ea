use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::Timestamp;

/// What waits in the store. Counts stop at [`Backlog::COUNT_LIMIT`], so that asking stays cheap
/// however much waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Events that have not been dispatched.
    pub undispatched: u64,
    /// Pending deliveries that are wanted by now, those being attempted included.
    pub wanted: u64,
    /// Pending deliveries that wait for a later time.
    pub waiting: u64,
    /// Deliveries held for paused registrations.
    pub held: u64,
    /// When the oldest of `wanted` was first wanted.
    pub oldest_wanted_at: Option<Timestamp>,
}

impl Backlog {
    /// Where counting stops.
    pub const COUNT_LIMIT: i64 = 10_000;

    /// Whether nothing is left to do until a later time.
    pub fn is_idle(&self) -> bool {
        self.undispatched == 0 && self.wanted == 0
    }
}

/// Looking after the store itself.
#[async_trait]
pub trait OperationsStore: Send + Sync {
    /// Brings the schema to this version, and encrypts what an older version left in the clear. Safe
    /// to run from several processes at once.
    async fn migrate(&self) -> Result<(), StoreError>;

    /// Whether the store answers and has this version's schema; the error says what is wrong.
    async fn check(&self) -> Result<(), StoreError>;

    /// What waits at `now`.
    async fn backlog(&self, now: Timestamp) -> Result<Backlog, StoreError>;

    /// Makes sure that there is room for records up to `ahead` after `now` (on Postgres: creates
    /// time partitions); the number of partitions made. A store without partitions returns 0.
    async fn prepare_storage(&self, now: Timestamp, ahead: Duration) -> Result<u64, StoreError>;

    /// Encrypts up to `limit` registrations anew that are not encrypted with the first of the keys
    /// yet, and returns how many: when it is 0, older keys can be forgotten.
    /// Those that no key opens are passed over until nothing else is left, and then an error.
    async fn reseal(&self, limit: u32) -> Result<u64, StoreError>;
}
