//! What every store promises: the doc comments of [`postrider_domain::ports`] as cases.
//!
//! A case gets an empty, migrated store of its own, knows nothing of what is behind it, and is
//! stamped once per back end. Time is whatever the case says it is.
#![expect(missing_docs, reason = "the name of a case is the sentence that it checks")]

pub mod accounts;
pub mod deliveries;
pub mod dispatch;
pub mod events;
pub mod given;
pub mod history;
pub mod operations;
pub mod records;
pub mod registrations;
pub mod scheduling;

/// How a case ends: an error is one that the store should not have returned.
pub type CaseResult = anyhow::Result<()>;
