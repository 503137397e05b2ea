//! Removing what is too old.
//!
//! # Theory of operation
//!
//! The age of events and attempts is that of their ids; that of a delivery begins when it is settled,
//! and again when it is settled anew: it may have been held for weeks, or sent again. A delivery goes
//! when it was delivered too long ago, or given up far too long ago. Its attempts and its event
//! follow: an attempt goes when its delivery has gone, an event when the last of its deliveries has.
//! So what is kept on purpose needs no list of its own, and nothing goes before what depends on it.
//!
//! Days of events and attempts go as partitions (`days`), with what is to be kept of them moved to the
//! default partition. There, and among the deliveries, what goes and what stays stand side by side;
//! they are swept (`sweeps`). The rest is deleted by its own indexes of time (`keys`).
//!
//! Nothing here waits for the disk: what a crash undoes is removed again.

mod days;
mod keys;
mod lag;
mod sweeps;

use postrider_domain::{Removed, RetentionPolicy, Timestamp, first_id};

use crate::PostgresStore;

pub(super) use lag::lag;

/// Removes up to `limit` rows of each kind, and the days that are too old.
pub(super) async fn remove(
    store: &PostgresStore,
    policy: &RetentionPolicy,
    now: Timestamp,
    limit: u32,
) -> Result<Removed, sqlx::Error> {
    let mut removed = keys::remove(&store.relaxed, policy, now, limit).await?;

    let (history, dead) = (now - policy.history, now - policy.dead.max(policy.history));
    let swept = sweeps::deliveries(&store.relaxed, history, limit).await?;
    let buried = sweeps::dead_deliveries(&store.relaxed, dead, limit).await?;
    removed.deliveries += swept.removed + buried.removed;
    removed.more |= swept.more || buried.more;
    if swept.more || buried.more {
        // What depends on these deliveries is looked at once they are gone, and only once.
        return Ok(removed);
    }

    removed.partitions = days::drop_expired(&store.durable, history).await?;
    let end = first_id(history);
    for (sweep, count) in [
        (sweeps::events(&store.relaxed, end, limit).await?, &mut removed.events),
        (sweeps::attempts(&store.relaxed, end, limit).await?, &mut removed.attempts),
    ] {
        *count += sweep.removed;
        removed.more |= sweep.more;
    }
    Ok(removed)
}
