//! The store ports on SQLite: the whole product in one file, with no service to run.
//!
//! One file per port, in the same order as on Postgres, so that the two can be read side by side.
//! What a method promises is said at its port; how SQLite keeps the promise is said here.
//! Statements are checked against the schema when they are compiled.
//!
//! # Theory of operation
//!
//! SQLite has one writer at a time. Instead of letting writers collide and retry, a process has one
//! connection for writing, on which its transactions queue up in order, and a few for reading,
//! which see the last commit and wait for nobody (`pools`). A write begins with `BEGIN IMMEDIATE`,
//! so that nothing it has read can change before it commits: where Postgres needs one clever
//! statement, or rows locked and skipped, here a few plain statements do.
//!
//! A commit costs more than the statements in it, since it waits for the disk; the batches of the
//! ports are what makes this fast. Only what the outside world was told waits (`pools::Commit`).
//!
//! Secrets, headers and credentials of registrations are sealed before they are bound to a statement,
//! and opened when a row is read, so that no file ever has them (`rows::RegistrationRow`).
//!
//! What comes in has tables of its own (`inbox`), and needs nothing of all this; in a process that has
//! both sides it shares the connections.
//!
//! Other processes may read and write the file as well, such as a command line beside the running
//! product. They wait for each other, up to [`SqliteStore::BUSY_TIMEOUT`].

mod accounts;
mod activity;
mod audit;
mod catalogue;
mod creation;
mod deliveries;
mod dispatch;
mod errors;
mod events;
mod file;
mod filters;
mod flow;
mod history;
mod inbox;
mod json;
mod operations;
mod pools;
mod registrations;
mod replays;
mod roles;
mod rows;
mod schema;
mod search;

pub use inbox::{INBOX_MIGRATIONS, SqliteInbox};
pub use operations::MIGRATIONS;
pub use pools::SqliteStore;
