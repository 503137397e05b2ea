//! The values that calls are about.

use std::collections::BTreeMap;
use std::time::Duration;

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{Announcement, Recorded};
use postrider_domain::{
    Attempt, AttemptOutcome, Audience, CatalogueEntry, Credentials, DeliveryId, DeliveryOptions,
    Event, EventKey, FailureCause, FilterSet, Ids, LeaseToken, NewEvent, Registration,
    RegistrationHeaders, Resource, Role, Secret, Settlement, Timestamp, Timings, User, UserId,
};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::steps::End;

pub(super) fn user(ids: &Ids, name: &str, now: Timestamp) -> User {
    let name = name.parse().expect("a name");
    User {
        id: ids.next(),
        name,
        administrator: false,
        disabled: false,
        created_at: now,
        updated_at: now,
    }
}

pub(super) fn registration(
    ids: &Ids,
    owner: UserId,
    filters: &[&str],
    paused: bool,
    now: Timestamp,
) -> Registration {
    Registration {
        id: ids.next(),
        owner,
        uri: "https://receiver.example/hook".parse().expect("a URI"),
        filters: FilterSet::parse(filters).expect("filters"),
        secret: Secret::parse(&"s".repeat(32)).expect("a secret"),
        previous_secret: None,
        description: Some("größer als \"nichts\"".into()),
        paused,
        secret_expires_at: None,
        disabled: None,
        condition: None,
        options: DeliveryOptions::default(),
        credentials: Credentials::default(),
        headers: RegistrationHeaders::parse([("x-a", "1")]).expect("headers"),
        properties: BTreeMap::from([("a".into(), raw("1.0"))]),
        created_at: now,
        updated_at: now,
    }
}

/// An event about a resource of a kind, in a category if it is in one, for one user if it is not for
/// all, with the number of its key and of its content.
pub(super) fn event(
    ids: &Ids,
    (kind, resource, category): (&str, &str, Option<&str>),
    audience: Option<&str>,
    key: Option<(u8, u8)>,
    now: Timestamp,
) -> NewEvent {
    let event = Event {
        id: ids.next(),
        filter: kind.parse().expect("a filter"),
        event_type: "Executed".parse().expect("a type"),
        resource: Resource {
            id: resource.into(),
            name: Some("Übersicht".into()),
            category: category.map(Into::into),
        },
        actor: None,
        occurred_at: now,
        accepted_at: now,
        data: Some(raw("{ \"pages\" : 7.0 }")),
        publisher: None,
        audience: audience.map(|name| Audience::parse([name]).expect("a name")),
    };
    let key = key.map(|(key, content)| {
        (EventKey { scope: Uuid::from_u128(1), key: format!("key {key}") }, [content; 32])
    });
    NewEvent { event, key }
}

pub(super) fn role(ids: &Ids, name: &str, now: Timestamp) -> Role {
    Role {
        id: ids.next(),
        name: name.parse().expect("a name"),
        description: None,
        built_in: false,
        created_at: now,
        updated_at: now,
    }
}

pub(super) fn resource(
    ids: &Ids,
    (kind, id, category): (&str, &str, Option<&str>),
    owner: UserId,
    now: Timestamp,
) -> CatalogueEntry {
    CatalogueEntry {
        entry: ids.next(),
        kind: kind.parse().expect("a kind"),
        id: id.into(),
        name: format!("Übersicht {id}"),
        category: category.map(Into::into),
        owner: Some(owner),
        created_at: now,
        updated_at: now,
    }
}

/// What is told of a resource.
pub(super) fn announcement(
    ids: &Ids,
    entry: &CatalogueEntry,
    event_type: &str,
    now: Timestamp,
) -> Announcement {
    let told = event(ids, (entry.kind.as_str(), &entry.id, None), None, None, now).event;
    let event_type = event_type.parse().expect("a type");
    let event = Event { event_type, resource: entry.resource(), publisher: entry.owner, ..told };
    Announcement { event, rescue_at: now + Duration::from_mins(1) }
}

/// An attempt that has just ended.
pub(super) fn recorded(
    ids: &Ids,
    delivery: DeliveryId,
    end: End,
    token: LeaseToken,
    now: Timestamp,
) -> Recorded {
    let (outcome, settlement) = match end {
        End::Success => (AttemptOutcome::Succeeded { status: 204 }, Settlement::Delivered),
        End::Retry(seconds) => {
            let at = now + Duration::from_secs(seconds.into());
            (failure(FailureCause::HttpStatus, Some(503)), Settlement::Retry { at })
        }
        End::Exhausted => {
            let reason = DeadReason::Exhausted;
            (failure(FailureCause::Timeout, None), Settlement::Dead { reason })
        }
        End::Hold => (failure(FailureCause::Connect, None), Settlement::Hold),
        End::Gone => {
            let reason = DeadReason::Gone;
            (failure(FailureCause::HttpStatus, Some(410)), Settlement::Dead { reason })
        }
    };
    let attempt = Attempt {
        id: ids.next(),
        delivery,
        number: 1,
        started_at: now,
        duration: Duration::from_micros(1_234),
        timings: Timings { dns: Some(Duration::from_micros(7)), ..Timings::default() },
        replay: 0,
        request: None,
        outcome,
        response: None,
        worker: "worker-1".into(),
    };
    Recorded { attempt, settlement, token }
}

fn failure(cause: FailureCause, status: Option<u16>) -> AttemptOutcome {
    AttemptOutcome::Failed { cause, status, detail: None }
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.into()).expect("JSON")
}
