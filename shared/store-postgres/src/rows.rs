//! Rows as the statements return them, and how they become what the domain speaks of.
//!
//! A row that does not parse is [`StoreError::Corrupt`]: a bug or a hand edit wrote it.

mod access;
mod account;
mod activity;
mod audit;
mod catalogue;
mod claim;
mod delivery;
mod event;
mod filter;
mod flow;
mod inbox;
mod registration;

use std::borrow::Cow;

use postrider_domain::causes;
use postrider_domain::ports::StoreError;
use serde::Serialize;
use tracing::error;

pub(crate) use access::{PermissionRow, RoleRow, holder_ids, scope_texts};
pub(crate) use account::{ApiKeyRow, UserRow, standing};
pub(crate) use activity::{AttemptNewsRow, EventNewsRow};
pub(crate) use audit::AuditRow;
pub(crate) use catalogue::ResourceRow;
pub(crate) use claim::ClaimRow;
pub(crate) use delivery::{AttemptRow, DeliveryRow, header_json};
pub(crate) use event::EventRow;
pub(crate) use filter::FilterRow;
pub(crate) use flow::{FlowRow, LoadedFlow, save_flows};
pub(crate) use inbox::{ClaimedInboxRow, InboxRow, RunRow, inbox_claim};
pub(crate) use registration::{
    CREDENTIALS, HEADERS, PREVIOUS_SECRET, RegistrationCache, RegistrationRow, SECRET, SealedTexts,
    open,
};

/// What could be read; the rest is logged. Work that was taken in a batch must not fail, again and
/// again, because of one bad row in it.
pub(crate) fn readable<T>(rows: impl Iterator<Item = Result<T, StoreError>>) -> Vec<T> {
    rows.filter_map(|row| {
        row.inspect_err(|error| error!(error = %causes(error), "a row was passed over")).ok()
    })
    .collect()
}

/// Lists and maps of text as JSON.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("lists and maps with text keys can be written")
}

/// A text without the one character that Postgres cannot store: it must neither keep anything from
/// being recorded nor turn a search into an error.
pub(crate) fn storable(text: &str) -> String {
    without_nul(text).into_owned()
}

/// The same, without a copy where there is nothing to replace.
pub(crate) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}
