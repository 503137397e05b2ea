//! `inbox`: looking at what was received, straight in the database.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Subcommand;
use postrider_backends::open_inbox;
use postrider_domain::ports::{InboxFilter, InboxReport, InboxStore};
use postrider_domain::{Clock, InboxId, InboxState, PageRequest};
use postrider_runtime::{ConfigArgs, SystemClock};
use serde_json::{Value, json};

use super::load_database;
use crate::providers;

/// The most that one call replays.
const MOST: u32 = 10_000;

/// Look at what was received, and have it processed again.
#[derive(Debug, Subcommand)]
pub enum InboxCommand {
    /// The newest received webhooks, one a line
    List {
        /// Only those of this receiver, by any of its names
        #[arg(long)]
        receiver: Option<String>,
        /// Only those with this action
        #[arg(long)]
        action: Option<String>,
        /// Only those in this state: pending, processed or dead
        #[arg(long)]
        state: Option<InboxState>,
        /// The most lines, up to 100
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// One received webhook with all that is known of it, as JSON
    Show {
        /// Its id
        id: InboxId,
    },
    /// Have one, or all that are dead, processed again
    Replay {
        /// Its id
        #[arg(required_unless_present = "dead")]
        id: Option<InboxId>,
        /// Those that are dead, 10,000 at the most
        #[arg(long, conflicts_with = "id")]
        dead: bool,
        /// Of those that are dead, only those of this receiver, by any of its names
        #[arg(long, requires = "dead")]
        receiver: Option<String>,
    },
}

impl InboxCommand {
    /// Does it; what is to be printed.
    ///
    /// # Errors
    /// When the database cannot be used, or has no such webhook.
    pub async fn run(self, args: ConfigArgs) -> anyhow::Result<String> {
        let store = open(args).await?;
        match self {
            Self::List { receiver, action, state, limit } => {
                let filter = InboxFilter { action, state, ..filter(receiver.as_deref()) };
                list(&*store, &filter, limit).await
            }
            Self::Show { id } => {
                let report = store.find_inbox(id).await?;
                let report = report.with_context(|| format!("there is no webhook {id}"))?;
                Ok(format!("{:#}\n", shown(&report)))
            }
            Self::Replay { id: Some(id), .. } => {
                match store.replay_inbox(id, SystemClock.now()).await? {
                    None => bail!("there is no webhook {id}"),
                    Some(InboxState::Pending) => bail!("{id} is being processed anyway"),
                    Some(_) => Ok(format!("{id} is processed again\n")),
                }
            }
            Self::Replay { id: None, receiver, .. } => {
                let filter = filter(receiver.as_deref());
                let count = store.replay_dead_inbox(&filter, SystemClock.now(), MOST).await?;
                Ok(format!("{count} are processed again\n"))
            }
        }
    }
}

/// Webhooks are stored under the usual name of their receiver, whichever their URL has.
fn filter(receiver: Option<&str>) -> InboxFilter {
    let receiver = receiver.map(|name| providers::usual(name).into_owned());
    InboxFilter { receiver, ..InboxFilter::default() }
}

async fn open(args: ConfigArgs) -> anyhow::Result<Arc<dyn InboxStore>> {
    let (common, database) = load_database(args)?;
    let store = open_inbox(&database, &common).await?;
    store.check_inbox().await?;
    Ok(store)
}

/// Follows the pages of a search until `limit` are found, or it has looked at all.
async fn list(store: &dyn InboxStore, filter: &InboxFilter, limit: u32) -> anyhow::Result<String> {
    let mut page = PageRequest::first(limit);
    let mut lines = String::new();
    loop {
        let shown = store.list_inbox(filter, page).await?;
        lines.extend(shown.items.iter().map(line));
        page.limit -= u32::try_from(shown.items.len())?;
        page.before = shown.next;
        if page.limit == 0 || page.before.is_none() {
            return Ok(lines);
        }
    }
}

fn line(report: &InboxReport) -> String {
    let item = &report.item;
    let (state, actions) = (report.state.as_str(), item.actions.join(","));
    let mut line = format!("{} {} {:9} {}", item.id, item.received_at, state, item.address);
    if !actions.is_empty() {
        write!(line, " {actions}").ok();
    }
    visible(&line) + "\n"
}

/// With control characters written out: what strangers sent must not command the terminal, nor begin a
/// line.
fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            visible.extend(character.escape_debug());
        } else {
            visible.push(character);
        }
    }
    visible
}

fn shown(report: &InboxReport) -> Value {
    let item = &report.item;
    let runs = report.runs.iter().map(|run| {
        json!({
            "number": run.number,
            "handler": run.handler,
            "startedAt": run.started_at.to_string(),
            "endedAt": run.ended_at.to_string(),
            "outcome": run.outcome.as_str(),
            "error": run.outcome.error(),
        })
    });
    json!({
        "id": item.id.to_string(),
        "receiver": item.address.receiver,
        "receiverId": item.address.id,
        "actions": item.actions,
        "dedupeKey": item.dedupe_key,
        "receivedAt": item.received_at.to_string(),
        "state": report.state.as_str(),
        "duplicates": report.duplicates,
        "replays": report.replays,
        "method": item.request.method,
        "query": item.request.query,
        "headers": item.request.headers,
        "body": String::from_utf8_lossy(&item.request.body),
        "runs": runs.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out_and_all_else_is_shown_as_it_is() {
        let text = visible("push \"é世\"\n\u{1b}[2J\u{9b}\0\\");
        assert_eq!(text, "push \"é世\"\\n\\u{1b}[2J\\u{9b}\\0\\");
    }
}
