use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::{Removed, RetentionPolicy, Timestamp};

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
    /// Deliveries that are held, whatever for.
    pub held: u64,
    /// Deliveries that were given up, and are still on record.
    pub dead: u64,
    /// Registrations that the scheduler is to look at by now, because something held for them may go
    /// (`registration_flow.release_at`).
    pub releasable: u64,
    /// When the oldest of `wanted` was first wanted.
    pub oldest_wanted_at: Option<Timestamp>,
}

impl Backlog {
    /// Where counting stops.
    pub const COUNT_LIMIT: i64 = 10_000;

    /// Whether nothing is left to do until a later time.
    pub fn is_idle(&self) -> bool {
        self.undispatched == 0 && self.wanted == 0 && self.releasable == 0
    }
}

/// What a call of [`OperationsStore::bury_deliveries`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buried {
    /// Deliveries that were given up.
    pub deliveries: u64,
    /// Whether it is to be called again.
    pub more: bool,
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

    /// Removes what is older than `policy` allows, up to `limit` rows of a kind at a time, and
    /// partitions as a whole once all in them is too old. Safe to run from several processes at once.
    ///
    /// A delivery's age begins when it is settled, not with its event: it may have been held, or sent
    /// again, long after. Kept although older: events and attempts of deliveries that are pending or
    /// held, and of settled ones until these are too old themselves (on Postgres they move to the
    /// default partition when theirs is dropped). Pending and held deliveries are never removed.
    async fn remove_expired(
        &self,
        policy: &RetentionPolicy,
        now: Timestamp,
        limit: u32,
    ) -> Result<Removed, StoreError>;

    /// Gives up what is on its way to registrations that are gone
    /// ([`super::RegistrationStore::delete_registration`]): `dead` (`registration_deleted`). Looks at up
    /// to `limit` deliveries of one of them. Safe to run from several processes at once.
    async fn bury_deliveries(&self, now: Timestamp, limit: u32) -> Result<Buried, StoreError>;

    /// How far behind retention is: the age beyond `policy` of the oldest delivery that was delivered,
    /// event or attempt that should be gone. Zero when nothing is; what is kept on purpose does not count.
    async fn retention_lag(
        &self,
        policy: &RetentionPolicy,
        now: Timestamp,
    ) -> Result<Duration, StoreError>;

    /// Encrypts up to `limit` registrations anew that are not encrypted with the first of the keys
    /// yet, and returns how many: when it is 0, older keys can be forgotten.
    /// Those that no key opens are passed over until nothing else is left, and then an error.
    async fn reseal(&self, limit: u32) -> Result<u64, StoreError>;
}
