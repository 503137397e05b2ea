//! Replays as jobs.

use postrider_domain::ports::Store;
use postrider_domain::{
    BoundedCount, DeliveryId, Registration, Replay, ReplayId, ReplayQuery, ReplayState, Timestamp,
    Visibility,
};

use super::{id_at, look, seconds};

/// Everything that was settled.
pub fn everything() -> ReplayQuery {
    ReplayQuery { dead: true, delivered: true, ..ReplayQuery::default() }
}

/// A replay of a registration, made at `at` by its owner; not stored yet.
pub fn new_replay(
    registration: &Registration,
    query: ReplayQuery,
    pace: u32,
    at: Timestamp,
) -> Replay {
    Replay {
        id: id_at(at),
        registration: registration.id,
        created_by: registration.owner,
        query,
        pace,
        state: ReplayState::Running,
        matched: BoundedCount::default(),
        replayed: 0,
        created_at: at,
        finished_at: None,
    }
}

/// Stores a replay of everything that was settled.
pub async fn replay(
    store: &dyn Store,
    registration: &Registration,
    pace: u32,
    at: Timestamp,
) -> anyhow::Result<ReplayId> {
    let replay = new_replay(registration, everything(), pace, at);
    anyhow::ensure!(store.add_replay(Visibility::All, &replay).await?, "it is visible");
    Ok(replay.id)
}

/// Advances replays once a second from `from` on until nothing moves for three seconds; when that is.
pub async fn advance_all(store: &dyn Store, from: Timestamp) -> anyhow::Result<Timestamp> {
    let (mut now, mut idle) = (from, 0);
    while idle < 3 {
        now = now + seconds(1);
        idle = if store.advance_replays(now, 1000).await? == 0 { idle + 1 } else { 0 };
    }
    Ok(now)
}

/// Which of `deliveries` were replayed so often.
pub async fn replayed(
    store: &dyn Store,
    deliveries: &[DeliveryId],
    times: u16,
) -> anyhow::Result<Vec<DeliveryId>> {
    let mut replayed = Vec::new();
    for delivery in deliveries {
        if look(store, *delivery).await?.replays == times {
            replayed.push(*delivery);
        }
    }
    Ok(replayed)
}
