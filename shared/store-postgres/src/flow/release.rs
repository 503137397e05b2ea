//! Letting go what is held.

use std::collections::HashMap;
use std::time::Duration;

use postrider_domain::flow::{Release, ReleasePolicy, Waiting};
use postrider_domain::ports::{Released, StoreError};
use postrider_domain::{
    Batching, DeliveryId, DeliveryOptions, FlowState, RegistrationId, Timestamp,
};
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

/// A registration whose time to be looked at has come.
struct Due {
    flow: LoadedFlow,
    options: DeliveryOptions,
    waiting: Waiting,
}

impl Due {
    /// How many of what is held go in one delivery.
    fn events(&self) -> u32 {
        self.options.batch.map_or(1, |batch| batch.max_events().into())
    }

    /// How many deliveries would empty it.
    fn wanted(&self) -> u32 {
        self.waiting.held.div_ceil(self.events())
    }
}

/// What is decided, of all registrations together.
#[derive(Default)]
struct Decided {
    singles: Vec<(RegistrationId, u32)>,
    probes: Vec<RegistrationId>,
    bundles: Vec<BundleQuota>,
    /// Whether more could have gone than was asked for.
    cut: bool,
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
    let decided = decide(&mut due, policy, now, limit);
    let mut released = Released::default();
    let first = let_go(&mut transaction, &decided, now, &mut released).await.map_err(&failed)?;
    for due in &mut due {
        let registration = due.flow.registration;
        if decided.probes.contains(&registration)
            && let Some(probe) = first.get(&registration)
        {
            due.flow.state.probe_with(*probe, policy, now);
            released.probes += 1;
        }
    }
    let flows: Vec<_> = due.into_iter().map(|due| due.flow).collect();
    save_flows(&mut *transaction, &flows).await.map_err(&failed)?;
    transaction.commit().await.map_err(failed)?;
    // Those that have something left are to be looked at again, but after all others.
    released.more = decided.cut || (is_full && is_news);
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
            let alone = options.batch.map_or(1, |batch| u32::from(batch.max_events()));
            let waiting = Waiting {
                stopped: row.stopped,
                released: count(row.released),
                held: count(row.alone).saturating_mul(alone).saturating_add(count(row.joinable)),
                oldest_at: row.oldest_joinable_at.map(Timestamp::from),
            };
            Ok(Due { flow: flow.try_into()?, options, waiting })
        };
        Some(read())
    });
    Ok(readable(due))
}

/// Decides for each of `due` what goes, `limit` deliveries together. Those that ask for little get all
/// of it, and the others share the rest, so that none that has much keeps another one waiting.
fn decide(due: &mut [Due], policy: &ReleasePolicy, now: Timestamp, limit: u32) -> Decided {
    due.sort_by_key(Due::wanted);
    let (mut decided, mut left) = (Decided::default(), limit);
    let total = due.len();
    for (index, due) in due.iter_mut().enumerate() {
        let others = u32::try_from(total - index).unwrap_or(u32::MAX);
        // Never none, since there are no more registrations than deliveries may go.
        let share = left.div_ceil(others);
        let held = due.waiting.held.min(share.saturating_mul(due.events()));
        let is_cut = held < due.waiting.held;
        let waiting = Waiting { held, ..due.waiting };
        let registration = due.flow.registration;
        let state: &mut FlowState = &mut due.flow.state;
        let count = match state.release(waiting, &due.options, policy, now) {
            Release::Nothing => 0,
            Release::Probe => {
                decided.probes.push(registration);
                1
            }
            Release::Deliveries(count) => {
                decided.singles.push((registration, count));
                count
            }
            Release::Bundles { bundles, events } => {
                decided.bundles.push(BundleQuota { registration, bundles, events });
                bundles
            }
        };
        decided.cut |= is_cut && count == share;
        left -= count;
    }
    decided
}

/// Lets go what is decided; one delivery of each registration whose deliveries go one by one.
async fn let_go(
    connection: &mut PgConnection,
    decided: &Decided,
    now: Timestamp,
    released: &mut Released,
) -> Result<HashMap<RegistrationId, DeliveryId>, sqlx::Error> {
    let singles = decided.singles.iter().copied();
    let quotas: Vec<_> = singles.chain(decided.probes.iter().map(|probe| (*probe, 1))).collect();
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
