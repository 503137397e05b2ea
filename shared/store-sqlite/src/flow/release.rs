//! Letting go what is held.

use postrider_domain::flow::{Due, Release, ReleasePolicy, form_bundles, share_out};
use postrider_domain::ports::Released;
use postrider_domain::{DeliveryId, Timestamp};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::waiting::WaitingRow;
use super::{state, waiting};
use crate::json::json;

mod due;

/// The most registrations that one call looks at.
const MAX_REGISTRATIONS: u32 = 100;

/// The most deliveries of one registration that one call bundles.
const MAX_ROWS: u32 = 2000;

/// What is let go, of all registrations together.
#[derive(Default)]
struct Gone {
    /// A delivery, and how many events it carries from now on, if that changes.
    deliveries: Vec<(Uuid, Option<usize>)>,
    /// A delivery, and the one that carries its event from now on.
    members: Vec<(Uuid, Uuid)>,
    probes: u64,
}

/// Lets go what may go.
pub(super) async fn release(
    connection: &mut SqliteConnection,
    policy: &ReleasePolicy,
    now: Timestamp,
    limit: u32,
) -> Result<Released, sqlx::Error> {
    let registrations = limit.min(MAX_REGISTRATIONS);
    let (mut due, found) = due::find(connection, policy, now, registrations).await?;
    let is_news = due.iter().any(|due| due.state.release_at < Some(now));
    let (decided, cut) = share_out(&mut due, policy, now, limit);
    let mut gone = Gone::default();
    let is_full = found == registrations as usize;
    for (due, release) in due.iter_mut().zip(decided) {
        take(connection, due, release, policy, now, &mut gone).await?;
    }
    let_go(connection, &gone.deliveries, now).await?;
    bundle(connection, &gone.members).await?;
    state::write(connection, due.iter().map(|due| (due.registration, &due.state))).await?;
    let deliveries = gone.deliveries.len() as u64;
    // Those that have something left are to be looked at again, but after all others.
    let more = cut || (is_full && is_news);
    Ok(Released { deliveries, probes: gone.probes, more })
}

/// Takes the oldest deliveries of a registration, as many as go.
async fn take(
    connection: &mut SqliteConnection,
    due: &mut Due,
    release: Release,
    policy: &ReleasePolicy,
    now: Timestamp,
    gone: &mut Gone,
) -> Result<(), sqlx::Error> {
    match release {
        Release::Nothing => {}
        Release::Probe => {
            for oldest in waiting::find(connection, due.registration, 1).await? {
                due.state.probe_with(DeliveryId(oldest.id), policy, now);
                gone.deliveries.push((oldest.id, None));
                gone.probes += 1;
            }
        }
        Release::Deliveries(count) => {
            let oldest = waiting::find(connection, due.registration, count).await?;
            gone.deliveries.extend(oldest.into_iter().map(|delivery| (delivery.id, None)));
        }
        Release::Bundles { bundles, events } => {
            let count = bundles.saturating_mul(events.into()).min(MAX_ROWS);
            let oldest = waiting::find(connection, due.registration, count).await?;
            let oldest: Vec<_> = oldest.iter().map(WaitingRow::candidate).collect();
            for bundle in form_bundles(&oldest, bundles as usize, events.into()) {
                let (carrier, size) = (bundle.carrier.0, bundle.events());
                gone.deliveries.push((carrier, (size > 1).then_some(size)));
                gone.members.extend(bundle.members.iter().map(|member| (member.0, carrier)));
            }
        }
    }
    Ok(())
}

async fn let_go(
    connection: &mut SqliteConnection,
    deliveries: &[(Uuid, Option<usize>)],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let (deliveries, now) = (json(&deliveries), now.as_micros());
    sqlx::query!(
        "
        UPDATE deliveries
        SET state = 'pending', hold_reason = NULL, wanted_at = $2, due_at = $2, released_at = $2,
            bundle_size = coalesce(gone.value ->> 1, bundle_size)
        FROM json_each($1) AS gone
        WHERE deliveries.id = unhex(gone.value ->> 0, '-')
        ",
        deliveries,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn bundle(
    connection: &mut SqliteConnection,
    members: &[(Uuid, Uuid)],
) -> Result<(), sqlx::Error> {
    if members.is_empty() {
        return Ok(());
    }
    let members = json(&members);
    sqlx::query!(
        "
        UPDATE deliveries
        SET hold_reason = 'bundled', bundle_id = unhex(member.value ->> 1, '-')
        FROM json_each($1) AS member
        WHERE deliveries.id = unhex(member.value ->> 0, '-')
        ",
        members,
    )
    .execute(connection)
    .await?;
    Ok(())
}
