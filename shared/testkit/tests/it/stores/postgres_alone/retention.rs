//! Days of records: they are dropped as partitions, and what is needed of them is not.

use anyhow::Context;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{ReplayOutcome, Store};
use postrider_domain::{
    DeliveryId, DeliveryState, EventId, Removed, RetentionPolicy, Settlement, Timestamp, Visibility,
};
use postrider_testkit::conformance::stores::CaseResult;
use postrider_testkit::conformance::stores::given::{self, NOW};
use postrider_testkit::databases::PostgresDatabase;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{DAY, count, partitions_of};

const ALL: Visibility = Visibility::All;
const DEAD: Settlement = Settlement::Dead { reason: DeadReason::Exhausted };

/// Days after [`NOW`].
fn day(days: u32) -> Timestamp {
    NOW + DAY * days
}

/// Removes until there is no more; what was removed, and how many days.
async fn remove_all(store: &dyn Store, now: Timestamp) -> anyhow::Result<Removed> {
    let mut total = Removed::default();
    loop {
        let removed = store.remove_expired(&RetentionPolicy::default(), now, 100).await?;
        total.partitions += removed.partitions;
        total.events += removed.events;
        total.attempts += removed.attempts;
        total.deliveries += removed.deliveries;
        if !removed.more {
            return Ok(total);
        }
    }
}

/// A database with partitions from today to the day after tomorrow.
async fn with_days() -> anyhow::Result<PostgresDatabase> {
    let database = PostgresDatabase::create().await;
    database.store().prepare_storage(NOW, 2 * DAY).await?;
    Ok(database)
}

async fn events_of(store: &dyn Store, deliveries: &[DeliveryId]) -> anyhow::Result<Vec<EventId>> {
    let mut events = Vec::new();
    for delivery in deliveries {
        events.push(given::look(store, *delivery).await?.event);
    }
    Ok(events)
}

async fn ids(connection: &mut PgConnection, table: &str) -> anyhow::Result<Vec<uuid::Uuid>> {
    let statement = AssertSqlSafe(format!("SELECT id FROM {table} ORDER BY id"));
    Ok(sqlx::query_scalar(statement).fetch_all(connection).await?)
}

#[tokio::test]
async fn a_day_goes_as_a_whole_once_all_of_it_is_too_old() -> CaseResult {
    let database = with_days().await?;
    let store = database.store();
    let delivered = given::delivered(store.as_ref()).await?;
    let mut connection = database.connect().await;

    // At eight in the morning of the last day the rest of it is not old enough.
    let removed = remove_all(store.as_ref(), day(30)).await?;
    assert_eq!(removed.partitions, 0);
    let removed = remove_all(store.as_ref(), day(31)).await?;
    assert_eq!((removed.partitions, removed.deliveries), (2, 1));
    assert_eq!((removed.events, removed.attempts), (0, 0), "they went with their day");
    for table in ["events", "attempts"] {
        let expected = ["20261122", "20261123", "default"].map(|day| format!("{table}_{day}"));
        assert_eq!(partitions_of(&mut connection, table).await?, expected);
        assert_eq!(count(&mut connection, table).await?, 0);
    }
    assert_eq!(store.find_delivery(ALL, delivered.delivery()).await?, None);
    Ok(())
}

