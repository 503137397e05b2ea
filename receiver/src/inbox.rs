//! Queued processing: a webhook is stored, its sender is answered, and its handlers run afterwards.
//!
//! # Theory of operation
//!
//! Three parts share a store and a queue, and may be in one process or in many:
//!
//! - [`Inbox`] stores what was received, many webhooks in one commit, and returns once that is durable.
//!   Then it announces their ids on the queue, which nobody waits for;
//! - [`Processor`] takes ids from the queue, claims them in the store and runs their handlers one after
//!   the other. Each run is recorded before the next one begins, so that what was done is not done
//!   again: not after a failure, and not after a crash but for the handler that was interrupted;
//! - [`Scheduler`] announces what is due: retries whose time has come, replays, work of a processor that
//!   died, and what was stored while the queue was away. It counts what waits, and removes what is old.
//!
//! The store is the truth and messages are hints, so losing every message costs time and nothing else.
//!
//! What is not guaranteed: an order between webhooks, and that a handler runs once. One that was
//! interrupted, or whose run could not be recorded, runs again; [`crate::Context::inbox_id`] is the same
//! then. Leases go by the clocks of the processors: where these differ by more than a few seconds, a
//! lease may be taken while it holds, and the handler runs beside itself.

mod accept;
mod announce;
mod claim;
mod config;
mod intake;
mod item;
mod keep;
mod lease;
mod metrics;
mod pace;
mod places;
mod plan;
mod process;
mod record;
mod run;
mod schedule;
mod seldom;
mod store;
mod unrecorded;

pub use accept::{AcceptError, Inbox, InboxParts};
pub use config::{InboxConfig, InboxRetention};
pub use metrics::Metrics as InboxMetrics;
pub use process::{NO_HANDLER, Processor, ProcessorParts, READING};
pub use schedule::{Scheduler, SchedulerParts};
