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
//! Among deliveries, events and attempts, what goes and what stays stand side by side; they are swept
//! (`sweeps`). The rest is deleted by its own indexes of time (`keys`). Each kind is a transaction of
//! its own, so that others get their turn to write in between.
//!
//! Nothing here waits for the disk: what a loss of power undoes is removed again. The file does not
//! become smaller: its free pages are used for what comes next.

mod keys;
mod lag;
mod sweeps;

use postrider_domain::{Removed, RetentionPolicy, Timestamp, first_id};

use crate::SqliteStore;

pub(super) use lag::lag;

/// Removes up to `limit` rows of each kind.
pub(super) async fn remove(
    store: &SqliteStore,
    policy: &RetentionPolicy,
    now: Timestamp,
    limit: u32,
) -> Result<Removed, sqlx::Error> {
    let mut removed = keys::remove(store, policy, now, limit).await?;

    let (history, dead) = (now - policy.history, now - policy.dead.max(policy.history));
    let swept = sweeps::deliveries(store, history, limit).await?;
    let buried = sweeps::dead_deliveries(store, dead, limit).await?;
    removed.deliveries += swept.removed + buried.removed;
    removed.more |= swept.more || buried.more;
    if swept.more || buried.more {
        // What depends on these deliveries is looked at once they are gone, and only once.
        return Ok(removed);
    }

    let end = first_id(history);
    for (sweep, count) in [
        (sweeps::events(store, end, limit).await?, &mut removed.events),
        (sweeps::attempts(store, end, limit).await?, &mut removed.attempts),
    ] {
        *count += sweep.removed;
        removed.more |= sweep.more;
    }
    Ok(removed)
}
