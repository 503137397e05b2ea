//! The store ports on Postgres.
//!
//! One file per port, and the words of the ports are the contract: what a method promises is said
//! there, how Postgres keeps the promise is said here. Statements are checked against the schema
//! when they are compiled.
//!
//! # Theory of operation
//!
//! Speed comes from few statements and few durable commits, not from clever ones. Accepting a batch
//! of events, dispatching, claiming and recording are one statement each, and a statement that is a
//! whole use case runs without `BEGIN` and `COMMIT`, which would be two more round trips. Work is
//! handed out with `FOR UPDATE SKIP LOCKED`, so that any number of processes share it without
//! waiting for each other.
//!
//! Only what the outside world was told must survive a crash: that an event is accepted, and what
//! an attempt led to. Those commits wait for the disk. A dispatch or a lease that is lost in a
//! crash is made again from the rows it came from, so those do not wait (`pools`).
//!
//! What cannot go is held by the claim that finds it, and let go by the scheduler (`flow`): both read
//! as much of partial indexes as they take, so that it costs the same however much waits.
//!
//! What comes in has a schema and connections of its own (`inbox`), and needs nothing of all this.
//!
//! What nobody may read in a copy of the database (secrets, headers and credentials) is
//! sealed before it is bound to a statement and opened when a row is read (`rows`).

mod accounts;
mod activity;
mod audit;
mod catalogue;
mod creation;
mod deliveries;
mod dispatch;
mod errors;
mod events;
mod filters;
mod flow;
mod history;
mod inbox;
mod operations;
mod pools;
mod registrations;
mod replays;
mod roles;
mod rows;
mod schema;

pub use inbox::{INBOX_MIGRATIONS, PostgresInbox};
pub use operations::MIGRATIONS;
pub use pools::{PoolSettings, PostgresStore};
