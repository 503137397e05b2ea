//! The time, comparable between the publishers here and the sink in its own process.

use std::time::SystemTime;

use postrider_domain::{Clock, Timestamp};

/// The machine's clock.
pub(crate) struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Timestamp::EPOCH + since_1970.unwrap_or_default()
    }
}

/// Microseconds since 1970.
pub(crate) fn now_micros() -> i64 {
    WallClock.now().as_micros()
}
