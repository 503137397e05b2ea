//! What comes in: a webhook that some other service sent, from the moment it was verified.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use crate::{InboxId, Invalid, Timestamp};

mod headers;

pub use headers::HeaderList;

/// Where a webhook was received: `/api/webhooks/incoming/{receiver}/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceiverAddress {
    /// Whose flavour it is, in lower case, such as `github`.
    pub receiver: String,
    /// Which of this receiver's webhooks, in lower case; empty for the URL that ends with the receiver.
    pub id: String,
}

impl ReceiverAddress {
    /// The address as both parts are compared: ignoring case.
    pub fn new(receiver: &str, id: &str) -> Self {
        Self { receiver: receiver.to_lowercase(), id: id.to_lowercase() }
    }
}

impl fmt::Display for ReceiverAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id.as_str() {
            "" => f.write_str(&self.receiver),
            id => write!(f, "{}/{id}", self.receiver),
        }
    }
}

/// A request as it is kept: everything that handlers may read, without the headers and the parameter of
/// the query that only prove who sent it. A secret that travels in the body stays in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// The method, such as `POST`.
    pub method: String,
    /// What followed the `?`, without secrets.
    pub query: String,
    /// Names in lower case, in the order in which they came, without credentials.
    pub headers: HeaderList,
    /// The body, byte for byte.
    pub body: Bytes,
}

/// How far the processing of a received webhook has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InboxState {
    /// Handlers are to run.
    Pending,
    /// Every handler ran, or one of them ended the chain.
    Processed,
    /// A handler failed for good; it waits for somebody to replay it.
    Dead,
}

impl InboxState {
    /// Every state.
    pub const ALL: &'static [Self] = &[Self::Pending, Self::Processed, Self::Dead];

    /// The name in the store, in the API and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processed => "processed",
            Self::Dead => "dead",
        }
    }
}

impl FromStr for InboxState {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let found = Self::ALL.iter().find(|state| state.as_str() == text);
        found.copied().ok_or_else(|| Invalid::new(format!("`{text}` is not a state of the inbox")))
    }
}

/// A received webhook: verified, and kept until its handlers have run and for a while after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxItem {
    /// Its id.
    pub id: InboxId,
    /// Where it came in.
    pub address: ReceiverAddress,
    /// What happened, as its sender names it; may be none.
    pub actions: Vec<String>,
    /// What its sender calls it: another one with the same key at the same address is the same
    /// webhook, sent again. `None` when its sender gives it no name.
    pub dedupe_key: Option<String>,
    /// When it was received.
    pub received_at: Timestamp,
    /// The request.
    pub request: ReceivedRequest,
}

/// How a run of a handler ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOutcome {
    /// The next handler's turn.
    Done,
    /// Done, and no other handler is to run: the handler set a response.
    Stopped,
    /// It failed; says why, in words that hold no payload.
    Failed(String),
}

impl RunOutcome {
    /// The name in the store, in the API and in metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it failed.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Done | Self::Stopped => None,
        }
    }
}

/// One run of one handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlerRun {
    /// The handler's name.
    pub handler: String,
    /// Which run of this webhook it was, over all its handlers, from 1.
    pub number: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How it ended.
    pub outcome: RunOutcome,
}

/// What becomes of a received webhook after a run of a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterRun {
    /// The same worker goes on with the next handler, under the same lease.
    GoOn,
    /// The failed handler runs again at this time.
    Retry {
        /// When.
        at: Timestamp,
    },
    /// It is over.
    End(Ended),
}

/// How the processing of a received webhook ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It is processed.
    Processed,
    /// It is dead.
    Dead,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_address_are_compared_ignoring_case() {
        assert_eq!(ReceiverAddress::new("GitHub", "Org1"), ReceiverAddress::new("github", "ORG1"));
        assert_eq!(ReceiverAddress::new("GitHub", "").to_string(), "github");
        assert_eq!(ReceiverAddress::new("github", "Org1").to_string(), "github/org1");
    }

    #[test]
    fn states_are_read_as_they_are_written() {
        for state in InboxState::ALL {
            assert_eq!(state.as_str().parse(), Ok(*state));
        }
        assert!("done".parse::<InboxState>().is_err());
    }
}
