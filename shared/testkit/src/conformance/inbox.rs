//! What every inbox promises: the doc comments of [`postrider_domain::ports::InboxStore`] as cases.
//!
//! A case gets an empty inbox with its schema, knows nothing of what is behind it, and is stamped once
//! per back end. Only the cases of [`apart`] and [`unreadable`], and those in which processes meet, get
//! the database itself.
#![expect(missing_docs, reason = "the name of a case is the sentence that it checks")]

pub mod accepting;
pub mod apart;
pub mod claiming;
pub mod given;
pub mod listing;
pub mod meeting;
pub mod recording;
pub mod removing;
pub mod repeating;
pub mod replaying;
pub mod scheduling;
pub mod unreadable;

/// How a case ends: an error is one that the store should not have returned.
pub type CaseResult = anyhow::Result<()>;
