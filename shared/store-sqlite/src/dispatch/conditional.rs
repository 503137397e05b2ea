//! Matches that depend on a condition: somebody else looks at it, and the event waits meanwhile.

use std::collections::{BTreeMap, HashMap, HashSet};

use postrider_domain::ports::{Conditional, Judged};
use postrider_domain::{Event, EventId, RegistrationId, Timestamp};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::json::id_list;
use crate::rows::{EventRow, readable};

/// Who is told of what.
type Matches = Vec<(EventId, RegistrationId)>;
/// Who is told of an event if their condition holds.
type Candidates = BTreeMap<EventId, Vec<(RegistrationId, String)>>;

/// The conditions of those who are told, as far as they have one.
pub(super) async fn find_conditions(
    connection: &mut SqliteConnection,
    matches: &Matches,
) -> Result<HashMap<RegistrationId, String>, sqlx::Error> {
    if matches.is_empty() {
        return Ok(HashMap::new());
    }
    let registrations: HashSet<_> =
        matches.iter().map(|(_, registration)| registration.0).collect();
    let registrations = id_list(registrations);
    let rows = sqlx::query!(
        r#"
        SELECT id AS "id!: Uuid", condition AS "condition!"
        FROM registrations
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1)) AND condition IS NOT NULL
        "#,
        registrations,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (RegistrationId(row.id), row.condition)).collect())
}

/// Sets those with a condition apart.
pub(super) fn split(
    matches: Matches,
    conditions: &HashMap<RegistrationId, String>,
) -> (Matches, Candidates) {
    let mut candidates = Candidates::new();
    let (conditional, plain): (Matches, Matches) =
        matches.into_iter().partition(|(_, registration)| conditions.contains_key(registration));
    for (event, registration) in conditional {
        let condition = conditions[&registration].clone();
        candidates.entry(event).or_default().push((registration, condition));
    }
    (plain, candidates)
}

/// Keeps the events of `candidates` in the outbox until `rescue_at`, and returns those that can be
/// read.
pub(super) async fn postpone(
    connection: &mut SqliteConnection,
    mut candidates: Candidates,
    rescue_at: Timestamp,
) -> Result<Vec<Conditional>, sqlx::Error> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let (events, rescue_at) =
        (id_list(candidates.keys().map(|event| event.0)), rescue_at.as_micros());
    sqlx::query!(
        "
        UPDATE event_outbox
        SET due_at = $2
        WHERE event_id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        events,
        rescue_at,
    )
    .execute(&mut *connection)
    .await?;
    let rows = sqlx::query_as!(
        EventRow,
        r#"
        SELECT
            id AS "id!: Uuid", filter, event_type, resource_id, resource_name, resource_category,
            actor, occurred_at, accepted_at, data, publisher_id AS "publisher_id?: Uuid", audience
        FROM events
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        "#,
        events,
    )
    .fetch_all(connection)
    .await?;
    let events = readable(rows.into_iter().map(Event::try_from));
    Ok(events
        .into_iter()
        .filter_map(|event| {
            let registrations = candidates.remove(&event.id)?;
            Some(Conditional { event, registrations })
        })
        .collect())
}

/// Those of `judged` whose registration is still there, and whose event still waits in the outbox: if
/// not, another dispatched it, or its payload was removed.
pub(super) async fn find_standing(
    connection: &mut SqliteConnection,
    judged: &[Judged],
) -> Result<Vec<Judged>, sqlx::Error> {
    let registrations = id_list(judged.iter().map(|judged| judged.registration.0));
    let registrations = sqlx::query_scalar!(
        r#"
        SELECT id AS "id!: Uuid"
        FROM registrations
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        "#,
        registrations,
    )
    .fetch_all(&mut *connection)
    .await?;
    let registrations: HashSet<_> = registrations.into_iter().collect();
    let events = id_list(judged.iter().map(|judged| judged.event.0));
    let events = sqlx::query_scalar!(
        r#"
        SELECT event_id AS "event_id!: Uuid"
        FROM event_outbox
        WHERE event_id IN (SELECT unhex(value, '-') FROM json_each($1))
        "#,
        events,
    )
    .fetch_all(connection)
    .await?;
    let events: HashSet<_> = events.into_iter().collect();
    let stands = |judged: &&Judged| {
        registrations.contains(&judged.registration.0) && events.contains(&judged.event.0)
    };
    Ok(judged.iter().filter(stands).copied().collect())
}
