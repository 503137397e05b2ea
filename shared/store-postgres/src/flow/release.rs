//! Letting go what is held.

use std::collections::HashMap;
use std::time::Duration;

use postrider_domain::flow::{Due, Release, ReleasePolicy, Waiting, share_out};
use postrider_domain::ports::{Released, StoreError};
use postrider_domain::{Batching, DeliveryId, DeliveryOptions, RegistrationId, Timestamp};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::bundles::{self, BundleQuota};
use crate::errors::{corrupt, store_error};
use crate::rows::{FlowRow, LoadedFlow, readable, save_flows};

/// The most registrations that one call looks at.
const MAX_REGISTRATIONS: u32 = 100;

/// How long a registration that cannot be read is left alone.
const UNREADABLE: Duration = Duration::from_hours(1);

const OPERATION: &str = "release_held";

/// What is decided, of all registrations together.
#[derive(Default)]
struct Decided {
    /// How many of each go one by one.
    singles: Vec<(RegistrationId, u32)>,
    bundles: Vec<BundleQuota>,
}

impl Decided {
    fn new(due: &[Due], decisions: &[Release]) -> Self {
        let mut decided = Self::default();
        for (due, release) in due.iter().zip(decisions) {
            let registration = due.registration;
            match *release {
                Release::Nothing => {}
                Release::Probe => decided.singles.push((registration, 1)),
                Release::Deliveries(count) => decided.singles.push((registration, count)),
                Release::Bundles { bundles, events } => {
                    decided.bundles.push(BundleQuota { registration, bundles, events });
                }
            }
        }
        decided
    }
}

/// Lets go what may go.
pub(super) async fn release(
    pool: &PgPool,
    policy: &ReleasePolicy,
    now: Timestamp,
    limit: u32,
) -> Result<Released, StoreError> {
    let failed = store_error(OPERATION);
    let mut transaction = pool.begin().await.map_err(&failed)?;
    let most = limit.min(MAX_REGISTRATIONS);
    let flows = lock_due(&mut transaction, now, most).await.map_err(&failed)?;
    if flows.is_empty() {
        return Ok(Released::default());
    }
    let is_full = flows.len() == most as usize;
    let is_news = flows.iter().any(|flow| flow.release_at < Some(now.to_utc()));
    // Only now, by a statement of its own: it sees what was held until the rows were locked, and
    // whoever holds something from here on waits for them, and has it looked at again.
    let looked_at: Vec<_> = flows.iter().map(|flow| flow.registration_id).collect();
    let mut due = look_at(&mut transaction, flows, policy, now).await.map_err(&failed)?;
    if due.len() < looked_at.len() {
        postpone(&mut transaction, &looked_at, now).await.map_err(&failed)?;
    }
    let (decisions, cut) = share_out(&mut due, policy, now, limit);
    let decided = Decided::new(&due, &decisions);
    let mut released = Released::default();
    let first = let_go(&mut transaction, &decided, now, &mut released).await.map_err(&failed)?;
    for (due, release) in due.iter_mut().zip(decisions) {
        if release == Release::Probe
            && let Some(probe) = first.get(&due.registration)
        {
            due.state.probe_with(*probe, policy, now);
            released.probes += 1;
        }
    }
    let flow = |Due { registration, state, .. }| LoadedFlow { registration, state };
    let flows: Vec<_> = due.into_iter().map(flow).collect();
    save_flows(&mut *transaction, &flows).await.map_err(&failed)?;
    transaction.commit().await.map_err(failed)?;
    // Those that have something left are to be looked at again, but after all others.
    released.more = cut || (is_full && is_news);
    Ok(released)
}

/// The registrations whose time has come, the longest due first.
async fn lock_due(
    connection: &mut PgConnection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<FlowRow>, sqlx::Error> {
    sqlx::query_file_as!(FlowRow, "queries/lock_due_flows.sql", now.to_utc(), i64::from(limit),)
        .fetch_all(connection)
        .await
}

/// Has registrations looked at later. Those that cannot be read must not stand before all others with
/// every call; for the others it is overwritten.
async fn postpone(
    connection: &mut PgConnection,
    registrations: &[Uuid],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE registration_flow SET release_at = $2 WHERE registration_id = ANY ($1)",
        registrations,
        (now + UNREADABLE).to_utc(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What waits for the registrations of `flows`, as far as they can be read.
async fn look_at(
    connection: &mut PgConnection,
    flows: Vec<FlowRow>,
    policy: &ReleasePolicy,
    now: Timestamp,
) -> Result<Vec<Due>, sqlx::Error> {
    let ids: Vec<_> = flows.iter().map(|flow| flow.registration_id).collect();
    let held_at_most = policy.ramp_max.max(Batching::MAX_EVENTS.into());
    let rows = sqlx::query_file!(
        "queries/look_at_held.sql",
        &ids,
        now.to_utc(),
        i32::try_from(policy.ramp_max).unwrap_or(i32::MAX),
        i32::try_from(held_at_most).unwrap_or(i32::MAX),
    )
    .fetch_all(connection)
    .await?;
    let mut flows: HashMap<_, _> =
        flows.into_iter().map(|flow| (flow.registration_id, flow)).collect();
    let due = rows.into_iter().filter_map(|row| {
        let flow = flows.remove(&row.registration_id)?;
        let read = || -> Result<Due, StoreError> {
            let options: DeliveryOptions =
                serde_json::from_str(&row.options).map_err(corrupt("registrations"))?;
            let count = |rows: i64| u32::try_from(rows).unwrap_or(u32::MAX);
            // What goes alone is as good as a full batch: it waits for no other.
            let alone = options.events_per_delivery();
            let waiting = Waiting {
                stopped: row.stopped,
                released: count(row.released),
                held: count(row.alone).saturating_mul(alone).saturating_add(count(row.joinable)),
                oldest_at: row.oldest_joinable_at.map(Timestamp::from),
            };
            let LoadedFlow { registration, state } = flow.try_into()?;
            Ok(Due { registration, state, options, waiting })
        };
        Some(read())
    });
    Ok(readable(due))
}

/// Lets go what is decided; one delivery of each registration whose deliveries go one by one.
async fn let_go(
    connection: &mut PgConnection,
    decided: &Decided,
    now: Timestamp,
    released: &mut Released,
) -> Result<HashMap<RegistrationId, DeliveryId>, sqlx::Error> {
    let quotas = &decided.singles;
    let mut first = HashMap::new();
    if !quotas.is_empty() {
        let registrations: Vec<_> = quotas.iter().map(|(registration, _)| registration.0).collect();
        let most: Vec<_> =
            quotas.iter().map(|(_, most)| i32::try_from(*most).unwrap_or(i32::MAX)).collect();
        let rows =
            sqlx::query_file!("queries/release_held.sql", &registrations, &most, now.to_utc())
                .fetch_all(&mut *connection)
                .await?;
        for row in rows {
            released.deliveries += u64::try_from(row.deliveries).unwrap_or(0);
            first.insert(RegistrationId(row.registration_id), DeliveryId(row.one));
        }
    }
    released.deliveries += bundles::release(connection, &decided.bundles, now).await?;
    Ok(first)
}
