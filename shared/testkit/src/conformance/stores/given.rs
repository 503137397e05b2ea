//! What cases start from: users, registrations and events, and deliveries at any stage.

mod bundles;
mod flow;
mod overflow;
mod pages;
mod people;
mod replays;
mod resources;
mod stages;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use postrider_domain::ports::{RegistrationAddition, Store};
use postrider_domain::submission::AcceptedEvent;
use postrider_domain::{
    Created, CreationKey, Credentials, DeliveryId, DeliveryOptions, Event, EventId, EventKey,
    FilterSet, NewEvent, Registration, RegistrationHeaders, Resource, Secret, Submission,
    SubmissionOutcome, Timestamp, UserId, Visibility,
};
use serde_json::value::RawValue;
use uuid::{Builder, Uuid};

pub use bundles::{bundled, claim_bundle, in_threes};
pub use flow::{
    Told, breaker, due, flow, hold_all, hold_reason, ids, notices, open, probing, release,
    release_by, released, report_of, reports_at_once, states,
};
pub use overflow::{give_up, give_up_all};
pub use pages::{every_page, every_registration};
pub use people::{
    add_token, administrator, category, disable, enable, grant, grant_to, join, members,
    new_administrator, new_key, new_permission, new_role, new_user, no_permission, one,
    permissions, reader, role, token, user,
};
pub use replays::{advance_all, everything, new_replay, replay, replayed};
pub use resources::{add_resource, announcement, new_category, new_resource};
pub use stages::{
    Pending, all_deliveries, attempt, claim, delivered, failure, held, held_of, lease, look, more,
    more_at, pending, pending_of, pending_with, report, settle, success, take,
};

/// The moment at which cases begin: 2026-11-21 08:00:00.123456 UTC.
pub const NOW: Timestamp = Timestamp::from_micros(1_795_248_000_123_456);

/// When the scheduler looks after what is new: a minute after [`NOW`].
pub const RESCUE_AT: Timestamp = Timestamp::from_micros(NOW.as_micros() + 60_000_000);

/// When what has happened around [`NOW`] is over: ten seconds after it.
pub const LATER: Timestamp = Timestamp::from_micros(NOW.as_micros() + 10_000_000);

/// A number of seconds.
pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A number greater than every one before it.
pub fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A new id, greater than every one before it, as if it were made at [`NOW`].
pub fn id<I: From<Uuid>>() -> I {
    id_at(NOW)
}

/// A new id, greater than every one before it, as if it were made at `at`, which is not before that of
/// the one before it.
pub fn id_at<I: From<Uuid>>(at: Timestamp) -> I {
    let number = next_number();
    let millis = at.as_millis() + number;
    let mut tail = [0; 10];
    tail[2..].copy_from_slice(&number.to_be_bytes());
    Builder::from_unix_timestamp_millis(millis, &tail).into_uuid().into()
}

/// The key of a request to create something, with a number that stands for its content.
pub fn creation_key(key: &str, content: u8) -> CreationKey {
    CreationKey { key: key.into(), content: [content; 32] }
}

/// A registration for every event that is not stored yet.
pub fn new_registration(owner: UserId) -> anyhow::Result<Registration> {
    Ok(Registration {
        id: id(),
        owner,
        uri: "https://receiver.example/hook?code=1".parse()?,
        filters: FilterSet::all(),
        secret: Secret::parse(&"s".repeat(32))?,
        previous_secret: None,
        description: None,
        paused: false,
        secret_expires_at: None,
        disabled: None,
        condition: None,
        options: DeliveryOptions::default(),
        credentials: Credentials::default(),
        headers: RegistrationHeaders::default(),
        properties: std::collections::BTreeMap::new(),
        created_at: NOW,
        updated_at: NOW,
    })
}

/// Stores a registration.
pub async fn add(store: &dyn Store, registration: &Registration) -> anyhow::Result<()> {
    let addition = store.add_registration(registration, None, 1000).await?;
    let stored = matches!(addition, RegistrationAddition::Created(Created::New));
    anyhow::ensure!(stored, "there is room for it");
    Ok(())
}

