//! Deliveries at any stage, and the attempts that lead from one to the next.

use std::time::Duration;

use anyhow::Context;
use postrider_domain::ports::{Claimed, DeliveryFilter, DeliveryReport, Lease, Recorded, Store};
use postrider_domain::{
    Access, Attempt, AttemptId, AttemptOutcome, Delivery, DeliveryId, FailureCause, LeaseToken,
    PageRequest, Registration, ResourceScope, Settlement, Timestamp, Timings, Visibility,
};
use uuid::Uuid;

use super::{NOW, accept, add, event_at, grant, id, id_at, new_registration, pause, seconds, user};

/// A registration, and deliveries on their way to it.
#[derive(Debug)]
pub struct Pending {
    /// Where to.
    pub registration: Registration,
    /// The deliveries, oldest first.
    pub deliveries: Vec<DeliveryId>,
}

impl Pending {
    /// The only or the oldest delivery.
    pub fn delivery(&self) -> DeliveryId {
        self.deliveries[0]
    }
}

/// One delivery that may be attempted at [`NOW`].
pub async fn pending(store: &dyn Store) -> anyhow::Result<Pending> {
    pending_of(store, 1).await
}

/// `count` deliveries of one registration that may be attempted at [`NOW`]. Their resource is one
/// that only its owner may read, so that no other registration gets a delivery of them.
pub async fn pending_of(store: &dyn Store, count: usize) -> anyhow::Result<Pending> {
    pending_with(store, count, |_| ()).await
}

/// `count` deliveries, as [`pending_of`] has them, of a registration that is changed before it is
/// stored.
pub async fn pending_with(
    store: &dyn Store,
    count: usize,
    change: impl FnOnce(&mut Registration),
) -> anyhow::Result<Pending> {
    let owner = user(store, &format!("user {}", id::<Uuid>())).await?;
    let mut registration = new_registration(owner)?;
    change(&mut registration);
    add(store, &registration).await?;
    let deliveries = more(store, &registration, count).await?;
    Ok(Pending { registration, deliveries })
}

/// `count` more deliveries of a registration, made at [`NOW`], of events that no other registration
/// but those of its owner gets.
pub async fn more(
    store: &dyn Store,
    registration: &Registration,
    count: usize,
) -> anyhow::Result<Vec<DeliveryId>> {
    more_at(store, registration, count, NOW).await
}

/// `count` more deliveries of a registration, as [`more`] has them, made at `at`.
pub async fn more_at(
    store: &dyn Store,
    registration: &Registration,
    count: usize,
    at: Timestamp,
) -> anyhow::Result<Vec<DeliveryId>> {
    let resource = id::<Uuid>().to_string();
    let scope = ResourceScope::One(resource.clone());
    grant(store, registration.owner, "reports", scope, Access::READ).await?;
    let events: Vec<_> =
        (0..count).map(|_| event_at(at, "reports", &resource)).collect::<Result<_, _>>()?;
    let events = accept(store, &events).await?;
    let dispatched = store.dispatch_events(&events, at, at + seconds(60)).await?;
    anyhow::ensure!(dispatched.created.len() >= count, "it gets them");
    Ok(events.into_iter().map(|event| DeliveryId::derive(event, registration.id)).collect())
}

/// Settles a delivery that may be attempted at `now`.
pub async fn settle(
    store: &dyn Store,
    delivery: DeliveryId,
    settlement: Settlement,
    now: Timestamp,
) -> anyhow::Result<()> {
    let token = take(store, delivery, now).await?;
    let mut recorded = match settlement {
        Settlement::Delivered => success(delivery, 1, token),
        other => failure(delivery, 1, token, other),
    };
    recorded.attempt.id = id_at(now);
    recorded.attempt.started_at = now;
    Ok(store.record_attempts(&[recorded], now).await?)
}

/// One delivery that is held, and its registration, which is paused.
pub async fn held(store: &dyn Store) -> anyhow::Result<Pending> {
    held_of(store, 1).await
}

