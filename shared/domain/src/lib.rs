//! The words and rules of Postrider.
//!
//! Everything here is pure: time comes from a [`Clock`], ids from [`Ids`], and the outside world is
//! reached through the traits in [`ports`]. Roles (api, dispatcher, worker) are written against this
//! crate alone, which is what lets the same code run on SQLite and an in-process queue or on
//! Postgres and RabbitMQ.
#![warn(missing_docs)]

pub mod account;
pub mod activity;
pub mod attempt;
pub mod audit;
pub mod catalogue;
pub mod causes;
pub mod clock;
pub mod condition;
pub mod creation;
pub mod credentials;
pub mod delivery;
pub mod event;
pub mod filter;
pub mod flow;
pub mod ids;
pub mod inbox;
pub mod notice;
pub mod options;
pub mod page;
pub mod permission;
pub mod ports;
pub mod registration;
pub mod replay;
pub mod retention;
pub mod retry;
pub mod role;
pub mod secret;
pub mod submission;
pub mod target;

pub use account::{ApiKey, Credential, KeyScopes, Principal, Session, User, UserName};
pub use activity::{AttemptNews, BacklogSample, EventNews, Minute, Series, Tally};
pub use attempt::{Attempt, AttemptOutcome, FailureCause, ResponseHead, SentRequest, Timings};
pub use audit::{AuditEntry, AuditOutcome};
pub use catalogue::CatalogueEntry;
pub use causes::causes;
pub use clock::{Clock, Timestamp};
pub use condition::{Condition, ConditionError};
pub use creation::{Created, CreationKey};
pub use credentials::{Authentication, ClientTls, Credentials, PreviousKey, SecretText};
pub use delivery::{DeadReason, Delivery, DeliveryState, HoldReason, Settlement};
pub use event::{Audience, Event, EventType, Resource};
pub use filter::{Filter, FilterName, FilterOrigin, FilterSet};
pub use flow::{Breaker, BreakerPolicy, FlowState, HealthReport, Report, Transition};
pub use ids::range::{IdRange, first_id, time_of};
pub use ids::{
    ApiKeyId, AttemptId, AuditId, DeliveryId, EntryId, EventId, Ids, InboxId, LeaseToken,
    PermissionId, RegistrationId, ReplayId, RoleId, UserId,
};
pub use inbox::{
    AfterRun, Ended, HandlerRun, HeaderList, InboxItem, InboxState, ReceivedRequest,
    ReceiverAddress, RunOutcome,
};
pub use notice::{Notice, NoticeKind, NoticeSubject};
pub use options::{Batching, DeliveryOptions, PayloadFormat, RateLimit, WhilePaused};
pub use page::{Page, PageRequest};
pub use permission::{Access, Holder, Permission, ResourceScope};
pub use registration::{
    DisableReason, Disabled, PreviousSecret, Registration, RegistrationHeaders, Visibility,
};
pub use replay::{BoundedCount, Replay, ReplayQuery, ReplayState};
pub use retention::{HoldPolicy, Removed, RetentionPolicy};
pub use retry::RetryPolicy;
pub use role::{Role, RoleName};
pub use secret::Secret;
pub use submission::{EventKey, NewEvent, Submission, SubmissionOutcome};
pub use target::TargetUri;

/// Why a piece of input was refused: names what is wrong in words its sender can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

impl Invalid {
    /// Makes the refusal from its explanation, one sentence without a full stop.
    pub fn new(explanation: impl Into<String>) -> Self {
        Self(explanation.into())
    }
}
