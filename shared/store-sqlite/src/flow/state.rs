//! The state of registrations as it is written.

use std::collections::BTreeSet;

use postrider_domain::{FlowState, RegistrationId, Timestamp};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::json::json;
use crate::rows::FlowValues;

/// Writes what became of registrations. Those of them that are gone are passed over.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    states: impl Iterator<Item = (RegistrationId, &FlowState)>,
) -> Result<(), sqlx::Error> {
    let values: Vec<_> =
        states.map(|(registration, state)| FlowValues::new(registration, state)).collect();
    if values.is_empty() {
        return Ok(());
    }
    let values = json(&values);
    sqlx::query_file!("queries/write_flow.sql", values).execute(connection).await?;
    Ok(())
}

/// Begins the flow of registrations anew: their owners changed them, or are back.
pub(crate) async fn begin_anew(
    connection: &mut SqliteConnection,
    registrations: impl IntoIterator<Item = RegistrationId>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let fresh = FlowState::fresh(now);
    write(connection, registrations.into_iter().map(|registration| (registration, &fresh))).await
}

/// Has the scheduler look after registrations whose deliveries were just held: those that are `waiting`,
/// and those that are `busy`, whose ramp begins anew. Writes nothing for one that is looked after
/// already.
pub(crate) async fn look_after(
    connection: &mut SqliteConnection,
    waiting: &BTreeSet<Uuid>,
    busy: &BTreeSet<Uuid>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if waiting.is_empty() && busy.is_empty() {
        return Ok(());
    }
    let registrations: Vec<_> = waiting
        .union(busy)
        .map(|registration| (registration, busy.contains(registration)))
        .collect();
    let (registrations, now) = (json(&registrations), now.as_micros());
    sqlx::query!(
        "
        INSERT INTO registration_flow (registration_id, release_at, ramp_from)
        SELECT r.id, $2, iif(held.value ->> 1, $2, NULL)
        FROM json_each($1) AS held
        CROSS JOIN registrations AS r ON r.id = unhex(held.value ->> 0, '-')
        WHERE true
        ON CONFLICT (registration_id) DO UPDATE
        SET
            release_at = coalesce(release_at, excluded.release_at),
            ramp_from = coalesce(excluded.ramp_from, ramp_from)
        WHERE release_at IS NULL OR excluded.ramp_from IS NOT NULL
        ",
        registrations,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}
