//! Rows as the statements return them, and how they become what the domain speaks of.
//!
//! A row that does not parse is [`StoreError::Corrupt`]: a bug or a hand edit wrote it.

mod account;
mod activity;
mod audit;
mod catalogue;
mod claim;
mod delivery;
mod event;
mod flow;
mod inbox;
mod registration;

use postrider_domain::causes;
use postrider_domain::ports::StoreError;
use tracing::error;

pub(crate) use account::{
    ApiKeyRow, PermissionRow, RoleRow, UserRow, key_scopes, role_text, scope_texts,
};
pub(crate) use activity::{AttemptNewsRow, EventNewsRow};
pub(crate) use audit::AuditRow;
pub(crate) use catalogue::{FilterRow, ResourceRow};
pub(crate) use claim::ClaimRow;
pub(crate) use delivery::{AttemptRow, DeliveryRow};
pub(crate) use event::EventRow;
pub(crate) use flow::{FlowRow, FlowValues};
pub(crate) use inbox::{ClaimedInboxRow, InboxRow, RunRow, inbox_claim};
pub(crate) use registration::{
    CREDENTIALS, HEADERS, PREVIOUS_SECRET, RegistrationRow, RegistrationTexts, SECRET,
};

/// What could be read; the rest is logged. Work that was taken in a batch must not fail, again and
/// again, because of one bad row in it.
pub(crate) fn readable<T>(rows: impl Iterator<Item = Result<T, StoreError>>) -> Vec<T> {
    rows.filter_map(|row| {
        row.inspect_err(|error| error!(error = %causes(error), "a row was passed over")).ok()
    })
    .collect()
}
