//! The worker's settings.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use humantime_serde::Serde;
use postrider_batcher::Settings as BatchSettings;
use postrider_domain::{BreakerPolicy, DeliveryOptions, Invalid, RetryPolicy};
use postrider_egress::ClientSettings;
use serde::{Deserialize, Serialize};

use crate::health::HealthPolicy;
use crate::places::Limits;

/// How deliveries are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerConfig {
    /// Where `/metrics`, `/healthz` and `/readyz` are served.
    pub listen: SocketAddr,
    /// The most deliveries between claim and record at a time, and so the most requests in flight.
    pub concurrency: usize,
    /// The share of `concurrency` that retries, what was held and replays may use: the rest is always
    /// there for new deliveries.
    pub retry_share: f64,
    /// The most requests on their way to one registration at a time. A registration may lower it for
    /// itself, and has no more than a quarter of the slots that the others' requests leave.
    pub max_in_flight_per_registration: usize,
    /// How long a delivery waits for one of these places while none comes free: at a receiver that is
    /// known to be slower, twice what it usually takes, up to a second. After that what is for the
    /// registration is held until its receiver answers again, so that one that hangs keeps nobody
    /// else's deliveries waiting.
    #[serde(with = "humantime_serde")]
    pub busy_patience: Duration,
    /// The most messages taken from each of the two queues and not yet settled. Each carries many
    /// deliveries, and is settled with the last of them: with fewer messages than `concurrency`, a few
    /// slow receivers whose deliveries are spread over all of them would keep everybody's waiting.
    pub prefetch: u16,
    /// The most deliveries that one statement claims.
    pub claim_batch: usize,
    /// The most claiming statements at a time. Few make for large batches, and no wait when idle.
    pub max_concurrent_claims: usize,
    /// The most attempts that one commit records.
    pub record_batch: usize,
    /// The most recording commits at a time.
    pub max_concurrent_records: usize,
    /// How often a claim, a record or a report of how a receiver does is tried again when the store does
    /// not answer, with pauses that grow from 50 ms to 5 s. An attempt that is not recorded in the end is made again.
    pub store_retries: usize,
    /// How long a receiver has for its whole answer, body included. A registration may have its own,
    /// of up to 25 s.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// How long the connection to a receiver may take, name and TLS included.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// How long an unused connection to a receiver is kept.
    #[serde(with = "humantime_serde")]
    pub idle_timeout: Duration,
    /// How long a claimed delivery is hidden from other workers. Longer than `timeout`; the time-out of
    /// a registration is cut to 2 s less than this. After a crash of this worker it is also how long its
    /// deliveries wait.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// The delays between the attempts of a delivery; their number is that of the retries.
    pub retry_delays: Vec<Serde<Duration>>,
    /// How far a retry may be from its delay either way, as a share of it.
    pub retry_jitter: f64,
    /// The longest `Retry-After` that is honoured; a longer one counts as this.
    #[serde(with = "humantime_serde")]
    pub max_retry_after: Duration,
    /// The most bytes of an answer's body that are read; a longer one fails the attempt.
    pub max_response_bytes: usize,
    /// How far back attempts count when it is decided whether a receiver fails too often.
    #[serde(with = "humantime_serde")]
    pub breaker_window: Duration,
    /// The fewest failures of that time for which a receiver is left alone.
    pub breaker_min_failures: u32,
    /// The share of the attempts of that time that have to be failures.
    pub breaker_failure_share: f64,
    /// How long a receiver is left alone before one delivery tries whether it is back; doubles each time
    /// it is not.
    #[serde(with = "humantime_serde")]
    pub breaker_pause: Duration,
    /// The longest it is left alone.
    #[serde(with = "humantime_serde")]
    pub breaker_max_pause: Duration,
    /// After how long of nothing but failures a registration is switched off. Zero is never.
    #[serde(with = "humantime_serde")]
    pub disable_after: Option<Duration>,
    /// How often at the most an owner is told that deliveries to a registration are given up.
    #[serde(with = "humantime_serde")]
    pub tell_every: Duration,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8082)),
            concurrency: 512,
            retry_share: 0.5,
            max_in_flight_per_registration: 64,
            busy_patience: Duration::from_millis(100),
            prefetch: 512,
            claim_batch: 256,
            max_concurrent_claims: 1,
            record_batch: 256,
            max_concurrent_records: 1,
            store_retries: 8,
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
            idle_timeout: Duration::from_secs(30),
            lease: Duration::from_secs(35),
            retry_delays: [10, 60, 360].map(|delay| Serde::from(Duration::from_secs(delay))).into(),
            retry_jitter: 0.1,
            max_retry_after: Duration::from_hours(1),
            max_response_bytes: 64 * 1024,
            breaker_window: Duration::from_mins(1),
            breaker_min_failures: 10,
            breaker_failure_share: 0.5,
            breaker_pause: Duration::from_secs(30),
            breaker_max_pause: Duration::from_mins(10),
            disable_after: Some(Duration::from_hours(5 * 24)),
            tell_every: Duration::from_hours(1),
        }
    }
}

