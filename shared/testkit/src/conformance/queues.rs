//! What every queue promises: the doc comments of [`postrider_domain::ports`] as cases.
//!
//! A case gets empty queues of its own, and knows nothing of what is behind them.
#![expect(missing_docs, reason = "the name of a case is the sentence that it checks")]

pub mod closing;
pub mod consuming;
pub mod given;
pub mod publishing;
pub mod settling;

/// How a case ends: an error is one that the queue should not have returned.
pub type CaseResult = anyhow::Result<()>;
