//! What only Postgres promises: partitions, plans that do not grow with the tables, and an early
//! answer when the database is away.

mod locks;
mod plans;
mod replays;
mod retention;
mod sealing;
mod sides;
mod waiting;

use std::time::Duration;

use postrider_domain::ports::{OperationsStore, StoreError};
use postrider_store_postgres::{PoolSettings, PostgresStore};
use postrider_testkit::conformance::stores::CaseResult;
use postrider_testkit::conformance::stores::given::{self, NOW};
use postrider_testkit::databases::{PostgresDatabase, keyring};
use sqlx::{AssertSqlSafe, PgConnection, Row};
use tokio::net::TcpListener;
use tokio::time::timeout;

const DAY: Duration = Duration::from_hours(24);

async fn partitions_of(connection: &mut PgConnection, table: &str) -> anyhow::Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY 1",
    )
    .bind(table)
    .fetch_all(connection)
    .await?)
}

async fn count(connection: &mut PgConnection, table: &str) -> anyhow::Result<i64> {
    let statement = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    Ok(sqlx::query_scalar(statement).fetch_one(connection).await?)
}

/// The plan of a statement that is prepared once and run with any values, run with none in mind.
async fn generic_plan(
    connection: &mut PgConnection,
    types: &str,
    statement: &str,
    values: &str,
) -> anyhow::Result<String> {
    for set in [
        "SET plan_cache_mode = force_generic_plan",
        "SET jit = off",
        "SET enable_seqscan = off",
        "SET enable_bitmapscan = off",
        "SET enable_hashjoin = off",
        "SET enable_mergejoin = off",
        "SET enable_material = off",
    ] {
        sqlx::raw_sql(set).execute(&mut *connection).await?;
    }
    let prepare = AssertSqlSafe(format!("PREPARE plan ({types}) AS {statement}"));
    sqlx::raw_sql(prepare).execute(&mut *connection).await?;
    prepared_plan(connection, values).await
}

/// The plan of the statement that was prepared last, which is the one that was made then.
async fn prepared_plan(connection: &mut PgConnection, values: &str) -> anyhow::Result<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN (ANALYZE, COSTS OFF) EXECUTE plan ({values})"));
    let rows = sqlx::raw_sql(explain).fetch_all(connection).await?;
    let lines: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    Ok(lines.join("\n"))
}

#[tokio::test]
async fn there_is_a_partition_for_each_day_from_today_on() -> CaseResult {
    let database = PostgresDatabase::create().await;
    assert_eq!(database.store().prepare_storage(NOW, 2 * DAY).await?, 6);
    assert_eq!(database.store().prepare_storage(NOW + DAY, 2 * DAY).await?, 2);
    let mut connection = database.connect().await;
    for table in ["events", "attempts"] {
        let days = ["20261121", "20261122", "20261123", "20261124", "default"];
        let expected = days.map(|day| format!("{table}_{day}"));
        assert_eq!(partitions_of(&mut connection, table).await?, expected);
    }
    Ok(())
}

