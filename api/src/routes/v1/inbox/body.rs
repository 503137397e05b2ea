//! How clients ask for the dead to be processed again.

use std::fmt::Write;

use postrider_domain::Invalid;
use postrider_domain::ports::InboxFilter;
use serde::Deserialize;
use utoipa::ToSchema;

use super::query::{address_part, text};
use crate::error::{ApiError, Violations};
use crate::openapi::schema;

/// How many are replayed unless the client says.
const DEFAULT_LIMIT: u32 = 1_000;
/// The most that one request replays: it is one transaction.
const MAX_LIMIT: u32 = 10_000;

/// Which dead webhooks are processed again; all unless something is given.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ReplayInbox {
    /// Only those of this receiver, in any case.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$")]
    receiver: Option<String>,
    /// Only those of this id of a receiver, in any case; empty is the URL without one.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$")]
    receiver_id: Option<String>,
    /// Only those with this action.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$")]
    action: Option<String>,
    /// Only those that were received at this time or later.
    #[schema(value_type = Option<schema::Time>)]
    from: Option<String>,
    /// Only those that were received before this time.
    #[schema(value_type = Option<schema::Time>)]
    to: Option<String>,
    /// How many at the most; 1,000 unless it is given.
    #[schema(minimum = 1, maximum = 10_000)]
    limit: Option<u32>,
}

impl ReplayInbox {
    /// What is asked for, and how many at the most.
    pub(super) fn check(&self) -> Result<(InboxFilter, u32), ApiError> {
        fn read<T>(
            violations: &mut Violations,
            pointer: &str,
            read: impl FnOnce(&str) -> Result<T, Invalid>,
            text: Option<&String>,
        ) -> Option<T> {
            violations.check(pointer, text.map(|text| read(text)).transpose()).flatten()
        }
        let mut violations = Violations::default();
        let time = |text: &str| text.parse();
        let filter = InboxFilter {
            receiver: read(&mut violations, "/receiver", address_part, self.receiver.as_ref()),
            id: read(&mut violations, "/receiverId", address_part, self.receiver_id.as_ref()),
            action: read(&mut violations, "/action", text, self.action.as_ref()),
            // The store looks at the dead alone.
            state: None,
            from: read(&mut violations, "/from", time, self.from.as_ref()),
            to: read(&mut violations, "/to", time, self.to.as_ref()),
        };
        if let (Some(from), Some(to)) = (filter.from, filter.to)
            && from >= to
        {
            violations.add("", "`from` must be before `to`");
        }
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            violations.add("/limit", format!("a limit is 1 to {MAX_LIMIT}"));
        }
        violations.into_result()?;
        Ok((filter, limit))
    }
}

/// What the audit log says of it: its path does not tell which they were.
pub(super) fn note(filter: &InboxFilter, replayed: u64) -> String {
    let mut note = format!("dead webhooks: {replayed}");
    let times = [filter.from, filter.to].map(|time| time.map(|time| time.to_string()));
    let [from, to] = times.each_ref().map(Option::as_deref);
    for (name, asked) in [
        ("receiver", filter.receiver.as_deref()),
        ("receiverId", filter.id.as_deref()),
        ("action", filter.action.as_deref()),
        ("from", from),
        ("to", to),
    ] {
        if let Some(asked) = asked {
            write!(note, ", {name} `{asked}`").ok();
        }
    }
    note
}