/// A stored registration for every event.
pub async fn registration(store: &dyn Store, owner: UserId) -> anyhow::Result<Registration> {
    let registration = new_registration(owner)?;
    add(store, &registration).await?;
    Ok(registration)
}

/// A stored registration that asks for `filters`.
pub async fn registration_for(
    store: &dyn Store,
    owner: UserId,
    filters: &[&str],
) -> anyhow::Result<Registration> {
    let registration =
        Registration { filters: FilterSet::parse(filters)?, ..new_registration(owner)? };
    add(store, &registration).await?;
    Ok(registration)
}

/// Changes a stored registration one second after it was last changed, and returns it as it is now.
pub async fn change(
    store: &dyn Store,
    registration: &Registration,
    change: impl FnOnce(&mut Registration),
) -> anyhow::Result<Registration> {
    let mut changed = registration.clone();
    change(&mut changed);
    changed.updated_at = registration.updated_at + seconds(1);
    let updated =
        store.update_registration(Visibility::All, &changed, registration.updated_at).await?;
    anyhow::ensure!(updated, "nobody else has changed it");
    Ok(changed)
}

/// Pauses a stored registration.
pub async fn pause(store: &dyn Store, registration: &Registration) -> anyhow::Result<Registration> {
    change(store, registration, |registration| registration.paused = true).await
}

/// Resumes a stored registration.
pub async fn resume(store: &dyn Store, paused: &Registration) -> anyhow::Result<Registration> {
    change(store, paused, |registration| registration.paused = false).await
}

/// A report that was executed; not stored yet.
pub fn new_event() -> anyhow::Result<Event> {
    event_about("reports", "42")
}

/// Something that happened to a resource; not stored yet.
pub fn event_about(kind: &str, resource: &str) -> anyhow::Result<Event> {
    event_at(NOW, kind, resource)
}

/// Something that happened to a resource at some time; not stored yet.
pub fn event_at(at: Timestamp, kind: &str, resource: &str) -> anyhow::Result<Event> {
    Ok(Event {
        id: id_at(at),
        filter: kind.parse()?,
        event_type: "Executed".parse()?,
        resource: Resource { id: resource.into(), name: None, category: None },
        actor: None,
        occurred_at: at,
        accepted_at: at,
        data: Some(RawValue::from_string("{\"pages\": 7}".into())?),
        publisher: None,
        audience: None,
    })
}

/// A request to publish events without keys.
pub fn submission(events: &[Event]) -> Submission {
    events.iter().map(|event| NewEvent { event: event.clone(), key: None }).collect()
}

/// An event with a key of `scope` and a number that stands for its content.
pub fn keyed(scope: u128, key: &str, content: u8) -> anyhow::Result<NewEvent> {
    let key = EventKey { scope: Uuid::from_u128(scope), key: key.into() };
    Ok(NewEvent { event: new_event()?, key: Some((key, [content; 32])) })
}

/// The outcome in which every event of a submission is stored for the first time.
pub fn all_new(submission: &Submission) -> SubmissionOutcome {
    let accepted = |new: &NewEvent| AcceptedEvent { id: new.event.id, duplicate: false };
    SubmissionOutcome::Accepted(submission.iter().map(accepted).collect())
}

/// Stores events, and returns their ids.
pub async fn accept(store: &dyn Store, events: &[Event]) -> anyhow::Result<Vec<EventId>> {
    store.accept_events(&[submission(events)], RESCUE_AT).await?;
    Ok(events.iter().map(|event| event.id).collect())
}

/// Stores a report's event, and returns its id.
pub async fn event(store: &dyn Store) -> anyhow::Result<EventId> {
    let event = new_event()?;
    accept(store, std::slice::from_ref(&event)).await?;
    Ok(event.id)
}

/// Creates the deliveries of events at [`NOW`], sorted.
pub async fn dispatch(store: &dyn Store, events: &[EventId]) -> anyhow::Result<Vec<DeliveryId>> {
    let dispatched = store.dispatch_events(events, NOW, RESCUE_AT).await?;
    anyhow::ensure!(dispatched.conditional.is_empty(), "no registration has a condition");
    let mut deliveries = dispatched.created;
    deliveries.sort_unstable();
    Ok(deliveries)
}
