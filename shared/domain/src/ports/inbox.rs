use async_trait::async_trait;
use bytes::Bytes;

use super::{Lease, StoreError};
use crate::{
    AfterRun, HandlerRun, InboxId, InboxItem, InboxState, LeaseToken, Page, PageRequest, Timestamp,
};

/// What became of a received webhook that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is stored.
    Stored,
    /// It is there already, under this id: its sender sent it again.
    Duplicate(InboxId),
}

/// A received webhook that may be processed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedInbox {
    /// It. Without its body when that is larger than [`ClaimedInbox::BODY_LIMIT`], so that a claim of
    /// many takes no more memory than it may: see [`InboxStore::load_inbox_body`].
    pub item: InboxItem,
    /// How large its body is, in bytes.
    pub body_bytes: u64,
    /// The handlers that ran to their end since it was received, or replayed: they do not run again.
    pub done: Vec<String>,
    /// Runs so far, over all handlers and rounds.
    pub runs: u32,
    /// Failures in a row of one handler, since it was received, or replayed.
    pub failures: u16,
    /// The name of that handler.
    pub failed_handler: Option<String>,
}

impl ClaimedInbox {
    /// The largest body, in bytes, that comes with a claim.
    pub const BODY_LIMIT: usize = 64 * 1024;

    /// Whether the body came with it.
    pub fn has_body(&self) -> bool {
        self.item.request.body.len() as u64 == self.body_bytes
    }
}

/// What a claim got hold of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InboxClaim {
    /// What may be processed.
    pub items: Vec<ClaimedInbox>,
    /// What is leased as well, but holds something that cannot be read: nobody can process it.
    pub unreadable: Vec<InboxId>,
}

/// A run of a handler, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRun {
    /// Of what.
    pub item: InboxId,
    /// The run.
    pub run: HandlerRun,
    /// What follows.
    pub after: AfterRun,
    /// The lease it was made under.
    pub token: LeaseToken,
}

/// What waits in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InboxBacklog {
    /// Received webhooks that are to be processed now, counted up to [`super::Backlog::COUNT_LIMIT`].
    pub wanted: i64,
    /// Those that wait for a later retry, counted alike.
    pub waiting: i64,
    /// Those that are dead, counted alike.
    pub dead: i64,
    /// When the oldest that is to be processed now was received; of those that are counted, the longest
    /// wanted.
    pub oldest: Option<Timestamp>,
}

impl InboxBacklog {
    /// Whether nothing is left to do until a later time.
    pub fn is_idle(&self) -> bool {
        self.wanted == 0
    }
}

/// Which received webhooks a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxFilter {
    /// Only those of one receiver.
    pub receiver: Option<String>,
    /// Only those of one id; empty is the URL without one.
    pub id: Option<String>,
    /// Only those with this action.
    pub action: Option<String>,
    /// Only those in one state.
    pub state: Option<InboxState>,
    /// Only those received at this time or later.
    pub from: Option<Timestamp>,
    /// Only those received before this time.
    pub to: Option<Timestamp>,
}

impl InboxFilter {
    /// How many received webhooks a page of a list looks at, at the most.
    pub const WALK_LIMIT: u32 = 10_000;

    /// The part of it that an index knows: the state when that is one that few are in, or else the
    /// receiver with its id or without; and the times. For the rest each is looked at.
    #[must_use]
    pub fn indexed(&self) -> Self {
        let times = Self { from: self.from, to: self.to, ..Self::default() };
        match (self.state, &self.receiver) {
            (Some(InboxState::Pending | InboxState::Dead), _) => {
                Self { state: self.state, ..times }
            }
            (_, Some(_)) => Self { receiver: self.receiver.clone(), id: self.id.clone(), ..times },
            (_, None) => times,
        }
    }
}

/// A received webhook and what was done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxReport {
    /// It. In a list its headers and body are left out.
    pub item: InboxItem,
    /// How large its body is, in bytes.
    pub body_bytes: u64,
    /// How far it came.
    pub state: InboxState,
    /// When a worker takes it next; `None` when it is over.
    pub due_at: Option<Timestamp>,
    /// When it was over.
    pub settled_at: Option<Timestamp>,
    /// How often it came again and was dropped.
    pub duplicates: u32,
    /// How often it was replayed.
    pub replays: u32,
    /// Its runs, oldest first, the newest 100 at the most. A list has none.
    pub runs: Vec<HandlerRun>,
}

/// The inbox: received webhooks, from the commit that precedes the answer to their removal.
///
/// It has a schema of its own, so that a database may hold it without anything of the sending side,
/// and the other way round.
#[async_trait]
pub trait InboxStore: Send + Sync {
    /// Brings the schema of the inbox to this version; several processes may do so at once.
    async fn migrate_inbox(&self) -> Result<(), StoreError>;

