//! What cases start from: received webhooks at any stage.

use anyhow::Context;
use postrider_domain::inbox::{
    AfterRun, Ended, HandlerRun, HeaderList, InboxItem, ReceivedRequest, ReceiverAddress,
    RunOutcome,
};
use postrider_domain::ports::{
    ClaimedInbox, InboxClaim, InboxReport, InboxStore, Lease, RecordedRun,
};
use postrider_domain::{InboxId, LeaseToken, Timestamp};

pub use crate::conformance::stores::given::{NOW, RESCUE_AT, every_page, id, id_at, seconds};

/// How a run ends that failed.
pub fn failed() -> RunOutcome {
    RunOutcome::Failed("the database is away".into())
}

/// A webhook without a key that was received at some time; not stored yet.
pub fn item_at(at: Timestamp) -> InboxItem {
    InboxItem {
        id: id_at(at),
        address: ReceiverAddress::new("github", "org1"),
        actions: vec!["push".into()],
        dedupe_key: None,
        received_at: at,
        request: ReceivedRequest {
            method: "POST".into(),
            query: String::new(),
            headers: HeaderList::from_iter([("x-github-event", "push")]),
            body: "{}".into(),
        },
    }
}

/// A webhook without a key that was received at [`NOW`]; not stored yet.
pub fn item() -> InboxItem {
    item_at(NOW)
}

/// The same with a key.
pub fn keyed(key: &str) -> InboxItem {
    InboxItem { dedupe_key: Some(key.into()), ..item() }
}

/// Stores items, in their order, and returns their ids.
pub async fn accept(store: &dyn InboxStore, items: &[InboxItem]) -> anyhow::Result<Vec<InboxId>> {
    store.accept(items, RESCUE_AT).await?;
    Ok(items.iter().map(|item| item.id).collect())
}

/// Stores one that was received at [`NOW`].
pub async fn pending(store: &dyn InboxStore) -> anyhow::Result<InboxId> {
    Ok(accept(store, &[item()]).await?[0])
}

/// Stores some that were received at [`NOW`].
pub async fn pending_of(store: &dyn InboxStore, count: usize) -> anyhow::Result<Vec<InboxId>> {
    accept(store, &(0..count).map(|_| item()).collect::<Vec<_>>()).await
}

/// A lease of its own for thirty seconds.
pub fn lease(now: Timestamp) -> Lease {
    Lease { token: id(), until: now + seconds(30) }
}

/// Claims items that are wanted at `now`, and can be read, for thirty seconds.
pub async fn claim(
    store: &dyn InboxStore,
    items: &[InboxId],
    now: Timestamp,
) -> anyhow::Result<Vec<ClaimedInbox>> {
    claim_with(store, items, lease(now), now).await
}

/// The same under a lease that is given.
async fn claim_with(
    store: &dyn InboxStore,
    items: &[InboxId],
    lease: Lease,
    now: Timestamp,
) -> anyhow::Result<Vec<ClaimedInbox>> {
    let InboxClaim { items, unreadable } = store.claim_inbox(items, lease, now, now).await?;
    anyhow::ensure!(unreadable.is_empty(), "all can be read");
    Ok(items)
}

/// Claims one, which can be claimed, for thirty seconds.
pub async fn take(
    store: &dyn InboxStore,
    item: InboxId,
    now: Timestamp,
) -> anyhow::Result<(LeaseToken, ClaimedInbox)> {
    let lease = lease(now);
    let claimed = claim_with(store, &[item], lease, now).await?;
    Ok((lease.token, claimed.into_iter().next().context("it can be claimed")?))
}

/// A run of a handler that took a second from [`NOW`] on.
pub fn run(
    item: InboxId,
    token: LeaseToken,
    (number, handler): (u32, &str),
    outcome: RunOutcome,
    after: AfterRun,
) -> RecordedRun {
    let run = HandlerRun {
        handler: handler.into(),
        number,
        started_at: NOW,
        ended_at: NOW + seconds(1),
        outcome,
    };
    RecordedRun { item, run, after, token }
}

/// The run with which a chain of one handler ends.
pub fn last(item: InboxId, token: LeaseToken, ended: Ended) -> RecordedRun {
    let outcome = match ended {
        Ended::Processed => RunOutcome::Done,
        Ended::Dead => failed(),
    };
    run(item, token, (1, "store"), outcome, AfterRun::End(ended))
}

/// Has an item that was never run end, a second after [`NOW`].
pub async fn end(store: &dyn InboxStore, item: InboxId, ended: Ended) -> anyhow::Result<()> {
    let (token, _) = take(store, item, NOW).await?;
    anyhow::ensure!(store.record_run(&last(item, token, ended)).await?, "its lease holds");
    Ok(())
}

/// One that is over.
pub async fn ended(store: &dyn InboxStore, ended: Ended) -> anyhow::Result<InboxId> {
    let item = pending(store).await?;
    end(store, item, ended).await?;
    Ok(item)
}

/// All that is known of an item, which is there.
pub async fn look(store: &dyn InboxStore, item: InboxId) -> anyhow::Result<InboxReport> {
    store.find_inbox(item).await?.context("it is there")
}
