//! Errors for log lines: with everything that caused them.

use std::error::Error;
use std::fmt;

/// Shows an error and its causes in one line, as in `the store is away: connection refused`. The
/// formatter of JSON log lines would show the error alone.
pub fn causes(error: &(dyn Error + 'static)) -> impl fmt::Display {
    Causes(error)
}

struct Causes<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::StoreError;

    #[test]
    fn an_error_is_shown_with_everything_that_caused_it() {
        let error = StoreError::Unavailable {
            operation: "list_users",
            source: std::io::Error::other("connection refused").into(),
        };
        assert_eq!(
            causes(&error).to_string(),
            "store unavailable in `list_users`: connection refused"
        );
    }
}
