//! Telling the log of what may happen with every webhook, but seldom.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use postrider_domain::{ReceiverAddress, Timestamp};

/// How often the log is told, for each URL.
const EVERY: Duration = Duration::from_mins(1);

/// When the log was told last, by URL. There are as many as are configured.
#[derive(Default)]
pub(super) struct Seldom(Mutex<HashMap<ReceiverAddress, Timestamp>>);

impl Seldom {
    /// Whether to tell of this URL now.
    pub(super) fn is_due(&self, address: &ReceiverAddress, now: Timestamp) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.get(address).is_some_and(|last| now < *last + EVERY) {
            return false;
        }
        told.insert(address.clone(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_url_is_told_of_once_in_a_minute() {
        let (seldom, now) = (Seldom::default(), Timestamp::from_micros(0));
        let (one, other) = (ReceiverAddress::new("one", ""), ReceiverAddress::new("one", "a"));
        assert!(seldom.is_due(&one, now) && seldom.is_due(&other, now));
        assert!(!seldom.is_due(&one, now + EVERY - Duration::from_secs(1)));
        assert!(seldom.is_due(&one, now + EVERY));
    }
}