impl WorkerConfig {
    /// What is left of a lease when a request has used up the longest time-out that a registration may
    /// have: for the wait for a place, and for clocks that differ.
    const MARGIN: Duration = Duration::from_secs(2);

    /// Every problem with the values, as sentences for the operator.
    pub fn validate(&self) -> Vec<String> {
        let counts: [(&str, usize); 8] = [
            ("concurrency", self.concurrency),
            ("max_in_flight_per_registration", self.max_in_flight_per_registration),
            ("prefetch", self.prefetch.into()),
            ("claim_batch", self.claim_batch),
            ("max_concurrent_claims", self.max_concurrent_claims),
            ("record_batch", self.record_batch),
            ("max_concurrent_records", self.max_concurrent_records),
            ("breaker_min_failures", usize::try_from(self.breaker_min_failures).unwrap_or(1)),
        ];
        let durations = [
            ("timeout", self.timeout),
            ("connect_timeout", self.connect_timeout),
            ("busy_patience", self.busy_patience),
            ("breaker_window", self.breaker_window),
            ("breaker_pause", self.breaker_pause),
        ];
        let shares = [
            ("retry_share", self.retry_share),
            ("breaker_failure_share", self.breaker_failure_share),
        ];

        let zero = counts.iter().filter(|(_, count)| *count == 0);
        let mut problems: Vec<String> =
            zero.map(|(name, _)| format!("`{name}` must be at least 1")).collect();
        let zero = durations.iter().filter(|(_, duration)| duration.is_zero());
        problems.extend(zero.map(|(name, _)| format!("`{name}` must be longer than zero")));
        let outside = shares.iter().filter(|(_, share)| !(*share > 0.0 && *share <= 1.0));
        problems.extend(
            outside.map(|(name, _)| format!("`{name}` must be more than 0, and 1 at the most")),
        );
        if self.lease <= self.timeout {
            problems.push(
                "`lease` must be longer than `timeout`, or two workers would send the same delivery"
                    .into(),
            );
        }
        if self.breaker_max_pause < self.breaker_pause {
            problems.push("`breaker_max_pause` must not be shorter than `breaker_pause`".into());
        }
        problems.extend(self.retry_policy().err().map(|invalid| invalid.to_string()));
        problems
    }

    /// How long an attempt may take. A registration cannot have more than a lease has room for.
    pub(crate) fn timeout_of(&self, options: &DeliveryOptions) -> Duration {
        let longest = self.lease.saturating_sub(Self::MARGIN);
        options.timeout.map_or(self.timeout, |own| own.min(longest))
    }

    pub(crate) fn place_limits(&self) -> Limits {
        Limits {
            slots: self.concurrency,
            cap: self.max_in_flight_per_registration,
            patience: self.busy_patience,
        }
    }

