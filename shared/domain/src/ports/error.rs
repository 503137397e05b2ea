/// The cause of an error, kept for the log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a store operation failed.
///
/// "Not found" is absent on purpose: look-ups return `Option`, and each caller decides.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not answer. The same call may succeed later; whether this one took effect
    /// is unknown.
    #[error("store unavailable in `{operation}`")]
    Unavailable {
        /// The port method.
        operation: &'static str,
        /// What the driver said.
        source: BoxError,
    },

    /// A unique name is taken.
    #[error("{entity} already exists")]
    Conflict {
        /// What exists already: `user`, `permission`, …
        entity: &'static str,
    },

    /// A row does not parse into its domain type, so a bug or a hand edit wrote it.
    #[error("invalid row in `{table}`")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What is wrong with the row.
        source: BoxError,
    },

    /// The database refused the statement itself: a bug, or a schema that is not this version's.
    #[error("store rejected `{operation}`")]
    Rejected {
        /// The port method.
        operation: &'static str,
        /// What the driver said.
        source: BoxError,
    },
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Conflict { .. } | Self::Corrupt { .. } | Self::Rejected { .. } => false,
        }
    }
}

/// Why a queue operation failed.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The broker did not answer, or did not confirm in time. The messages may or may not have been
    /// queued; publishing them again does no harm.
    #[error("queue unavailable")]
    Unavailable {
        /// What the client said.
        source: BoxError,
    },

    /// The broker took a message and found no queue for it: the topology is not there.
    #[error("message could not be routed")]
    Unroutable,

    /// The queue is shutting down.
    #[error("queue closed")]
    Closed,
}

impl QueueError {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::Unroutable => true,
            Self::Closed => false,
        }
    }
}
