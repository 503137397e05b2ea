//! A worker that runs, and what its metrics say.

use std::time::Duration;

use postrider_domain::DeliveryId;
use postrider_domain::ports::{QueueError, Verdict};
use prometheus::Registry;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::hand::Hand;

/// A worker, and what the test keeps of it.
pub(crate) struct RunningWorker<F> {
    /// New deliveries.
    pub(crate) hand: F,
    /// Deliveries that come again.
    pub(crate) retries: F,
    pub(crate) shutdown: CancellationToken,
    pub(crate) task: JoinHandle<Result<(), QueueError>>,
    pub(crate) registry: Registry,
}

impl RunningWorker<Hand> {
    /// Sends a message and waits until it is settled.
    pub(crate) async fn deliver(&self, deliveries: &[DeliveryId]) -> Verdict {
        self.hand.send(deliveries).only().await
    }

    /// The same through the queue of those that come again.
    pub(crate) async fn deliver_again(&self, deliveries: &[DeliveryId]) -> Verdict {
        self.retries.send(deliveries).only().await
    }
}

impl<F> RunningWorker<F> {
    /// Waits until so many requests are on their way, or about to be.
    pub(crate) async fn until_in_flight(&self, count: i64) {
        let enough = async {
            while self.gauge("postrider_requests_in_flight") < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), enough).await.expect("they begin");
    }

    /// The gauge `name`.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a gauge of things is exported as a number with a fraction, which is zero"
    )]
    pub(crate) fn gauge(&self, name: &str) -> i64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name).expect("a known metric");
        family.get_metric()[0].get_gauge().get_value() as i64
    }

    /// The counter `name`, or the sum of its series whose label is `label`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a counter of things is exported as a number with a fraction, which is zero"
    )]
    pub(crate) fn counter(&self, name: &str, label: &str) -> u64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name).expect("a known metric");
        family
            .get_metric()
            .iter()
            .filter(|metric| metric.get_label().iter().all(|pair| pair.value() == label))
            .map(|metric| metric.get_counter().get_value() as u64)
            .sum()
    }
}
