//! Rows as the statements return them, and how they become what the domain speaks of.
//!
//! A row that does not parse is [`StoreError::Corrupt`]: a bug or a hand edit wrote it.

mod account;
mod delivery;
mod event;
mod registration;

use std::error::Error;

use postrider_domain::ports::StoreError;
use tracing::error;

pub(crate) use account::{PermissionRow, UserRow, role_text, scope_text};
pub(crate) use delivery::{AttemptRow, ClaimRow, DeliveryRow};
pub(crate) use event::EventRow;
pub(crate) use registration::{RegistrationRow, RegistrationTexts};

/// What could be read; the rest is logged. Work that was taken in a batch must not fail, again and
/// again, because of one bad row in it.
pub(crate) fn readable<T>(rows: impl Iterator<Item = Result<T, StoreError>>) -> Vec<T> {
    rows.filter_map(|row| {
        row.inspect_err(|error| error!(error = error as &dyn Error, "a row was passed over")).ok()
    })
    .collect()
}