#[tokio::test]
async fn what_is_needed_of_a_day_moves_to_the_default_partition() -> CaseResult {
    let database = with_days().await?;
    let store = database.store();
    let given::Pending { deliveries, .. } = given::pending_of(store.as_ref(), 3).await?;
    let [delivered, dead, pending] = deliveries[..] else { anyhow::bail!("there are three") };
    given::settle(store.as_ref(), delivered, Settlement::Delivered, NOW).await?;
    given::settle(store.as_ref(), dead, DEAD, NOW).await?;
    let held = given::held(store.as_ref()).await?.delivery();
    let waiting = given::event(store.as_ref()).await?;
    let mut needed: Vec<_> = events_of(store.as_ref(), &[dead, pending, held]).await?;
    needed.push(waiting);
    let before = given::report(store.as_ref(), dead).await?;

    remove_all(store.as_ref(), day(31)).await?;
    let mut connection = database.connect().await;
    let kept: Vec<_> = needed.iter().map(|event| event.0).collect();
    assert_eq!(ids(&mut connection, "events_default").await?, kept);
    assert_eq!(ids(&mut connection, "events").await?, kept);
    assert_eq!(given::report(store.as_ref(), dead).await?, before, "with its attempt");
    assert_eq!(count(&mut connection, "attempts_default").await?, 1);
    assert_eq!(given::claim(store.as_ref(), &[pending], day(31)).await?.len(), 1);
    assert!(!store.find_event(ALL, waiting).await?.context("it is there")?.dispatched);

    // From there they go when their delivery does.
    remove_all(store.as_ref(), day(91)).await?;
    let kept: Vec<_> = needed[1..].iter().map(|event| event.0).collect();
    assert_eq!(ids(&mut connection, "events").await?, kept);
    assert_eq!(count(&mut connection, "attempts").await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_day_whose_deliveries_are_not_removed_yet_stays() -> CaseResult {
    let database = with_days().await?;
    let store = database.store();
    for _ in 0..3 {
        given::delivered(store.as_ref()).await?;
    }
    let mut connection = database.connect().await;
    let removed = store.remove_expired(&RetentionPolicy::default(), day(31), 2).await?;
    assert!(removed.more && removed.partitions == 0, "{removed:?}");
    assert_eq!(count(&mut connection, "events_20261121").await?, 3);
    let removed = remove_all(store.as_ref(), day(31)).await?;
    assert_eq!(removed.partitions, 2);
    Ok(())
}

#[tokio::test]
async fn a_busy_table_is_given_up_and_shows_as_a_lag_until_it_is_free() -> CaseResult {
    let database = with_days().await?;
    let store = database.store();
    let delivered = given::delivered(store.as_ref()).await?;
    let event = given::look(store.as_ref(), delivered.delivery()).await?.event;
    let mut other = database.connect().await;
    let mut transaction = other.begin().await?;
    // As a replay keeps the event it needs.
    sqlx::query("SELECT FROM events WHERE id = $1 FOR SHARE")
        .bind(event.0)
        .execute(&mut *transaction)
        .await?;
    let removed = remove_all(store.as_ref(), day(32)).await?;
    assert_eq!((removed.partitions, removed.deliveries), (0, 1));
    let policy = RetentionPolicy::default();
    let lag = store.retention_lag(&policy, day(32)).await?;
    assert!(lag > DAY && lag <= 2 * DAY, "{lag:?}");

    transaction.rollback().await?;
    // Two days of both tables.
    assert_eq!(remove_all(store.as_ref(), day(32)).await?.partitions, 4);
    assert!(store.retention_lag(&policy, day(32)).await?.is_zero());
    Ok(())
}

#[tokio::test]
async fn processes_that_remove_at_once_drop_each_day_once_and_nothing_that_is_needed() -> CaseResult
{
    let database = with_days().await?;
    let store = database.store();
    let mut dead = Vec::new();
    for _ in 0..20 {
        given::delivered(store.as_ref()).await?;
        let delivery = given::pending(store.as_ref()).await?.delivery();
        given::settle(store.as_ref(), delivery, DEAD, NOW).await?;
        dead.push(delivery);
    }
    let (one, two, three) = tokio::try_join!(
        remove_all(store.as_ref(), day(31)),
        remove_all(store.as_ref(), day(31)),
        remove_all(store.as_ref(), day(31)),
    )?;
    let rest = remove_all(store.as_ref(), day(31)).await?;
    let all = [one, two, three, rest];
    assert_eq!(all.iter().map(|removed| removed.deliveries).sum::<u64>(), 20);
    assert_eq!(all.iter().map(|removed| removed.partitions).sum::<u64>(), 2);
    for delivery in dead {
        let replayed = store.replay_delivery(ALL, delivery, day(31)).await?;
        assert_eq!(replayed, Some(ReplayOutcome::Replayed));
        assert_eq!(given::look(store.as_ref(), delivery).await?.state, DeliveryState::Pending);
        assert_eq!(given::claim(store.as_ref(), &[delivery], day(31)).await?.len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn columns_of_a_later_version_move_with_their_rows() -> CaseResult {
    let database = with_days().await?;
    let store = database.store();
    let pending = given::pending(store.as_ref()).await?.delivery();
    let mut connection = database.connect().await;
    for statement in
        ["ALTER TABLE events ADD COLUMN later text", "UPDATE events SET later = 'kept'"]
    {
        sqlx::query(statement).execute(&mut connection).await?;
    }
    remove_all(store.as_ref(), day(31)).await?;
    assert_eq!(given::claim(store.as_ref(), &[pending], day(31)).await?.len(), 1);
    let later: Vec<Option<String>> =
        sqlx::query_scalar("SELECT later FROM events_default").fetch_all(&mut connection).await?;
    assert_eq!(later, [Some("kept".to_owned())]);
    Ok(())
}
