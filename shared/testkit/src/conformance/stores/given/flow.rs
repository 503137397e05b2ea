//! What is held, letting it go, and how receivers do.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use futures_util::future::try_join_all;
use postrider_domain::flow::ReleasePolicy;
use postrider_domain::ports::{FlowReport, Released, Store};
use postrider_domain::{
    Breaker, BreakerPolicy, DeliveryId, DeliveryState, Event, HealthReport, HoldReason, Ids,
    NoticeKind, Registration, RegistrationId, Report, Timestamp, Transition, Visibility,
};
use serde_json::{Map, Value};

use super::{claim, look, next_number, seconds};
use crate::clock::MockClock;

/// Lets go what may go, as it is configured when nobody says, and returns how many deliveries.
pub async fn release(store: &dyn Store, now: Timestamp, limit: u32) -> anyhow::Result<u64> {
    Ok(released(store, now, limit).await?.deliveries)
}

/// Lets go what may go, as it is configured when nobody says.
pub async fn released(store: &dyn Store, now: Timestamp, limit: u32) -> anyhow::Result<Released> {
    Ok(store.release_held(&ReleasePolicy::default(), now, limit).await?)
}

/// Lets go what may go by a policy, and returns which of `deliveries`, all of which wait, went.
pub async fn release_by(
    store: &dyn Store,
    policy: &ReleasePolicy,
    deliveries: &[DeliveryId],
    now: Timestamp,
) -> anyhow::Result<Vec<DeliveryId>> {
    let before = states(store, deliveries).await?;
    let released = store.release_held(policy, now, 10_000).await?;
    anyhow::ensure!(!released.more, "there is room for them all");
    let after = states(store, deliveries).await?;
    let went: Vec<_> = (deliveries.iter().zip(before).zip(after))
        .filter(|((_, before), after)| {
            (*before, *after) == (DeliveryState::Held, DeliveryState::Pending)
        })
        .map(|((delivery, _), _)| *delivery)
        .collect();
    anyhow::ensure!(went.len() as u64 == released.deliveries, "{released:?} is {went:?}");
    Ok(went)
}

/// Where deliveries stand, in their order.
pub async fn states(
    store: &dyn Store,
    deliveries: &[DeliveryId],
) -> anyhow::Result<Vec<DeliveryState>> {
    let mut states = Vec::new();
    for delivery in deliveries {
        states.push(look(store, *delivery).await?.state);
    }
    Ok(states)
}

/// What a delivery is held for, if it is.
pub async fn hold_reason(
    store: &dyn Store,
    delivery: DeliveryId,
) -> anyhow::Result<Option<HoldReason>> {
    let found = look(store, delivery).await?;
    anyhow::ensure!(
        found.hold_reason.is_some() == (found.state == DeliveryState::Held),
        "there is a reason exactly for what is held: {found:?}"
    );
    Ok(found.hold_reason)
}

/// Claims deliveries none of which may go, so that they are held.
pub async fn hold_all(
    store: &dyn Store,
    deliveries: &[DeliveryId],
    now: Timestamp,
) -> anyhow::Result<()> {
    let claimed = claim(store, deliveries, now).await?;
    anyhow::ensure!(claimed.is_empty(), "they may not go: {claimed:?}");
    let states = states(store, deliveries).await?;
    anyhow::ensure!(states.iter().all(|state| *state == DeliveryState::Held), "{states:?}");
    Ok(())
}

/// How a registration does.
pub async fn flow(store: &dyn Store, registration: RegistrationId) -> anyhow::Result<FlowReport> {
    store.flow_of(Visibility::All, registration).await?.context("it is there")
}

/// Whether a registration's receiver is called.
pub async fn breaker(store: &dyn Store, registration: RegistrationId) -> anyhow::Result<Breaker> {
    Ok(flow(store, registration).await?.state.breaker)
}

/// New ids, unlike those of every other call.
pub fn ids(now: Timestamp) -> Ids {
    Ids::seeded(Arc::new(MockClock::new(now)), next_number())
}

