//! The audit log: who did, or tried, what to the product itself.

use std::fmt;
use std::str::FromStr;

use crate::{ApiKeyId, AuditId, Invalid, Timestamp, UserId};

/// How an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditOutcome {
    /// It began. An entry that stays so tells of a process that died before it could say more: the
    /// act may or may not have been done.
    Started,
    /// It was done.
    Done,
    /// The actor may not do this, or did not prove who they are.
    Denied,
    /// It was asked for in a way that cannot be done: not found, invalid, in conflict.
    Refused,
    /// It failed for a reason of ours.
    Failed,
}

impl AuditOutcome {
    /// The name in the store and the api.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Done => "done",
            Self::Denied => "denied",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for AuditOutcome {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        [Self::Started, Self::Done, Self::Denied, Self::Refused, Self::Failed]
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
            .ok_or_else(|| Invalid::new(format!("`{text}` is not an outcome")))
    }
}

impl fmt::Display for AuditOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One entry: an act, and how it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// When it began.
    pub at: Timestamp,
    /// Who; none for a sign-in that failed, and for the command line.
    pub actor: Option<UserId>,
    /// The name of the actor at the time, or the one they claimed.
    pub actor_name: String,
    /// The API key, when the request came with one.
    pub key: Option<ApiKeyId>,
    /// What: method and route, as in `DELETE /api/v1/users/{id}`, or the command.
    pub action: String,
    /// To what: the path that was asked for, or the one of what was created.
    pub target: String,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// The status of the answer, once there is one.
    pub status: Option<u16>,
    /// More about it, such as whose registration it was. Never a secret.
    pub detail: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// The id of the request, as in the log.
    pub request_id: Option<String>,
}