    /// Whether the database answers and has this version's schema of the inbox.
    async fn check_inbox(&self) -> Result<(), StoreError>;

    /// Stores `items`, pending and wanted from the time they were received, in one commit that is
    /// durable on return; what became of each, in the same order. Whoever calls announces them by
    /// messages, and the scheduler does so from `rescue_at` on if nobody has claimed them by then.
    ///
    /// What has the address and the key of one that is there, or of one before it in `items`, is not
    /// stored but counted there.
    async fn accept(
        &self,
        items: &[InboxItem],
        rescue_at: Timestamp,
    ) -> Result<Vec<Accepted>, StoreError>;

    /// Leases those of `items` that are wanted by `wanted_by`, a little later than `now`, since clocks
    /// differ and a retry may come a little early. Passed over are those that are settled, not wanted
    /// yet, leased by somebody else at `now`, being claimed by another worker or counted as sent again
    /// at this moment, or unknown. Ids given twice are claimed once. The scheduler announces them again when the lease has
    /// ended. The commit need not be durable.
    async fn claim_inbox(
        &self,
        items: &[InboxId],
        lease: Lease,
        now: Timestamp,
        wanted_by: Timestamp,
    ) -> Result<InboxClaim, StoreError>;

    /// The body of an item that did not come with its claim; `None` when there is no such item.
    async fn load_inbox_body(&self, item: InboxId) -> Result<Option<Bytes>, StoreError>;

    /// Prolongs the lease of an item that is worked on; `false` when it is not `lease.token`'s any
    /// more, and somebody else may be at it.
    async fn extend_inbox(&self, item: InboxId, lease: Lease) -> Result<bool, StoreError>;

    /// Ends the lease of an item that was not worked on to its end: the scheduler announces it at
    /// `due_at`. Since when it is wanted stays, so that what is put off is in the backlog as wanted,
    /// and ages there; whoever is told of it earlier may claim it.
    async fn release_inbox(
        &self,
        item: InboxId,
        token: LeaseToken,
        due_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Records a run and what follows from it in one commit, durable on return.
    ///
    /// Every run is recorded, whoever holds the lease. What follows applies only to a pending item whose lease is
    /// `token`, and then `true` is returned; [`AfterRun::GoOn`] keeps the lease, the others end it. Only
    /// then does the run count for [`ClaimedInbox::done`] and [`ClaimedInbox::failures`]. The item is
    /// settled at the time at which the run ended.
    ///
    /// A run whose number is recorded already under the same token is not recorded again, so that a call
    /// whose answer was lost can be made again: it returns what the first one did.
    async fn record_run(&self, recorded: &RecordedRun) -> Result<bool, StoreError>;

    /// Takes pending items that the scheduler is to announce at `now` (a retry, a replay, a lease that
    /// ended, a message that was lost), those that are due longest first, `limit` at the most. They
    /// are due again at `next` unless somebody claims them before. The commit need not be durable.
    async fn take_due_inbox(
        &self,
        now: Timestamp,
        next: Timestamp,
        limit: u32,
    ) -> Result<Vec<InboxId>, StoreError>;

    /// What waits at `now`.
    async fn inbox_backlog(&self, now: Timestamp) -> Result<InboxBacklog, StoreError>;

    /// A page of received webhooks, newest first.
    ///
    /// When the filter asks for more than [`InboxFilter::indexed`], a page looks at the newest
    /// [`InboxFilter::WALK_LIMIT`] of those that this part of it describes and no further, so that a
    /// search for what is rare is not a walk over all that is there. Such a page may be short, or
    /// empty, and lead on all the same: whoever follows it misses nothing.
    async fn list_inbox(
        &self,
        filter: &InboxFilter,
        page: PageRequest,
    ) -> Result<Page<InboxReport>, StoreError>;

    /// One received webhook with all that is known of it.
    async fn find_inbox(&self, item: InboxId) -> Result<Option<InboxReport>, StoreError>;

    /// Has all handlers of a settled item run again, as if it had just been received: pending, wanted
    /// and due at `now`. The state it was in: a pending one stays as it is. `None` when there is none.
    async fn replay_inbox(
        &self,
        item: InboxId,
        now: Timestamp,
    ) -> Result<Option<InboxState>, StoreError>;

    /// The same for those that `filter` describes and that are dead, oldest first, `limit` at the most;
    /// how many there were.
    async fn replay_dead_inbox(
        &self,
        filter: &InboxFilter,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError>;

    /// Removes items in `state` that were settled before `before`, with their runs: `limit` at the most,
    /// and no more than some 64 MiB of bodies, so that a call is soon over; how many. Never none while
    /// there is one.
    async fn remove_inbox(
        &self,
        state: InboxState,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError>;
}
