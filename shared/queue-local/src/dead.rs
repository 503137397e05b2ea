//! Messages that could not be processed, kept where they can be seen.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use postrider_domain::ports::QueueName;

/// A message that could not be processed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dead {
    /// Where it came from.
    pub queue: QueueName,
    /// Its body.
    pub body: Bytes,
}

/// The newest dead messages.
pub(crate) struct DeadList {
    capacity: usize,
    messages: Mutex<VecDeque<Dead>>,
}

impl DeadList {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), messages: Mutex::default() }
    }

    pub(crate) fn add(&self, dead: Dead) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        if messages.len() == self.capacity {
            messages.pop_front();
        }
        messages.push_back(dead);
    }

    pub(crate) fn read(&self) -> Vec<Dead> {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept() {
        let list = DeadList::new(2);
        for body in ["one", "two", "three"] {
            list.add(Dead { queue: QueueName::Events, body: Bytes::from(body) });
        }
        let bodies: Vec<Bytes> = list.read().into_iter().map(|dead| dead.body).collect();
        assert_eq!(bodies, ["two", "three"]);
    }
}