/// Reports what a worker saw of a registration, by the usual policy; what came of it.
pub async fn report_of(
    store: &dyn Store,
    registration: RegistrationId,
    report: Report,
    now: Timestamp,
) -> anyhow::Result<Option<Transition>> {
    let reports = [HealthReport { registration, began: now, report }];
    let policy = BreakerPolicy::default();
    let transitions = store.report_health(&reports, &policy, &ids(now), now).await?;
    anyhow::ensure!(transitions.len() <= 1, "one report, one transition: {transitions:?}");
    let Some((of, transition)) = transitions.first() else { return Ok(None) };
    anyhow::ensure!(*of == registration, "it is of the one that was reported");
    Ok(Some(*transition))
}

/// Reports the same of a registration from many workers at once, from each twice; what came of it.
pub async fn reports_at_once(
    store: &dyn Store,
    registration: RegistrationId,
    report: Report,
    now: Timestamp,
) -> anyhow::Result<Vec<Transition>> {
    let twice = [HealthReport { registration, began: now, report }; 2];
    let policy = BreakerPolicy::default();
    let makers: Vec<_> = (0..8).map(|_| ids(now)).collect();
    let calls = makers.iter().map(|ids| store.report_health(&twice, &policy, ids, now));
    let transitions = try_join_all(calls).await?.into_iter().flatten();
    transitions
        .map(|(of, transition)| {
            anyhow::ensure!(of == registration, "it is of the one that was reported");
            Ok(transition)
        })
        .collect()
}

/// Opens a breaker at `now`; until when.
pub async fn open(
    store: &dyn Store,
    registration: &Registration,
    now: Timestamp,
) -> anyhow::Result<Timestamp> {
    match report_of(store, registration.id, Report::Tripped, now).await? {
        Some(Transition::Opened { until }) => Ok(until),
        other => anyhow::bail!("it was closed: {other:?}"),
    }
}

/// Opens a breaker at `now`, holds what waits, and lets one of it try: which, and since when.
pub async fn probing(
    store: &dyn Store,
    registration: &Registration,
    waiting: &[DeliveryId],
    now: Timestamp,
) -> anyhow::Result<(DeliveryId, Timestamp)> {
    let until = open(store, registration, now).await?;
    hold_all(store, waiting, now).await?;
    let released = released(store, until, 10).await?;
    let expected = Released { deliveries: 1, probes: 1, more: false };
    anyhow::ensure!(released == expected, "one tries: {released:?}");
    match breaker(store, registration.id).await? {
        Breaker::HalfOpen { probe, .. } => Ok((probe, until)),
        other => anyhow::bail!("it is half open: {other:?}"),
    }
}

/// What a notice tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// What happened.
    pub kind: NoticeKind,
    /// The registration, as its data names it.
    pub registration: String,
    /// All of its data.
    pub data: Map<String, Value>,
    /// The event itself.
    pub event: Event,
}

/// The notices that are due at `now`, the oldest first. They are taken, so that they are not due again
/// at once.
pub async fn notices(store: &dyn Store, now: Timestamp) -> anyhow::Result<Vec<Told>> {
    let mut told = Vec::new();
    for event in store.take_due_events(now, seconds(60), 1000).await? {
        if !event.filter.is_reserved() {
            continue;
        }
        let data = event.data.as_ref().context("a notice has data")?;
        let data: Map<String, Value> = serde_json::from_str(data.get())?;
        let registration = data["registration"].as_str().context("it is a text")?.to_owned();
        told.push(Told { kind: event.event_type.as_str().parse()?, registration, data, event });
    }
    Ok(told)
}

/// The deliveries that are due at `now`, in the order of their ids.
pub async fn due(store: &dyn Store, now: Timestamp) -> anyhow::Result<Vec<DeliveryId>> {
    let mut due = store.take_due_deliveries(now, Duration::from_mins(1), 10_000).await?;
    due.sort_unstable();
    Ok(due)
}