    pub(crate) fn health_policy(&self) -> HealthPolicy {
        HealthPolicy {
            window: self.breaker_window,
            min_failures: self.breaker_min_failures,
            failure_share: self.breaker_failure_share,
            told_for: self.lease,
            breaker: BreakerPolicy {
                pause: self.breaker_pause,
                max_pause: self.breaker_max_pause,
                disable_after: self.disable_after.filter(|after| !after.is_zero()),
                tell_every: self.tell_every,
            },
        }
    }

    /// What the client for these settings is made with.
    pub fn client_settings(&self) -> ClientSettings {
        ClientSettings {
            timeout: self.timeout,
            connect_timeout: self.connect_timeout,
            max_idle_per_host: self.max_in_flight_per_registration,
            idle_timeout: self.idle_timeout,
        }
    }

    pub(crate) fn retry_policy(&self) -> Result<RetryPolicy, Invalid> {
        let delays: Vec<_> = self.retry_delays.iter().map(|delay| delay.into_inner()).collect();
        self.retry_policy_of(&delays)
    }

    /// The policy of a registration that has delays of its own.
    pub(crate) fn retry_policy_of(&self, delays: &[Duration]) -> Result<RetryPolicy, Invalid> {
        RetryPolicy::try_new(delays.to_vec(), self.retry_jitter, self.max_retry_after)
    }

    pub(crate) fn claims(&self) -> BatchSettings {
        BatchSettings { max_weight: self.claim_batch, max_in_flight: self.max_concurrent_claims }
    }

    pub(crate) fn records(&self) -> BatchSettings {
        BatchSettings { max_weight: self.record_batch, max_in_flight: self.max_concurrent_records }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_make_sense_and_retry_as_the_domain_does() {
        let config = WorkerConfig::default();
        assert_eq!(config.validate(), Vec::<String>::new());
        assert_eq!(config.retry_policy().unwrap(), RetryPolicy::default());
    }

    #[test]
    fn every_problem_is_told() {
        let config = WorkerConfig {
            concurrency: 0,
            prefetch: 0,
            timeout: Duration::from_secs(35),
            busy_patience: Duration::ZERO,
            retry_share: 0.0,
            retry_jitter: 2.0,
            breaker_failure_share: f64::NAN,
            breaker_max_pause: Duration::from_secs(1),
            ..WorkerConfig::default()
        };
        assert_eq!(config.validate().len(), 8, "{:?}", config.validate());
    }

    #[test]
    fn the_lease_has_room_for_the_longest_time_out_of_a_registration_or_cuts_it() {
        let longest = DeliveryOptions {
            timeout: Some(DeliveryOptions::MAX_TIMEOUT),
            ..DeliveryOptions::default()
        };
        let config = WorkerConfig::default();
        assert_eq!(config.timeout_of(&longest), DeliveryOptions::MAX_TIMEOUT);
        assert_eq!(config.timeout_of(&DeliveryOptions::default()), config.timeout);
        let short = WorkerConfig { lease: Duration::from_secs(10), ..config };
        assert_eq!(short.timeout_of(&longest), Duration::from_secs(8));
    }

    #[test]
    fn zero_days_of_failures_switch_nothing_off() {
        let config: WorkerConfig = serde_json::from_str(r#"{"disable_after": "0s"}"#).unwrap();
        assert_eq!(config.health_policy().breaker.disable_after, None);
        assert_eq!(WorkerConfig::default().health_policy().breaker, BreakerPolicy::default());
    }

    #[test]
    fn durations_are_written_as_people_write_them() {
        let written = serde_json::to_value(WorkerConfig::default()).unwrap();
        assert_eq!(written["timeout"], "5s");
        assert_eq!(written["retry_delays"], serde_json::json!(["10s", "1m", "6m"]));
        assert_eq!(
            serde_json::from_value::<WorkerConfig>(written).unwrap(),
            WorkerConfig::default()
        );
    }
}
