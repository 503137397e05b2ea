//! How a registration wants its deliveries: format, patience, pace.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::attempt::text_enum;
use crate::{Invalid, RetryPolicy};

text_enum! {
    /// What a body looks like.
    PayloadFormat {
        /// `Id`, `Attempt`, `Properties`, `Notifications`: the `ASP.NET` library.
        Aspnet = "aspnet",
        /// `type`, `timestamp`, `data`: Standard Webhooks.
        Standard = "standard",
        /// CloudEvents 1.0, everything in the body (structured mode).
        CloudEvents = "cloudevents",
        /// CloudEvents 1.0, the attributes in headers and the data as the body (binary mode).
        CloudEventsBinary = "cloudevents-binary",
        /// The notification as an HTML form, the way of very old receivers.
        Form = "form",
    }
}

impl PayloadFormat {
    /// Whether one body can carry several events.
    pub const fn takes_several(self) -> bool {
        match self {
            Self::Aspnet | Self::Standard | Self::CloudEvents => true,
            // The headers are those of one event, and a form has no lists.
            Self::CloudEventsBinary | Self::Form => false,
        }
    }
}

text_enum! {
    /// What becomes of deliveries while their registration is paused.
    WhilePaused {
        /// They are held, and sent after the resume.
        Hold = "hold",
        /// They are dead at once (`discarded`), as the `ASP.NET` library does.
        Discard = "discard",
    }
}

/// A bound on how fast deliveries are attempted, kept over all workers together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    requests: u32,
    per: Duration,
}

impl RateLimit {
    /// The most requests of a limit: above it the limit would not limit.
    pub const MAX_REQUESTS: u32 = 10_000;

    /// At most `requests` in each `per`, evenly spread.
    ///
    /// # Errors
    /// When `requests` is not 1 to 10,000, or `per` not a second to an hour.
    pub fn try_new(requests: u32, per: Duration) -> Result<Self, Invalid> {
        let range = Duration::from_secs(1)..=Duration::from_hours(1);
        if !(1..=Self::MAX_REQUESTS).contains(&requests) || !range.contains(&per) {
            return Err(Invalid::new(format!(
                "a rate limit has 1 to {} requests in 1 second to 1 hour",
                Self::MAX_REQUESTS
            )));
        }
        Ok(Self { requests, per })
    }

    /// How many requests.
    pub const fn requests(self) -> u32 {
        self.requests
    }

    /// In how long.
    pub const fn per(self) -> Duration {
        self.per
    }

    /// From one request to the next.
    pub fn interval(self) -> Duration {
        self.per / self.requests
    }
}

/// Several events in one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batching {
    max_events: u16,
    max_wait: Duration,
}

impl Batching {
    /// The most events of a delivery.
    pub const MAX_EVENTS: u16 = 1000;

    /// A delivery as soon as there are `max_events`, or the first of them has waited `max_wait`.
    ///
    /// # Errors
    /// When `max_events` is not 2 to 1,000, or `max_wait` not a second to an hour.
    pub fn try_new(max_events: u16, max_wait: Duration) -> Result<Self, Invalid> {
        let range = Duration::from_secs(1)..=Duration::from_hours(1);
        if !(2..=Self::MAX_EVENTS).contains(&max_events) || !range.contains(&max_wait) {
            return Err(Invalid::new(format!(
                "a batch has 2 to {} events and waits 1 second to 1 hour",
                Self::MAX_EVENTS
            )));
        }
        Ok(Self { max_events, max_wait })
    }

    /// The most events.
    pub const fn max_events(self) -> u16 {
        self.max_events
    }

    /// How long the first one waits for more.
    pub const fn max_wait(self) -> Duration {
        self.max_wait
    }
}

/// How a registration wants its deliveries. What is not set follows the server's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct DeliveryOptions {
    /// What a body looks like.
    pub format: PayloadFormat,
    /// How long the receiver has for its whole answer.
    pub timeout: Option<Duration>,
    /// The delays between attempts; none at all means one attempt.
    pub retry_delays: Option<Vec<Duration>>,
    /// How fast deliveries are attempted.
    pub rate: Option<RateLimit>,
    /// How many requests a worker has on their way to it at a time.
    pub max_in_flight: Option<u16>,
    /// Several events in one delivery.
    pub batch: Option<Batching>,
    /// What becomes of deliveries while it is paused.
    pub while_paused: WhilePaused,
}

impl Default for DeliveryOptions {
    fn default() -> Self {
        Self {
            format: PayloadFormat::Aspnet,
            timeout: None,
            retry_delays: None,
            rate: None,
            max_in_flight: None,
            batch: None,
            while_paused: WhilePaused::Hold,
        }
    }
}

impl DeliveryOptions {
    /// The shortest time-out.
    pub const MIN_TIMEOUT: Duration = Duration::from_secs(1);
    /// The longest time-out. It has to end before the lease of its delivery does.
    pub const MAX_TIMEOUT: Duration = Duration::from_secs(25);
    /// The most requests on their way at a time.
    pub const MAX_IN_FLIGHT: u16 = 1000;

