//! What the statements that the scheduler and the workers run all the time cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use postrider_domain::flow::ReleasePolicy;
use postrider_domain::ports::{FlowStore, OperationsStore};
use postrider_domain::{Clock, HoldPolicy, Ids, Timestamp};
use postrider_vault::Keyring;
use sqlx::{Row, SqliteConnection};
use tempfile::TempDir;

use crate::SqliteStore;
use crate::pools::Commit;

/// What may be read from end to end, since it is no table.
const SMALL: [&str; 8] = [
    "(subquery",
    "CONSTANT ROW",
    "holder",
    "measured",
    "carrier VIRTUAL TABLE",
    "flow VIRTUAL TABLE",
    "json_each VIRTUAL TABLE",
    "made VIRTUAL TABLE",
];

async fn migrated(folder: &TempDir) -> SqliteStore {
    let file = folder.path().join("postrider.db");
    let keyring = Keyring::parse([&Keyring::generate_key()]).unwrap();
    let store = SqliteStore::connect(file.to_str().unwrap(), Arc::new(keyring)).await.unwrap();
    store.migrate().await.unwrap();
    store
}

async fn plan(store: &SqliteStore, statement: &'static str) -> Vec<String> {
    let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let rows = sqlx::query(sql).fetch_all(&store.readers).await.unwrap();
    rows.into_iter().map(|row| row.get("detail")).collect()
}

#[tokio::test]
async fn no_statement_that_holds_or_lets_go_reads_a_table_from_end_to_end_or_sorts_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder).await;
    for statement in [
        include_str!("../../queries/find_due_flows.sql"),
        include_str!("../../queries/find_members.sql"),
        include_str!("../../queries/find_overflow.sql"),
        include_str!("../../queries/find_overflowing.sql"),
        include_str!("../../queries/find_standings.sql"),
        include_str!("../../queries/find_waiting.sql"),
        include_str!("../../queries/flow_of.sql"),
        include_str!("../../queries/settle_deliveries.sql"),
        include_str!("../../queries/write_flow.sql"),
    ] {
        let plan = plan(&store, statement).await;
        assert!(plan.iter().any(|step| step.starts_with("SEARCH ")), "{plan:#?}");
        for step in &plan {
            assert!(!step.contains("AUTOMATIC"), "an index is made of a whole table: {step}");
            let Some(scanned) = step.strip_prefix("SCAN ") else { continue };
            let small = SMALL.iter().any(|name| scanned.starts_with(name));
            assert!(small, "{statement}: {step}");
        }
    }
}

/// Of a million held deliveries the oldest are read, and not all of them sorted.
#[tokio::test]
async fn the_oldest_held_deliveries_are_read_in_the_order_of_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder).await;
    for statement in [
        include_str!("../../queries/find_waiting.sql"),
        include_str!("../../queries/find_overflowing.sql"),
        include_str!("../../queries/find_due_flows.sql"),
    ] {
        let plan = plan(&store, statement).await;
        let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
        assert!(!sorts, "{plan:#?}");
        assert!(plan.iter().any(|step| step.contains("deliveries_waiting")), "{plan:#?}");
    }
}

/// When everything here happens.
const NOW: Timestamp = Timestamp::from_micros(1_795_248_000_000_000);

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// A registration whose time to be looked at has come, and for which `$1` deliveries of bundles that
/// are on their way are held, and after these `$2` others.
const HELD: &str = "
    INSERT INTO users (id, name, name_key, role, password_hash, disabled, created_at)
    VALUES (x'01', 'ada', 'ada', 'user', '', 0, 0);
    INSERT INTO registrations (
        id, owner_id, uri, secret, filters, headers, properties, paused, created_at, updated_at,
        paced
    )
    VALUES (randomblob(16), x'01', 'https://a.example', '', '', '', '', 0, 0, 0, 1);
    INSERT INTO registration_flow (registration_id, release_at) SELECT id, 0 FROM registrations;
    WITH RECURSIVE number (n) AS (
        SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < $members + $others
    )
    INSERT INTO deliveries (
        id, event_id, registration_id, state, hold_reason, attempts, earlier_rounds, created_at,
        wanted_at, leased_until, bundle_id
    )
    SELECT
        unhex(printf('%012x%020x', $now / 1000, n)), randomblob(16), r.id, 'held', 'paced', 0, 0, $now, $now, 0,
        iif(n <= $members, x'02', NULL)
    FROM number, registrations AS r;
";

/// Counts the steps of the engine on a connection from now on.
async fn count_steps(connection: &mut SqliteConnection, steps: &Arc<AtomicU64>) {
    let steps = Arc::clone(steps);
    connection.lock_handle().await.unwrap().set_progress_handler(1, move || {
        steps.fetch_add(1, Ordering::Relaxed);
        true
    });
}

/// How many steps of the engine the scheduler's work takes where so much is held.
async fn steps_of_the_scheduler(members: u32, others: u32) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder).await;
    let steps = Arc::new(AtomicU64::new(0));
    let mut transaction = store.write(Commit::Relaxed).await.unwrap();
    let sql = HELD
        .replace("$members", &members.to_string())
        .replace("$others", &others.to_string())
        .replace("$now", &NOW.as_micros().to_string());
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *transaction).await.unwrap();
    count_steps(&mut transaction, &steps).await;
    transaction.commit().await.unwrap();
    count_steps(&mut store.readers.acquire().await.unwrap(), &steps).await;
    steps.store(0, Ordering::Relaxed);

    let policy = ReleasePolicy { ramp_first: 5, ramp_max: 5, ..ReleasePolicy::default() };
    let released = store.release_held(&policy, NOW, 100).await.unwrap();
    assert_eq!(released.deliveries, 5);
    let ids = Ids::seeded(Arc::new(Fixed), 1);
    let max_age = Duration::from_hours(1);
    let policy = HoldPolicy { max_age, max_count: 1000, ..HoldPolicy::default() };
    let overfull = store.find_overflow(&policy, NOW).await.unwrap();
    let progress = store.give_up_overflow(&overfull, &policy, &ids, NOW, 7).await.unwrap();
    assert_eq!(progress.given_up[0].deliveries, 7);
    steps.load(Ordering::Relaxed)
}

#[tokio::test]
async fn a_registration_with_very_many_held_costs_no_more_than_one_with_some() {
    let some = steps_of_the_scheduler(0, 1500).await;
    assert!(some > 1000, "{some} is about as many as are counted");
    for (members, others) in [(0, 30_000), (30_000, 1500)] {
        let many = steps_of_the_scheduler(members, others).await;
        assert!(many < some + some / 10, "{many}, and {some} where some are held");
    }
}
