//! How a registration wants its deliveries, as its owner wrote it.

use std::time::Duration;

use postrider_domain::{
    Authentication, Batching, ClientTls, Condition, DeliveryOptions, Invalid, PayloadFormat,
    RateLimit, Registration, RetryPolicy, Timestamp, WhilePaused,
};
use serde::{Deserialize, Serialize, Serializer};

use super::credentials::{DraftAuthentication, DraftTls, check_authentication, check_tls};
use super::{Change, Member, Problems};

/// A number of seconds as clients write it; kept to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Seconds(f64);

impl Seconds {
    fn duration(self) -> Result<Duration, Invalid> {
        let exact = Duration::try_from_secs_f64(self.0).map_err(|_| {
            Invalid::new(format!("{} is not a number of seconds from now on", self.0))
        })?;
        // Stores keep milliseconds.
        let millis = (exact + Duration::from_micros(500)).as_millis();
        Ok(Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX)))
    }
}

impl From<Duration> for Seconds {
    fn from(duration: Duration) -> Self {
        Self(duration.as_secs_f64())
    }
}

impl Serialize for Seconds {
    /// Whole seconds without a fraction.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole =
            Duration::try_from_secs_f64(self.0).ok().filter(|time| time.subsec_nanos() == 0);
        match whole {
            Some(whole) => serializer.serialize_u64(whole.as_secs()),
            None => serializer.serialize_f64(self.0),
        }
    }
}

/// A rate as it was written: requests, and in how long.
pub(crate) type DraftRate = (u32, Seconds);
/// A batch as it was written: events, and how long the first one waits.
pub(crate) type DraftBatch = (u16, Seconds);

/// Whether a draft sets another secret than the one that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretChange {
    Same,
    Another,
}

/// What only the native dialect knows. Others keep it.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) format: Change<Option<PayloadFormat>>,
    pub(crate) timeout: Change<Option<Seconds>>,
    pub(crate) retry_delays: Change<Option<Vec<Seconds>>>,
    pub(crate) rate: Change<Option<DraftRate>>,
    pub(crate) max_in_flight: Change<Option<u16>>,
    pub(crate) batch: Change<Option<DraftBatch>>,
    pub(crate) while_paused: Change<Option<WhilePaused>>,
    pub(crate) condition: Change<Option<String>>,
    pub(crate) secret_expires_at: Change<Option<String>>,
    pub(crate) authentication: Change<Option<DraftAuthentication>>,
    pub(crate) tls: Change<Option<DraftTls>>,
}

/// Settings whose members are each in order.
pub(super) struct CheckedSettings {
    pub(super) options: DeliveryOptions,
    pub(super) condition: Option<Condition>,
    pub(super) secret_expires_at: Change<Option<Timestamp>>,
    pub(super) authentication: Option<Authentication>,
    pub(super) tls: Option<ClientTls>,
}

impl Settings {
    /// Checks every member, those of `current` being what is kept.
    pub(super) fn check(
        self,
        current: Option<&Registration>,
        secret: SecretChange,
        now: Timestamp,
        problems: &mut Problems,
    ) -> CheckedSettings {
        let default = DeliveryOptions::default();
        let kept = current.map_or(&default, |current| &current.options);
        let credentials = current.map(|current| &current.credentials);
        let authentication = credentials.and_then(|known| known.authentication.as_ref());
        let tls = credentials.and_then(|known| known.tls.as_ref());
        let delays = kept.retry_delays.clone();
        let options = DeliveryOptions {
            format: self.format.or(Some(kept.format)).unwrap_or(default.format),
            timeout: problems.read(Member::Timeout, self.timeout, kept.timeout, check_timeout),
            retry_delays: problems.read(
                Member::RetryDelays,
                self.retry_delays,
                delays,
                check_delays,
            ),
            rate: problems.read(Member::RateLimit, self.rate, kept.rate, |(requests, per)| {
                RateLimit::try_new(requests, per.duration()?)
            }),
            max_in_flight: problems.read(
                Member::MaxInFlight,
                self.max_in_flight,
                kept.max_in_flight,
                check_max_in_flight,
            ),
            batch: problems.read(Member::Batch, self.batch, kept.batch, |(events, wait)| {
                Batching::try_new(events, wait.duration()?)
            }),
            while_paused: self
                .while_paused
                .or(Some(kept.while_paused))
                .unwrap_or(default.while_paused),
        };
        // Every member is in range by itself, so that this is about batch and format.
        problems.keep(Member::Batch, options.validate());
        let condition = current.and_then(|current| current.condition.clone());
        let expires_at = current.and_then(|current| current.secret_expires_at);
        CheckedSettings {
            options,
            condition: problems
                .read(Member::Condition, self.condition, condition, |text| text.parse()),
            secret_expires_at: match self.secret_expires_at {
                Change::Keep => Change::Keep,
                Change::To(text) => {
                    let read = |text: String| check_expiry(&text, expires_at, secret, now);
                    let checked = text.map(read).transpose();
                    let checked = problems.keep(Member::SecretExpiresAt, checked);
                    Change::To(checked.flatten().flatten())
                }
            },
            authentication: check_authentication(self.authentication, authentication, problems),
            tls: check_tls(self.tls, tls, problems),
        }
    }
}

fn check_timeout(timeout: Seconds) -> Result<Duration, Invalid> {
    let timeout = timeout.duration()?;
    let alone = DeliveryOptions { timeout: Some(timeout), ..DeliveryOptions::default() };
    alone.validate().map(|()| timeout)
}

fn check_delays(delays: Vec<Seconds>) -> Result<Vec<Duration>, Invalid> {
    let delays = delays.into_iter().map(Seconds::duration).collect::<Result<Vec<_>, _>>()?;
    RetryPolicy::try_new(delays.clone(), 0.0, Duration::ZERO).map(|_| delays)
}

fn check_max_in_flight(most: u16) -> Result<u16, Invalid> {
    let alone = DeliveryOptions { max_in_flight: Some(most), ..DeliveryOptions::default() };
    alone.validate().map(|()| most)
}

/// Reads when the secret is no longer to be used. A time that has passed is refused unless it is the
/// one that is stored: whoever writes back what was read means no change. It was that of the secret
/// that is stored, so that with another one it ends.
fn check_expiry(
    text: &str,
    current: Option<Timestamp>,
    secret: SecretChange,
    now: Timestamp,
) -> Result<Option<Timestamp>, Invalid> {
    let time: Timestamp = text.parse()?;
    if time > now {
        return Ok(Some(time));
    }
    if current != Some(time) {
        return Err(Invalid::new(format!("`{text}` has passed")));
    }
    Ok((secret == SecretChange::Same).then_some(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_kept_to_the_millisecond_and_written_as_short_as_can_be() {
        for (written, millis, shown) in
            [("5", 5_000, "5"), ("1.5", 1_500, "1.5"), ("0.0014", 1, "0.001"), ("2.0", 2_000, "2")]
        {
            let seconds: Seconds = serde_json::from_str(written).unwrap();
            let duration = seconds.duration().unwrap();
            assert_eq!(duration, Duration::from_millis(millis), "{written}");
            let again = serde_json::to_string(&Seconds::from(duration)).unwrap();
            assert_eq!(again, shown, "{written}");
        }
        for wrong in ["-1", "1e300"] {
            let seconds: Seconds = serde_json::from_str(wrong).unwrap();
            assert!(seconds.duration().is_err(), "{wrong}");
        }
    }
}
