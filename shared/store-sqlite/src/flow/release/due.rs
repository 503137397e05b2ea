//! Whose time to be looked at has come.

use std::collections::HashSet;
use std::time::Duration;

use postrider_domain::flow::{Due, ReleasePolicy, Waiting};
use postrider_domain::{Batching, DeliveryOptions, FlowState, RegistrationId, Timestamp};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::errors::corrupt;
use crate::json::id_list;
use crate::rows::{FlowRow, readable};

/// How long a registration that cannot be read is left alone, so that it does not stand before the
/// others with every call.
const UNREADABLE: Duration = Duration::from_hours(1);

/// Those whose time has come, the longest due first, as far as they can be read; and how many there
/// are.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    policy: &ReleasePolicy,
    now: Timestamp,
    limit: u32,
) -> Result<(Vec<Due>, usize), sqlx::Error> {
    let at = now.as_micros();
    let most = policy.ramp_max.max(Batching::MAX_EVENTS.into());
    let rows = sqlx::query_file!("queries/find_due_flows.sql", at, policy.ramp_max, most, limit)
        .fetch_all(&mut *connection)
        .await?;
    let found: HashSet<_> = rows.iter().map(|row| row.registration_id).collect();
    let due = rows.into_iter().map(|row| {
        let options: DeliveryOptions =
            serde_json::from_str(&row.options).map_err(corrupt("registrations"))?;
        let count = |rows: i64| u32::try_from(rows).unwrap_or(u32::MAX);
        let (held, alone) = (count(row.held), count(row.alone));
        // What goes alone waits for no other, as if it were a full batch.
        let alone_as_full = alone.saturating_mul(options.events_per_delivery());
        Ok(Due {
            registration: RegistrationId(row.registration_id),
            state: FlowState::try_from(FlowRow {
                failing_since: row.failing_since,
                breaker: row.breaker,
                breaker_until: row.breaker_until,
                probe_id: row.probe_id,
                trips: row.trips,
                opened_at: row.opened_at,
                release_at: row.release_at,
                ramp_from: row.ramp_from,
                rate_at: row.rate_at,
                died_told_at: row.died_told_at,
            })?,
            waiting: Waiting {
                stopped: row.stopped,
                released: count(row.released),
                held: alone_as_full.saturating_add(held - alone),
                oldest_at: row.oldest_joinable_at.map(Timestamp::from_micros),
            },
            options,
        })
    });
    let due = readable(due);
    if due.len() < found.len() {
        let read: HashSet<_> = due.iter().map(|due| due.registration.0).collect();
        postpone(connection, found.difference(&read).copied(), now + UNREADABLE).await?;
    }
    Ok((due, found.len()))
}

async fn postpone(
    connection: &mut SqliteConnection,
    registrations: impl Iterator<Item = Uuid>,
    until: Timestamp,
) -> Result<(), sqlx::Error> {
    let (registrations, until) = (id_list(registrations), until.as_micros());
    sqlx::query!(
        "
        UPDATE registration_flow
        SET release_at = $2
        WHERE registration_id IN (SELECT unhex(value, '-') FROM json_each($1))
        ",
        registrations,
        until,
    )
    .execute(connection)
    .await?;
    Ok(())
}