#[tokio::test]
async fn records_go_to_the_partition_of_their_day() -> CaseResult {
    let database = PostgresDatabase::create().await;
    database.store().prepare_storage(NOW, DAY).await?;
    given::delivered(database.store().as_ref()).await?;
    let mut connection = database.connect().await;
    for table in ["events", "attempts"] {
        assert_eq!(count(&mut connection, &format!("{table}_20261121")).await?, 1);
        assert_eq!(count(&mut connection, &format!("{table}_default")).await?, 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_day_whose_records_are_in_the_default_partition_stays_there() -> CaseResult {
    let database = PostgresDatabase::create().await;
    given::event(database.store().as_ref()).await?;
    // Today's events have a home already; today's attempts and both tables' tomorrow do not.
    assert_eq!(database.store().prepare_storage(NOW, DAY).await?, 3);
    let mut connection = database.connect().await;
    let events = partitions_of(&mut connection, "events").await?;
    assert_eq!(events, ["events_20261122", "events_default"]);
    given::event(database.store().as_ref()).await?;
    assert_eq!(count(&mut connection, "events_default").await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_look_up_by_id_visits_one_of_many_partitions() -> CaseResult {
    let database = PostgresDatabase::create().await;
    database.store().prepare_storage(NOW, 20 * DAY).await?;
    let pending = given::pending_of(database.store().as_ref(), 3).await?;
    let mut connection = database.connect().await;
    let ids: Vec<_> =
        pending.deliveries.iter().map(|delivery| format!("'{}'", delivery.0)).collect();
    let plan = generic_plan(
        &mut connection,
        "uuid[]",
        "SELECT e.id FROM deliveries AS d JOIN events AS e ON e.id = d.event_id WHERE d.id = ANY ($1)",
        &format!("ARRAY[{}]::uuid[]", ids.join(", ")),
    )
    .await?;
    let on_events: Vec<_> = plan.lines().filter(|line| line.contains(" on events_")).collect();
    assert_eq!(on_events.len(), 22, "{plan}");
    let visited = on_events.iter().filter(|line| !line.contains("never executed"));
    assert_eq!(visited.count(), 1, "{plan}");
    Ok(())
}

#[tokio::test]
async fn a_database_without_the_schema_is_told_apart() -> CaseResult {
    let database = PostgresDatabase::create_empty().await;
    let refused = database.store().check().await;
    assert!(matches!(refused, Err(StoreError::Rejected { operation: "check", .. })), "{refused:?}");
    database.store().migrate().await?;
    database.store().check().await?;
    Ok(())
}

#[tokio::test]
async fn a_schema_ahead_of_this_version_will_do() -> CaseResult {
    let database = PostgresDatabase::create().await;
    sqlx::raw_sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of a later version', true, '', 0)",
    )
    .execute(&mut database.connect().await)
    .await?;
    database.store().check().await?;
    database.store().migrate().await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_never_answers_is_unavailable_after_the_acquire_timeout() -> CaseResult {
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("postgres://postgres@{}/x", silent.local_addr()?);
    let settings =
        PoolSettings { acquire_timeout: Duration::from_millis(200), ..PoolSettings::default() };
    let store = PostgresStore::connect(&url, settings, keyring())?;
    let failed = timeout(Duration::from_secs(30), store.backlog(NOW)).await?;
    assert!(matches!(failed, Err(StoreError::Unavailable { .. })), "{failed:?}");
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_gone_is_unavailable() -> CaseResult {
    let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let settings =
        PoolSettings { acquire_timeout: Duration::from_millis(200), ..PoolSettings::default() };
    let store =
        PostgresStore::connect(&format!("postgres://postgres@{address}/x"), settings, keyring())?;
    for failed in [store.check().await, store.migrate().await] {
        assert!(matches!(failed, Err(StoreError::Unavailable { .. })), "{failed:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_address_of_a_database_is_rejected() {
    let refused =
        PostgresStore::connect("postgres://host:port", PoolSettings::default(), keyring());
    assert!(matches!(refused, Err(StoreError::Rejected { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_store_goes_on_when_its_connections_were_cut() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let store = database.store();
    given::event(store.as_ref()).await?;
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&mut database.connect().await)
    .await?;
    // Each connection of the pool may cost one call, and no more.
    let mut failures = 0;
    while let Err(failed) =
        store.accept_events(&[given::submission(&[given::new_event()?])], NOW).await
    {
        assert!(failed.is_transient(), "{failed:?}");
        failures += 1;
        assert!(failures <= 8);
    }
    Ok(())
}

#[tokio::test]
async fn one_bad_row_does_not_keep_the_others_from_being_claimed() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let store = database.store();
    let bad = given::pending(store.as_ref()).await?;
    let good = given::pending(store.as_ref()).await?;
    sqlx::query("UPDATE registrations SET uri = 'not a uri' WHERE id = $1")
        .bind(bad.registration.id.0)
        .execute(&mut database.connect().await)
        .await?;
    let both = [bad.delivery(), good.delivery()];
    let claimed = given::claim(store.as_ref(), &both, NOW).await?;
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].delivery, good.delivery());

    let found =
        store.find_registration(postrider_domain::Visibility::All, bad.registration.id).await;
    assert!(matches!(found, Err(StoreError::Corrupt { table: "registrations", .. })), "{found:?}");
    Ok(())
}

#[tokio::test]
async fn a_claim_touches_no_index() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let store = database.store();
    let pending = given::pending_of(store.as_ref(), 20).await?;
    assert_eq!(given::claim(store.as_ref(), &pending.deliveries, NOW).await?.len(), 20);
    // Statistics are sent at the latest when a connection ends; asked for here, on the one of the
    // claim, they would be late.
    let mut connection = database.connect().await;
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        .execute(&mut connection)
        .await?;
    let updates = loop {
        let (all, hot): (i64, i64) = sqlx::query_as(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'deliveries'",
        )
        .fetch_one(&mut connection)
        .await?;
        if all > 0 {
            break (all, hot);
        }
    };
    assert_eq!(updates, (20, 20));
    Ok(())
}
