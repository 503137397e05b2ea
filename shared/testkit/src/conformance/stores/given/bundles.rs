//! Several events in one delivery.

use postrider_domain::ports::{Claimed, Store};
use postrider_domain::{Batching, DeliveryId, Registration, Timestamp};

use super::{NOW, Pending, claim, hold_all, look, pending_with, release, seconds};

/// Gives a registration batches of three, for which the first waits ten seconds.
pub fn in_threes(registration: &mut Registration) {
    registration.options.batch = Batching::try_new(3, seconds(10)).ok();
}

/// `count` deliveries that were bundled by threes at [`NOW`], as far as they fill bundles.
pub async fn bundled(store: &dyn Store, count: usize) -> anyhow::Result<Pending> {
    let pending = pending_with(store, count, in_threes).await?;
    hold_all(store, &pending.deliveries, NOW).await?;
    let released = release(store, NOW, 1000).await?;
    anyhow::ensure!(released == count as u64 / 3, "the full ones go: {released}");
    Ok(pending)
}

/// Claims the only one of `deliveries` that may be attempted, and checks that it carries the events of
/// `expected`, in this order.
pub async fn claim_bundle(
    store: &dyn Store,
    deliveries: &[DeliveryId],
    expected: &[DeliveryId],
    now: Timestamp,
) -> anyhow::Result<Claimed> {
    let mut claimed = claim(store, deliveries, now).await?;
    anyhow::ensure!(claimed.len() == 1, "one may be attempted: {claimed:?}");
    let claimed = claimed.remove(0);
    let mut events = Vec::new();
    for delivery in expected {
        events.push(look(store, *delivery).await?.event);
    }
    let carried: Vec<_> = claimed.events.iter().map(|event| event.id).collect();
    anyhow::ensure!(carried == events, "it carries {carried:?}, not {events:?}");
    Ok(claimed)
}
