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

fn taken_entity(error: &Error) -> Option<&'static str> {
    match violated_key(error)? {
        "users_pkey" | "users_name_key" => Some("user"),
        "permissions_pkey" | "permissions_of_user" | "permissions_of_role" => Some("permission"),
        "tokens_pkey" => Some("token"),
        "api_keys_pkey" | "api_keys_hash_key" => Some("API key"),
        "registrations_pkey" => Some("registration"),
        "roles_pkey" | "roles_name_key" => Some("role"),
        "filters_pkey" => Some("filter"),
        "resources_pkey" => Some("resource"),
        "audit_pkey" => Some("audit entry"),
        _ => None,
    }
}

/// The unique constraint or index that a statement would have violated.
pub(crate) fn violated_key(error: &Error) -> Option<&str> {
    let error = error.as_database_error()?;
    if error.kind() == ErrorKind::UniqueViolation { error.constraint() } else { None }
}

fn is_transient(error: &Error) -> bool {
    match error {
        Error::Io(_)
        | Error::Tls(_)
        | Error::Protocol(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed
        | Error::BeginFailed => true,
        Error::Database(error) => is_transient_state(error.as_ref()),
        _ => false,
    }
}

fn is_transient_state(error: &dyn DatabaseError) -> bool {
    let Some(state) = error.code() else { return false };
    match state.get(..2) {
        // Connection lost, rolled back (deadlock, serialization), out of resources, stopped by an
        // operator or a time-out, trouble of the system below.
        Some("08" | "40" | "53" | "57" | "58") => true,
        // A lock was not to be had in time; the server has become a read-only standby.
        _ => matches!(state.as_ref(), "55P03" | "25006"),
    }
}
