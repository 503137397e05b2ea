//! The steps of a claim, which are one transaction.

use std::collections::HashMap;

use postrider_domain::ports::Lease;
use postrider_domain::{Event, HoldReason, Timestamp};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::judge::Standing;
use crate::json::{id_list, json};
use crate::rows::{ClaimRow, EventRow, RegistrationRow, readable};

/// Those of `deliveries` that may be attempted now as far as they themselves are concerned.
pub(super) async fn find_wanted(
    connection: &mut SqliteConnection,
    deliveries: &str,
    now: Timestamp,
) -> Result<Vec<ClaimRow>, sqlx::Error> {
    let now = now.as_micros();
    sqlx::query_as!(
        ClaimRow,
        r#"
        SELECT
            d.id AS "delivery_id!: Uuid", d.registration_id AS "registration_id!: Uuid",
            d.attempts, d.earlier_rounds, d.replays, d.bundle_size, d.released_at,
            e.id AS "event_id!: Uuid", e.filter, e.event_type, e.resource_id, e.resource_name,
            e.resource_category, e.actor, e.occurred_at, e.accepted_at, e.data,
            e.publisher_id AS "publisher_id?: Uuid", e.audience
        FROM deliveries AS d
        JOIN events AS e ON e.id = d.event_id
        WHERE d.id IN (SELECT unhex(value, '-') FROM json_each($1))
            AND d.state = 'pending' AND d.wanted_at <= $2 AND d.leased_until <= $2
        "#,
        deliveries,
        now,
    )
    .fetch_all(connection)
    .await
}

/// The registrations of `deliveries`, as far as they are still there, and how they stand.
pub(super) async fn find_standings(
    connection: &mut SqliteConnection,
    deliveries: &[ClaimRow],
) -> Result<Vec<Standing>, sqlx::Error> {
    let registrations = id_list(deliveries.iter().map(|row| row.registration_id));
    let rows = sqlx::query_file!("queries/find_standings.sql", registrations)
        .fetch_all(connection)
        .await?;
    let standings = rows.into_iter().map(|row| Standing {
        owner_disabled: row.owner_disabled,
        paced: row.paced,
        discards: row.discards,
        breaker: row.breaker,
        probe_id: row.probe_id,
        failing_since: row.failing_since,
        registration: RegistrationRow {
            id: row.id,
            owner_id: row.owner_id,
            uri: row.uri,
            secret: row.secret,
            previous_secret: row.previous_secret,
            previous_secret_ends_at: row.previous_secret_ends_at,
            description: row.description,
            filters: row.filters,
            headers: row.headers,
            properties: row.properties,
            options: row.options,
            condition: row.condition,
            credentials: row.credentials,
            paused: row.paused,
            secret_expires_at: row.secret_expires_at,
            disabled_at: row.disabled_at,
            disabled_reason: row.disabled_reason,
            created_at: row.created_at,
            updated_at: row.updated_at,
        },
    });
    Ok(standings.collect())
}

/// Gives the lease on `deliveries`.
pub(super) async fn lease(
    connection: &mut SqliteConnection,
    deliveries: impl Iterator<Item = Uuid>,
    lease: Lease,
) -> Result<(), sqlx::Error> {
    let (deliveries, until) = (id_list(deliveries), lease.until.as_micros());
    sqlx::query!(
        "
        UPDATE deliveries
        SET lease_token = $2, leased_until = $3, released_at = NULL
        WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        deliveries,
        lease.token.0,
        until,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps deliveries, each for its reason.
pub(super) async fn hold(
    connection: &mut SqliteConnection,
    deliveries: &[(Uuid, HoldReason)],
) -> Result<(), sqlx::Error> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let deliveries = json(&deliveries);
    sqlx::query!(
        "
        UPDATE deliveries
        SET state = 'held', hold_reason = held.value ->> 1, due_at = NULL, released_at = NULL
        FROM json_each($1) AS held
        WHERE deliveries.id = unhex(held.value ->> 0, '-')
        ",
        deliveries,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The events that go with `carriers`, by carrier, in the order of their deliveries. One whose payload
/// was removed is left out.
pub(super) async fn find_members(
    connection: &mut SqliteConnection,
    carriers: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Event>>, sqlx::Error> {
    let mut members = HashMap::<Uuid, Vec<Event>>::new();
    if carriers.is_empty() {
        return Ok(members);
    }
    let carriers = id_list(carriers.iter().copied());
    let rows =
        sqlx::query_file!("queries/find_members.sql", carriers).fetch_all(connection).await?;
    let events = rows.into_iter().map(|row| {
        let event = EventRow {
            id: row.event_id,
            filter: row.filter,
            event_type: row.event_type,
            resource_id: row.resource_id,
            resource_name: row.resource_name,
            resource_category: row.resource_category,
            actor: row.actor,
            occurred_at: row.occurred_at,
            accepted_at: row.accepted_at,
            data: row.data,
            publisher_id: row.publisher_id,
            audience: row.audience,
        };
        Event::try_from(event).map(|event| (row.bundle_id, event))
    });
    for (carrier, event) in readable(events) {
        members.entry(carrier).or_default().push(event);
    }
    Ok(members)
}
