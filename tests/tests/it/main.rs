//! Stories over all roles on both pairs of back ends, and processes killed on purpose.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod documents;
mod process;
mod stories;
mod verify;