    /// How many events go in one delivery, at the most.
    pub fn events_per_delivery(&self) -> u32 {
        self.batch.map_or(1, |batch| batch.max_events().into())
    }

    /// Whether deliveries wait for the scheduler to let them go.
    pub const fn is_paced(&self) -> bool {
        self.rate.is_some() || self.batch.is_some()
    }

    /// Checks the options together.
    ///
    /// # Errors
    /// Names the option that is out of range or does not go with another.
    pub fn validate(&self) -> Result<(), Invalid> {
        if let Some(timeout) = self.timeout
            && !(Self::MIN_TIMEOUT..=Self::MAX_TIMEOUT).contains(&timeout)
        {
            return Err(Invalid::new("the time-out must be 1 to 25 seconds"));
        }
        if self.max_in_flight.is_some_and(|most| !(1..=Self::MAX_IN_FLIGHT).contains(&most)) {
            return Err(Invalid::new(format!(
                "the requests in flight must be 1 to {}",
                Self::MAX_IN_FLIGHT
            )));
        }
        if let Some(delays) = &self.retry_delays {
            RetryPolicy::try_new(delays.clone(), 0.0, Duration::ZERO)?;
        }
        if self.batch.is_some() && !self.format.takes_several() {
            return Err(Invalid::new(format!(
                "the format `{}` carries one event in a delivery, so it cannot be batched",
                self.format
            )));
        }
        Ok(())
    }
}

/// The options as they are stored: only what is set, durations in milliseconds.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Stored {
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_delays_ms: Option<Vec<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<(u32, u64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_in_flight: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<(u16, u64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    while_paused: Option<String>,
}

impl From<DeliveryOptions> for Stored {
    fn from(options: DeliveryOptions) -> Self {
        let default = DeliveryOptions::default();
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self {
            format: (options.format != default.format).then(|| options.format.to_string()),
            timeout_ms: options.timeout.map(millis),
            retry_delays_ms: options
                .retry_delays
                .map(|delays| delays.into_iter().map(millis).collect()),
            rate: options.rate.map(|rate| (rate.requests, millis(rate.per))),
            max_in_flight: options.max_in_flight,
            batch: options.batch.map(|batch| (batch.max_events, millis(batch.max_wait))),
            while_paused: (options.while_paused != default.while_paused)
                .then(|| options.while_paused.to_string()),
        }
    }
}

impl TryFrom<Stored> for DeliveryOptions {
    type Error = Invalid;

    fn try_from(stored: Stored) -> Result<Self, Invalid> {
        let default = Self::default();
        let text = |text: Option<String>| text.map(|text| text.parse()).transpose();
        Ok(Self {
            format: text(stored.format)?.unwrap_or(default.format),
            timeout: stored.timeout_ms.map(Duration::from_millis),
            retry_delays: stored
                .retry_delays_ms
                .map(|delays| delays.into_iter().map(Duration::from_millis).collect()),
            rate: stored
                .rate
                .map(|(requests, per)| RateLimit::try_new(requests, Duration::from_millis(per)))
                .transpose()?,
            max_in_flight: stored.max_in_flight,
            batch: stored
                .batch
                .map(|(most, wait)| Batching::try_new(most, Duration::from_millis(wait)))
                .transpose()?,
            while_paused: stored
                .while_paused
                .map(|text| text.parse())
                .transpose()?
                .unwrap_or(default.while_paused),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_survive_being_stored_and_the_defaults_take_no_room() {
        assert_eq!(serde_json::to_string(&DeliveryOptions::default()).unwrap(), "{}");
        let options = DeliveryOptions {
            format: PayloadFormat::CloudEvents,
            timeout: Some(Duration::from_secs(20)),
            retry_delays: Some(vec![Duration::from_secs(1)]),
            rate: Some(RateLimit::try_new(10, Duration::from_secs(1)).unwrap()),
            max_in_flight: Some(4),
            batch: Some(Batching::try_new(100, Duration::from_secs(10)).unwrap()),
            while_paused: WhilePaused::Discard,
        };
        let stored = serde_json::to_string(&options).unwrap();
        assert_eq!(serde_json::from_str::<DeliveryOptions>(&stored).unwrap(), options);
    }

    #[test]
    fn a_format_of_one_event_cannot_be_batched() {
        for format in PayloadFormat::ALL {
            let options = DeliveryOptions {
                format: *format,
                batch: Some(Batching::try_new(2, Duration::from_secs(1)).unwrap()),
                ..DeliveryOptions::default()
            };
            assert_eq!(options.validate().is_ok(), format.takes_several(), "{format}");
        }
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        let wrong = [
            DeliveryOptions { timeout: Some(Duration::from_mins(1)), ..DeliveryOptions::default() },
            DeliveryOptions { max_in_flight: Some(0), ..DeliveryOptions::default() },
            DeliveryOptions {
                retry_delays: Some(vec![Duration::from_hours(24 * 31)]),
                ..DeliveryOptions::default()
            },
        ];
        for options in wrong {
            assert!(options.validate().is_err(), "{options:?}");
        }
        assert!(RateLimit::try_new(0, Duration::from_secs(1)).is_err());
        assert!(Batching::try_new(1, Duration::from_secs(1)).is_err());
    }
}
