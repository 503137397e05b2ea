//! What the roles need from the outside world, one trait per use case.
//!
//! Rules that every implementation keeps, and that no method repeats:
//!
//! - A method is a whole use case: one transaction at the most, begun and ended inside it. No
//!   connection is held when it returns.
//! - `now` is a parameter. No statement asks the database for the time.
//! - Whose data it is ([`crate::Visibility`]) is a parameter of every query that shows user data;
//!   what is not visible is not found.
//! - Not finding something is `None`, not an error.

mod accounts;
mod activity;
mod audit;
mod catalogue;
mod deliveries;
mod dispatch;
mod error;
mod events;
mod filters;
mod flow;
mod history;
mod inbox;
mod operations;
mod queue;
mod registrations;
mod replays;
mod roles;

pub use accounts::{Accessed, AccountChange, AccountStore, NewUser, PasswordHash, TokenHash};
pub use activity::ActivityStore;
pub use audit::{AuditEnd, AuditFilter, AuditStore};
pub use catalogue::{
    Announcement, CatalogueStore, PERMISSIONS_KEPT, ResourceAddition, ResourceChange,
    ResourceFilter,
};
pub use deliveries::{Claimed, ClaimedFlow, DeliveryStore, Lease, Recorded};
pub use dispatch::{Conditional, DispatchStore, Dispatched, Judged};
pub use error::{BoxError, QueueError, StoreError};
pub use events::EventStore;
pub use filters::{FilterRemoval, FilterStore};
pub use flow::{
    FlowReport, FlowStore, Overflow, OverflowProgress, Overfull, RegistrationHealth, Released,
};
pub use history::{
    DeliveryFilter, DeliveryReport, EventFilter, EventReport, HistoryStore, ListedDelivery,
    ListedEvent, ReplayOutcome,
};
pub use inbox::{
    Accepted, ClaimedInbox, InboxBacklog, InboxClaim, InboxFilter, InboxReport, InboxStore,
    RecordedRun,
};
pub use operations::{Backlog, Buried, OperationsStore};
pub use queue::{
    Consumer, Health, Outgoing, Publisher, Queue, QueueName, Received, Settle, Ticket, Verdict,
};
pub use registrations::{
    BURIED_AT_ONCE, ListedRegistration, RegistrationAddition, RegistrationCursor, RegistrationPage,
    RegistrationQuery, RegistrationRemoval, RegistrationSort, RegistrationStore, SortKey,
};
pub use replays::ReplayStore;
pub use roles::{Changed, RoleStore};

/// Everything a store does. Roles ask for the narrower trait they need; an `Arc<dyn Store>` turns
/// into any of them.
pub trait Store:
    AccountStore
    + ActivityStore
    + AuditStore
    + CatalogueStore
    + DeliveryStore
    + DispatchStore
    + EventStore
    + FilterStore
    + FlowStore
    + HistoryStore
    + OperationsStore
    + RegistrationStore
    + ReplayStore
    + RoleStore
{
}

impl<T> Store for T where
    T: AccountStore
        + ActivityStore
        + AuditStore
        + CatalogueStore
        + DeliveryStore
        + DispatchStore
        + EventStore
        + FilterStore
        + FlowStore
        + HistoryStore
        + OperationsStore
        + RegistrationStore
        + ReplayStore
        + RoleStore
{
}
