//! What every store promises: the doc comments of [`postrider_domain::ports`] as cases.
//!
//! A case gets an empty, migrated store of its own, knows nothing of what is behind it, and is
//! stamped once per back end. Time is whatever the case says it is. Only the cases of [`kept`],
//! [`legacy`], [`sealing`] and [`unreadable`], and one of [`advancing`], get the database itself: what
//! they are about cannot be seen, or brought about, through a store.
#![expect(missing_docs, reason = "the name of a case is the sentence that it checks")]

pub mod accounts;
pub mod activity;
pub mod adding;
pub mod administrators;
pub mod advancing;
pub mod attempts;
pub mod audit;
pub mod breakers;
pub mod bundles;
pub mod burying;
pub mod catalogue;
pub mod categories;
pub mod conditions;
pub mod creating;
pub mod credentials;
pub mod deliveries;
pub mod dispatch;
pub mod endings;
pub mod entries;
pub mod events;
pub mod expunging;
pub mod filters;
pub mod forgetting;
pub mod given;
pub mod health;
pub mod history;
pub mod holding;
pub mod kept;
pub mod legacy;
pub mod listed;
pub mod listed_events;
pub mod listing;
pub mod matching;
pub mod matrix;
pub mod notices;
pub mod operations;
pub mod outlived;
pub mod overflow;
pub mod owners;
pub mod pacing;
pub mod permissions;
pub mod recording;
pub mod records;
pub mod registrations;
pub mod releasing;
pub mod replaying;
pub mod retention;
pub mod roles;
pub mod scheduling;
pub mod sealing;
pub mod searching;
pub mod sessions;
pub mod settled;
pub mod standing;
pub mod trying;
pub mod unbundled;
pub mod unreadable;

/// How a case ends: an error is one that the store should not have returned.
pub type CaseResult = anyhow::Result<()>;
