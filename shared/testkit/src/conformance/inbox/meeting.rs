//! Processes that meet in the same database. Two stores share nothing but the database, as two
//! processes would.

use std::collections::HashSet;

use futures_util::future::try_join_all;
use postrider_domain::inbox::InboxItem;
use postrider_domain::ports::{Accepted, InboxFilter, InboxStore, Store};

use super::CaseResult;
use super::given::{self, NOW, RESCUE_AT};
use crate::conformance::stores::given as sending;
use crate::databases::Database;

/// The same keys in a batch of its own, beginning at another place.
fn batch(keys: usize, first: usize) -> Vec<InboxItem> {
    (0..keys).map(|place| given::keyed(&format!("key {}", (place + first) % keys))).collect()
}

pub async fn of_the_same_keys_accepted_at_once_each_is_stored_once(
    database: &dyn Database,
) -> CaseResult {
    const KEYS: usize = 40;
    let (one, other) = (database.inbox().await, database.open_inbox().await);
    let stores: [&dyn InboxStore; 2] = [&*one, &*other];
    let batches: Vec<_> = (0..8).map(|place| batch(KEYS, place * 5)).collect();
    let calls = batches.iter().zip(stores.iter().cycle());
    let outcomes = try_join_all(calls.map(|(batch, store)| store.accept(batch, RESCUE_AT))).await?;

    let mut kept = HashSet::new();
    let mut named = HashSet::new();
    for (item, outcome) in batches.iter().flatten().zip(outcomes.into_iter().flatten()) {
        match outcome {
            Accepted::Stored => assert!(kept.insert(item.id)),
            Accepted::Duplicate(id) => _ = named.insert(id),
        }
    }
    assert_eq!(kept.len(), KEYS);
    assert_eq!(named, kept);
    let all = InboxFilter::default();
    let listed = given::every_page(100, |page| one.list_inbox(&all, page)).await?;
    assert_eq!(listed.len(), KEYS);
    assert!(listed.iter().all(|report| report.duplicates == 7));
    Ok(())
}

pub async fn workers_of_two_processes_never_claim_the_same_webhook(
    database: &dyn Database,
) -> CaseResult {
    let (one, other) = (database.inbox().await, database.open_inbox().await);
    let items = given::pending_of(&*one, 60).await?;
    let claimed = try_join_all(
        [&one, &other, &one, &other].map(async |store| given::claim(&**store, &items, NOW).await),
    )
    .await?;
    let mut claimed: Vec<_> =
        claimed.into_iter().flatten().map(|claimed| claimed.item.id).collect();
    claimed.sort_unstable();
    assert_eq!(claimed, items);
    Ok(())
}

pub async fn what_comes_in_and_what_goes_out_are_written_at_the_same_time_by_one_process(
    database: &dyn Database,
) -> CaseResult {
    come_and_go(&*database.inbox().await, &*database.store()).await
}

pub async fn what_comes_in_and_what_goes_out_are_written_at_the_same_time_by_two_processes(
    database: &dyn Database,
) -> CaseResult {
    database.inbox().await;
    come_and_go(&*database.open_inbox().await, &*database.store()).await
}

async fn come_and_go(inbox: &dyn InboxStore, store: &dyn Store) -> CaseResult {
    let coming = async {
        for _ in 0..50 {
            given::pending(inbox).await?;
        }
        anyhow::Ok(())
    };
    let going = async {
        for _ in 0..50 {
            sending::event(store).await?;
        }
        anyhow::Ok(())
    };
    futures_util::future::try_join(coming, going).await?;
    assert_eq!(inbox.inbox_backlog(NOW).await?.wanted, 50);
    assert_eq!(store.backlog(NOW).await?.undispatched, 50);
    Ok(())
}
