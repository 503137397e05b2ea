//! What an error of the driver means to the caller of a port.

use postrider_domain::ports::{BoxError, StoreError};
use sqlx::Error;
use sqlx::error::{DatabaseError, ErrorKind};

/// Turns an error of the driver, met in the port method `operation`, into what its caller can
/// decide on.
pub(crate) fn store_error(operation: &'static str) -> impl Fn(Error) -> StoreError {
    move |error| {
        if let Some(entity) = taken_entity(&error) {
            StoreError::Conflict { entity }
        } else if is_transient(&error) {
            StoreError::Unavailable { operation, source: error.into() }
        } else {
            StoreError::Rejected { operation, source: error.into() }
        }
    }
}

/// The same for a row that does not parse.
pub(crate) fn corrupt<E: Into<BoxError>>(table: &'static str) -> impl Fn(E) -> StoreError {
    move |source| StoreError::Corrupt { table, source: source.into() }
}

/// What is there already. SQLite names the columns of the key, not the constraint.
fn taken_entity(error: &Error) -> Option<&'static str> {
    let error = error.as_database_error()?;
    if error.kind() != ErrorKind::UniqueViolation {
        return None;
    }
    match error.message().strip_prefix("UNIQUE constraint failed: ")? {
        "users.id" | "users.name_key" => Some("user"),
        "roles.id" | "roles.name_key" => Some("role"),
        "permissions.id" => Some("permission"),
        "tokens.hash" => Some("token"),
        "api_keys.id" | "api_keys.hash" => Some("API key"),
        "registrations.id" => Some("registration"),
        "filters.name_key" => Some("filter"),
        "resources.entry_id" | "resources.kind, resources.id" => Some("resource"),
        "audit.id" => Some("audit entry"),
        _ => None,
    }
}

fn is_transient(error: &Error) -> bool {
    match error {
        Error::Io(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed
        | Error::BeginFailed => true,
        Error::Database(error) => is_transient_code(error.as_ref()),
        _ => false,
    }
}

fn is_transient_code(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code().and_then(|code| code.parse::<u32>().ok()) else { return false };
    // The low byte is the kind of error, the others say more about it.
    match code & 0xff {
        // Another process is writing: `BUSY`, `LOCKED`, `PROTOCOL`.
        5 | 6 | 15
        // The system below: `NOMEM`, `READONLY`, `INTERRUPT`, `IOERR`, `FULL`, `CANTOPEN`.
        | 7..=10 | 13 | 14 => true,
        _ => false,
    }
}
