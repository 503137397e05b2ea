//! Telling a client of every mistake at once.

use postrider_domain::Invalid;

use super::{ApiError, Violation};

/// Gathers the mistakes of a body, so that its sender learns of all at once.
#[derive(Debug, Default)]
pub(crate) struct Violations {
    found: Vec<Violation>,
    /// Where what is looked at is in the body: a JSON pointer.
    within: String,
}

impl Violations {
    /// The most that are told; a thousand events with a mistake each teach nothing more.
    const MAX: usize = 50;

    /// What follows is about one element of a list.
    pub(crate) fn enter(&mut self, element: usize) {
        self.within = format!("/{element}");
    }

    /// What follows is about one member of the body.
    pub(crate) fn within(member: &str) -> Self {
        Self { within: format!("/{member}"), ..Self::default() }
    }

    pub(crate) fn add(&mut self, pointer: &str, detail: impl Into<String>) {
        if self.found.len() < Self::MAX {
            let pointer = format!("{}{pointer}", self.within);
            self.found.push(Violation { pointer, detail: detail.into() });
        }
    }

    /// Keeps the value, or notes what is wrong with it.
    pub(crate) fn check<T>(&mut self, pointer: &str, checked: Result<T, Invalid>) -> Option<T> {
        checked.map_err(|invalid| self.add(pointer, invalid.0)).ok()
    }

    /// The error, if there was any mistake.
    pub(crate) fn into_result(self) -> Result<(), ApiError> {
        if self.found.is_empty() { Ok(()) } else { Err(self.into()) }
    }
}

impl From<Violations> for ApiError {
    fn from(violations: Violations) -> Self {
        Self::invalid(violations.found)
    }
}
