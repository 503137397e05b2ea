//! The scenarios, and the load that each of them is.

use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scenario {
    /// 50,000 signed requests at 64, 128 and 256 at a time with no pipeline; the best is the limit
    Limit,
    /// 20,000 events as fast as they are accepted, to 1 registration
    Fanout1,
    /// 5,000 events as fast as they are accepted, to 10 registrations
    Fanout10,
    /// 100 events a second for 30 seconds, to 1 registration
    Paced,
}

impl Scenario {
    /// The name on the command line and in results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Fanout1 => "fanout1",
            Self::Fanout10 => "fanout10",
            Self::Paced => "paced",
        }
    }

    /// What is sent, with `events` instead of its own number.
    pub(crate) fn load(self, events: Option<u32>) -> Load {
        let (own, registrations, pace) = match self {
            Self::Limit => (50_000, 1, Pace::AtOnce),
            Self::Fanout1 => (20_000, 1, Pace::AtOnce),
            Self::Fanout10 => (5_000, 10, Pace::AtOnce),
            Self::Paced => (3_000, 1, Pace::Every(Duration::from_millis(10))),
        };
        Load { events: events.unwrap_or(own), registrations, pace }
    }

    /// Those to run, in order: `limit` first and always, and all when none is named.
    pub(crate) fn plan(named: &[Self]) -> Vec<Self> {
        let named = if named.is_empty() { Self::value_variants() } else { named };
        let mut plan = vec![Self::Limit];
        for scenario in named {
            if !plan.contains(scenario) {
                plan.push(*scenario);
            }
        }
        plan
    }
}

/// What a scenario sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// How many events.
    pub(crate) events: u32,
    /// How many registrations each of them goes to.
    pub(crate) registrations: u32,
    /// When they are sent.
    pub(crate) pace: Pace,
}

impl Load {
    /// How many deliveries that makes.
    pub(crate) fn deliveries(self) -> u32 {
        self.events * self.registrations
    }
}

/// When events are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Each publisher sends its next one as soon as the last is acknowledged.
    AtOnce,
    /// One per interval, whatever becomes of the earlier ones.
    Every(Duration),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_always_measured_first_and_nothing_twice() {
        use Scenario::{Fanout1, Fanout10, Limit, Paced};
        assert_eq!(Scenario::plan(&[]), [Limit, Fanout1, Fanout10, Paced]);
        assert_eq!(Scenario::plan(&[Paced]), [Limit, Paced]);
        assert_eq!(Scenario::plan(&[Fanout1, Limit, Fanout1]), [Limit, Fanout1]);
    }
}
