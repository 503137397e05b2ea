//! The worker's settings.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use humantime_serde::Serde;
use postrider_batcher::Settings as BatchSettings;
use postrider_domain::{Invalid, RetryPolicy};
use postrider_egress::ClientSettings;
use serde::{Deserialize, Serialize};

/// How deliveries are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerConfig {
    /// Where `/metrics`, `/healthz` and `/readyz` are served.
    pub listen: SocketAddr,
    /// The most deliveries between claim and record at a time, and so the most requests in flight.
    pub concurrency: usize,
    /// The most messages taken from the queue and not yet settled. Each carries many deliveries; what
    /// this worker has taken, no other one can.
    pub prefetch: u16,
    /// The most deliveries that one statement claims.
    pub claim_batch: usize,
    /// The most claiming statements at a time. Few make for large batches, and no wait when idle.
    pub max_concurrent_claims: usize,
    /// The most attempts that one commit records.
    pub record_batch: usize,
    /// The most recording commits at a time.
    pub max_concurrent_records: usize,
    /// How often a claim or a record is tried again when the store does not answer, with pauses that
    /// grow from 50 ms to 5 s. An attempt that is not recorded in the end is made again.
    pub store_retries: usize,
    /// How long a receiver has for its whole answer, body included.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// How long the connection to a receiver may take, name and TLS included.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// How long an unused connection to a receiver is kept.
    #[serde(with = "humantime_serde")]
    pub idle_timeout: Duration,
    /// How long a claimed delivery is hidden from other workers. Longer than `timeout`; after a crash
    /// of this worker it is also how long its deliveries wait.
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
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8082)),
            concurrency: 512,
            prefetch: 16,
            claim_batch: 256,
            max_concurrent_claims: 1,
            record_batch: 256,
            max_concurrent_records: 1,
            store_retries: 8,
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
            idle_timeout: Duration::from_secs(30),
            lease: Duration::from_secs(30),
            retry_delays: [10, 60, 360].map(|delay| Serde::from(Duration::from_secs(delay))).into(),
            retry_jitter: 0.1,
            max_retry_after: Duration::from_hours(1),
            max_response_bytes: 64 * 1024,
        }
    }
}

impl WorkerConfig {
    /// Every problem with the values, as sentences for the operator.
    pub fn validate(&self) -> Vec<String> {
        let mut problems: Vec<String> = [
            ("concurrency", self.concurrency),
            ("prefetch", self.prefetch.into()),
            ("claim_batch", self.claim_batch),
            ("max_concurrent_claims", self.max_concurrent_claims),
            ("record_batch", self.record_batch),
            ("max_concurrent_records", self.max_concurrent_records),
        ]
        .into_iter()
        .filter(|(_, value)| *value == 0)
        .map(|(name, _)| format!("`{name}` must be at least 1"))
        .collect();

        if self.timeout.is_zero() || self.connect_timeout.is_zero() {
            problems.push("`timeout` and `connect_timeout` must be longer than zero".into());
        }
        if self.lease <= self.timeout {
            problems.push(
                "`lease` must be longer than `timeout`, or two workers would send the same delivery"
                    .into(),
            );
        }
        problems.extend(self.retry_policy().err().map(|invalid| invalid.to_string()));
        problems
    }

    /// What the client for these settings is made with.
    pub fn client_settings(&self) -> ClientSettings {
        ClientSettings {
            timeout: self.timeout,
            connect_timeout: self.connect_timeout,
            max_idle_per_host: self.concurrency,
            idle_timeout: self.idle_timeout,
        }
    }

    pub(crate) fn retry_policy(&self) -> Result<RetryPolicy, Invalid> {
        let delays = self.retry_delays.iter().map(|delay| delay.into_inner()).collect();
        RetryPolicy::try_new(delays, self.retry_jitter, self.max_retry_after)
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
            timeout: Duration::from_secs(30),
            retry_jitter: 2.0,
            ..WorkerConfig::default()
        };
        assert_eq!(config.validate().len(), 4, "{:?}", config.validate());
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
