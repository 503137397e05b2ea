use async_trait::async_trait;

use super::StoreError;
use crate::{
    BoundedCount, Page, PageRequest, RegistrationId, Replay, ReplayId, ReplayQuery, ReplayState,
    Timestamp, Visibility,
};

/// Replays as jobs (api makes them, the scheduler advances them).
///
/// Matching deliveries are settled ones of one registration that [`ReplayQuery`] describes, made
/// before the replay was; those whose event's payload was removed, or is no longer kept, never match.
#[async_trait]
pub trait ReplayStore: Send + Sync {
    /// How many deliveries match at `now` among the oldest [`Replay::COUNT_LIMIT`] that may: there may
    /// be more when not all were looked at. `None` when the registration is not visible.
    async fn count_replay(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
        query: &ReplayQuery,
        now: Timestamp,
    ) -> Result<Option<BoundedCount>, StoreError>;

    /// Stores a new replay, running. `false` when the registration is not visible.
    async fn add_replay(&self, visibility: Visibility, replay: &Replay)
    -> Result<bool, StoreError>;

    /// One replay, of a registration that is visible.
    async fn find_replay(
        &self,
        visibility: Visibility,
        replay: ReplayId,
    ) -> Result<Option<Replay>, StoreError>;

    /// A page of replays, newest first: of one registration, or of all that are visible.
    async fn list_replays(
        &self,
        visibility: Visibility,
        registration: Option<RegistrationId>,
        page: PageRequest,
    ) -> Result<Page<Replay>, StoreError>;

    /// Stops a replay: what it has sent on already goes on. The state it was in; `None` when it is not
    /// visible.
    async fn cancel_replay(
        &self,
        visibility: Visibility,
        replay: ReplayId,
        now: Timestamp,
    ) -> Result<Option<ReplayState>, StoreError>;

    /// Advances every running replay as far as its pace allows at `now`, `limit` deliveries at the
    /// most for each call, which the replays share so that none keeps another one waiting; how many
    /// became pending. One that has none left is done, and one that cannot be read is cancelled. A
    /// second's worth of the pace is the most that is caught up; each replay sends the oldest first.
    ///
    /// A delivery that is replayed is pending, wanted and due `now`, in a new round of attempts, with
    /// one more in `replays`. It goes alone, so that each event that matches is sent once, and none
    /// that does not: one that went in a bundle leaves it, and when the one that carried a bundle is
    /// replayed, the others leave it as they are, to be replayed by themselves if they match.
    async fn advance_replays(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
