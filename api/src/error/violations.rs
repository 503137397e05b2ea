//! Telling a client of every mistake at once.

use postrider_domain::Invalid;

use super::{ApiError, Violation};

/// Gathers the mistakes of a body, so that its sender learns of all at once.
#[derive(Debug, Default)]
pub(crate) struct Violations {
    found: Vec<Violation>,
    /// The element of a body that is a list.
    element: Option<usize>,
}

impl Violations {
    /// The most that are told; a thousand events with a mistake each teach nothing more.
    const MAX: usize = 50;

    /// What follows is about one element of a list.
    pub(crate) fn enter(&mut self, element: usize) {
        self.element = Some(element);
    }

    pub(crate) fn add(&mut self, pointer: &str, detail: impl Into<String>) {
        if self.found.len() < Self::MAX {
            let pointer = match self.element {
                Some(index) => format!("/{index}{pointer}"),
                None => pointer.to_owned(),
            };
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