/// `count` deliveries that are held for one registration.
pub async fn held_of(store: &dyn Store, count: usize) -> anyhow::Result<Pending> {
    let Pending { registration, deliveries } = pending_of(store, count).await?;
    let registration = pause(store, &registration).await?;
    anyhow::ensure!(claim(store, &deliveries, NOW).await?.is_empty(), "it is paused");
    Ok(Pending { registration, deliveries })
}

/// One delivery that the receiver has got at [`NOW`].
pub async fn delivered(store: &dyn Store) -> anyhow::Result<Pending> {
    let pending = pending(store).await?;
    let token = take(store, pending.delivery(), NOW).await?;
    store.record_attempts(&[success(pending.delivery(), 1, token)], NOW).await?;
    Ok(pending)
}

/// A lease of half a minute from `now`, with a token of its own.
pub fn lease(now: Timestamp) -> Lease {
    Lease { token: id(), until: now + seconds(30) }
}

/// Claims deliveries for half a minute.
pub async fn claim(
    store: &dyn Store,
    deliveries: &[DeliveryId],
    now: Timestamp,
) -> anyhow::Result<Vec<Claimed>> {
    Ok(store.claim_deliveries(deliveries, &[], lease(now), now).await?)
}

/// Claims one delivery, and returns the token of its lease.
pub async fn take(
    store: &dyn Store,
    delivery: DeliveryId,
    now: Timestamp,
) -> anyhow::Result<LeaseToken> {
    let lease = lease(now);
    let claimed = store.claim_deliveries(&[delivery], &[], lease, now).await?;
    anyhow::ensure!(claimed.len() == 1, "the delivery may be attempted");
    Ok(lease.token)
}

/// An attempt that began at [`NOW`] and took 20 ms.
pub fn attempt(delivery: DeliveryId, number: u16, outcome: AttemptOutcome) -> Attempt {
    Attempt {
        id: id::<AttemptId>(),
        delivery,
        number,
        started_at: NOW,
        duration: Duration::from_micros(20_001),
        timings: Timings::default(),
        replay: 0,
        request: None,
        outcome,
        response: None,
        worker: "worker-1".into(),
    }
}

/// An attempt that was answered with 204.
pub fn success(delivery: DeliveryId, number: u16, token: LeaseToken) -> Recorded {
    Recorded {
        attempt: attempt(delivery, number, AttemptOutcome::Succeeded { status: 204 }),
        settlement: Settlement::Delivered,
        token,
    }
}

/// An attempt that was answered with 503, and what follows.
pub fn failure(
    delivery: DeliveryId,
    number: u16,
    token: LeaseToken,
    settlement: Settlement,
) -> Recorded {
    let outcome = AttemptOutcome::Failed {
        cause: FailureCause::HttpStatus,
        status: Some(503),
        detail: Some("the receiver answered 503".into()),
    };
    Recorded { attempt: attempt(delivery, number, outcome), settlement, token }
}

/// A delivery with its attempts.
pub async fn report(store: &dyn Store, delivery: DeliveryId) -> anyhow::Result<DeliveryReport> {
    store.find_delivery(Visibility::All, delivery).await?.context("the delivery is on record")
}

/// A delivery as its history shows it.
pub async fn look(store: &dyn Store, delivery: DeliveryId) -> anyhow::Result<Delivery> {
    Ok(report(store, delivery).await?.delivery)
}

/// Every delivery, newest first.
pub async fn all_deliveries(store: &dyn Store) -> anyhow::Result<Vec<Delivery>> {
    let page = PageRequest::first(PageRequest::MAX_LIMIT);
    let listed = store.list_deliveries(Visibility::All, &DeliveryFilter::default(), page).await?;
    anyhow::ensure!(listed.next.is_none(), "one page holds them all");
    Ok(listed.items.into_iter().map(|listed| listed.delivery).collect())
}
