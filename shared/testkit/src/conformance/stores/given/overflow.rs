//! What is held beyond what may be.

use postrider_domain::ports::{Overflow, Store};
use postrider_domain::{HoldPolicy, Timestamp};

use super::ids;

/// Gives up what is too much, so many deliveries in a call, until nothing is left to look at; what
/// each call gave up.
pub async fn give_up_all(
    store: &dyn Store,
    policy: &HoldPolicy,
    now: Timestamp,
    limit: u32,
) -> anyhow::Result<Vec<Vec<Overflow>>> {
    let (mut left, mut calls) = (store.find_overflow(policy, now).await?, Vec::new());
    while !left.is_empty() {
        anyhow::ensure!(calls.len() < 1000, "it does not come to an end: {left:?}");
        let progress = store.give_up_overflow(&left, policy, &ids(now), now, limit).await?;
        calls.push(progress.given_up);
        left = progress.left;
    }
    Ok(calls)
}

/// Gives up what is too much with one look and one call.
pub async fn give_up(
    store: &dyn Store,
    policy: &HoldPolicy,
    now: Timestamp,
) -> anyhow::Result<Vec<Overflow>> {
    let overfull = store.find_overflow(policy, now).await?;
    let progress = store.give_up_overflow(&overfull, policy, &ids(now), now, 1000).await?;
    anyhow::ensure!(progress.left.is_empty(), "there is room for them all: {progress:?}");
    Ok(progress.given_up)
}
