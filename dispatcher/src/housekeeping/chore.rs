//! Something that is done from time to time.

use std::time::Duration;

use postrider_domain::causes;
use postrider_domain::ports::StoreError;
use tokio::time::Instant;
use tracing::warn;

/// How far a turn came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing is left until it is due again.
    Done,
    /// There is more to do at once.
    More,
}

impl Progress {
    pub(super) fn of(more: bool) -> Self {
        if more { Self::More } else { Self::Done }
    }
}

pub(super) struct Chore {
    every: Duration,
    done: Option<Instant>,
    has_more: bool,
}

impl Chore {
    pub(super) fn new(every: Duration) -> Self {
        Self { every, done: None, has_more: false }
    }

    pub(super) fn is_due(&self) -> bool {
        self.has_more || self.done.is_none_or(|at| at.elapsed() >= self.every)
    }

    /// Whether it does not wait for the next tick.
    pub(super) fn has_more(&self) -> bool {
        self.has_more
    }

    /// Notes what came of a turn; one that failed is due again at the next tick.
    pub(super) fn note(&mut self, progress: Result<Progress, StoreError>, failure: &'static str) {
        self.has_more = matches!(progress, Ok(Progress::More));
        self.done = matches!(progress, Ok(Progress::Done)).then(Instant::now);
        if let Err(error) = progress {
            warn!(error = %causes(&error), "{failure}");
        }
    }
}
