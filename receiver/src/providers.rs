//! The providers that are built in: one file each, and one line in the list.

mod custom;
mod github;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::Provider;

/// One of each.
pub fn all() -> Vec<Arc<dyn Provider>> {
    vec![Arc::new(custom::Custom), Arc::new(github::GitHub)]
}
