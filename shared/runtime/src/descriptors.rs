//! How many files and connections a process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{info, warn};

/// Raises the limit of open descriptors to the most that the system lets this process have.
///
/// Every connection takes one, and the soft limit that processes are started with, 1024 on most
/// systems, is there for programs that use `select`, which this one is not.
pub fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => info!(
            descriptors.before = limit.current,
            descriptors.limit = limit.maximum,
            "the limit of open descriptors is the system's"
        ),
        Err(error) => warn!(
            descriptors.limit = limit.current,
            error = &error as &dyn std::error::Error,
            "the limit of open descriptors cannot be raised"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_open_descriptors_becomes_the_highest_that_the_system_grants() {
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        // Enough for tests that run beside this one.
        setrlimit(Resource::Nofile, Rlimit { current: Some(512), maximum }).unwrap();
        raise_limit();
        assert_eq!(getrlimit(Resource::Nofile), Rlimit { current: maximum, maximum });
        assert_ne!(maximum, Some(512));
    }
}
