//! The inbox visits what it is asked about, and stops where it is to stop, among a hundred thousand
//! received webhooks.

use postrider_testkit::conformance::inbox::{CaseResult, given};
use postrider_testkit::conformance::stores::given::{NOW, RESCUE_AT};
use postrider_testkit::databases::{Database, PostgresDatabase};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::super::{count, generic_plan, prepared_plan};
use super::{assert_frugal, run};

const CLAIM: &str = include_str!("../../../../../../store-postgres/queries/claim_inbox.sql");
const DUE: &str = include_str!("../../../../../../store-postgres/queries/take_due_inbox.sql");
const FLOOR: &str = include_str!("../../../../../../store-postgres/queries/find_inbox_floor.sql");
const LIST: &str = include_str!("../../../../../../store-postgres/queries/list_inbox.sql");
const RECORD: &str = include_str!("../../../../../../store-postgres/queries/record_run.sql");
const REMOVE: &str = include_str!("../../../../../../store-postgres/queries/remove_inbox.sql");

/// Types of the parameters of [`CLAIM`], [`DUE`], [`FLOOR`], [`LIST`], [`RECORD`] and [`REMOVE`].
const CLAIM_TYPES: &str = "uuid[], timestamptz, timestamptz, uuid, timestamptz, integer";
const DUE_TYPES: &str = "timestamptz, timestamptz, bigint";
const FLOOR_TYPES: &str = "text, text, text, uuid, uuid, uuid, bigint";
const LIST_TYPES: &str =
    "text, text, text, text, timestamptz, timestamptz, uuid, uuid, uuid, bigint";
const RECORD_TYPES: &str = "uuid, integer, uuid, text, timestamptz, timestamptz, text, text, text, \
                            timestamptz, boolean";
const REMOVE_TYPES: &str = "text, timestamptz, bigint, bigint";

/// A hundred thousand, of which one in ten is dead and one in ten waits for its retry; nine in ten are
/// of one address, the others of a thousand. Some were settled long before [`NOW`].
async fn fill(connection: &mut PgConnection) -> anyhow::Result<()> {
    let states = "CASE n % 10 WHEN 0 THEN 'dead' WHEN 1 THEN 'pending' ELSE 'processed' END";
    run(
        connection,
        format!(
            "INSERT INTO inbox.items (
                 id, receiver, address_id, actions, dedupe_key, received_at, state, done, failures,
                 runs, replays, duplicates, wanted_at, due_at, leased_until, settled_at, method,
                 query, headers, body
             )
             SELECT
                 (to_char(n, 'FM00000000') || '-0000-7000-8000-000000000000')::uuid,
                 CASE n / 10 % 10 WHEN 0 THEN 'rare' || n / 100 % 30 ELSE 'github' END,
                 CASE n / 10 % 10 WHEN 1 THEN 'rare' || n / 100 ELSE 'org' END,
                 ARRAY['push'], 'key ' || n, '{NOW}', {states}, '{{}}', 0, 1, 0, 0,
                 '{RESCUE_AT}',
                 CASE n % 10 WHEN 1 THEN '{RESCUE_AT}'::timestamptz END, 'epoch',
                 CASE WHEN n % 10 <> 1 THEN '{NOW}'::timestamptz - n * interval '1 minute' END,
                 'POST', '', '[]', ''
             FROM generate_series(1, 100000) AS n;
             INSERT INTO inbox.runs (
                 item_id, number, lease_token, handler, started_at, ended_at, outcome, applied
             )
             SELECT id, 1, id, 'store', '{NOW}', '{NOW}', 'done', true FROM inbox.items"
        ),
    )
    .await
}

/// The plan of a statement about the list, made with its values in mind as the store's lists are.
async fn list_plan(
    connection: &mut PgConnection,
    types: &str,
    statement: &str,
    values: &str,
) -> anyhow::Result<String> {
    for statement in [
        "DEALLOCATE ALL".to_owned(),
        "SET plan_cache_mode = force_custom_plan".to_owned(),
        "SET jit = off".to_owned(),
    ] {
        run(connection, statement).await?;
    }
    let prepare = AssertSqlSafe(format!("PREPARE plan ({types}) AS {statement}"));
    sqlx::raw_sql(prepare).execute(&mut *connection).await?;
    prepared_plan(connection, values).await
}

/// All ids, as values.
fn all() -> String {
    format!("'{}', '{}'", Uuid::nil(), Uuid::max())
}

/// The statements of workers and scheduler about an item, in the order of its life: their types, text
/// and values.
fn statements(item: Uuid) -> [(&'static str, &'static str, String); 4] {
    let token = given::id::<Uuid>();
    [
        (DUE_TYPES, DUE, format!("'{RESCUE_AT}', '{RESCUE_AT}', 100")),
        (
            CLAIM_TYPES,
            CLAIM,
            format!("ARRAY['{item}'::uuid], '{NOW}', '{NOW}', '{token}', '{RESCUE_AT}', 65536"),
        ),
        (
            RECORD_TYPES,
            RECORD,
            format!(
                "'{item}', 1, '{token}', 'store', '{NOW}', '{NOW}', 'done', NULL, 'processed', \
                 NULL, false"
            ),
        ),
        (REMOVE_TYPES, REMOVE, format!("'processed', '{NOW}', 100, 67108864")),
    ]
}

#[tokio::test]
async fn a_page_of_the_inbox_costs_the_same_however_many_there_are() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let mut connection = database.connect().await;
    fill(&mut connection).await?;
    run(&mut connection, "VACUUM ANALYZE".to_owned()).await?;
    for (filter, index) in [
        ("NULL, NULL, NULL, NULL", "inbox_items_pkey"),
        ("NULL, NULL, NULL, 'dead'", "inbox_items_dead"),
        ("NULL, NULL, NULL, 'pending'", "inbox_items_pending"),
        ("'rare7', NULL, NULL, NULL", "inbox_items_receiver"),
        ("'github', 'rare7', NULL, NULL", "inbox_items_address"),
    ] {
        let values = format!("{filter}, NULL, NULL, {}, NULL, 10", all());
        let plan = list_plan(&mut connection, LIST_TYPES, LIST, &values).await?;
        assert_frugal(&plan);
        assert!(plan.contains(index), "{filter}: {plan}");
    }
    Ok(())
}

#[tokio::test]
async fn where_a_search_of_the_inbox_ends_costs_as_much_as_is_looked_at() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let mut connection = database.connect().await;
    fill(&mut connection).await?;
    run(&mut connection, "VACUUM ANALYZE".to_owned()).await?;
    for (filter, index) in [
        ("NULL, NULL, NULL", "inbox_items_pkey"),
        ("NULL, NULL, 'pending'", "inbox_items_pending"),
        ("NULL, NULL, 'dead'", "inbox_items_dead"),
        ("'rare7', NULL, NULL", "inbox_items_receiver"),
        ("'github', 'rare7', NULL", "inbox_items_address"),
    ] {
        let values = format!("{filter}, {}, NULL, 200", all());
        let plan = list_plan(&mut connection, FLOOR_TYPES, FLOOR, &values).await?;
        assert_frugal(&plan);
        assert!(plan.contains(index), "{filter}: {plan}");
    }
    Ok(())
}

#[tokio::test]
async fn what_workers_and_scheduler_do_costs_the_same_however_many_others_there_are() -> CaseResult
{
    let database = PostgresDatabase::create().await;
    let store = database.inbox().await;
    let mut connection = database.connect().await;
    fill(&mut connection).await?;
    let item = given::pending(&*store).await?.0;
    run(&mut connection, "VACUUM ANALYZE".to_owned()).await?;

    for (types, statement, values) in statements(item) {
        run(&mut connection, "DEALLOCATE ALL".to_owned()).await?;
        let plan = generic_plan(&mut connection, types, statement, &values).await?;
        assert_frugal(&plan);
    }
    let processed = format!("inbox.items WHERE id = '{item}' AND state = 'processed'");
    assert_eq!(count(&mut connection, &processed).await?, 1);
    assert_eq!(count(&mut connection, "inbox.items").await?, 100_001 - 100);
    assert_eq!(count(&mut connection, "inbox.runs").await?, 100_001 - 100);
    Ok(())
}

#[tokio::test]
async fn a_plan_from_when_the_inbox_was_empty_costs_the_same_when_it_is_full() -> CaseResult {
    let item: Uuid = "00000001-0000-7000-8000-000000000000".parse()?;
    for (types, statement, values) in statements(item) {
        let database = PostgresDatabase::create().await;
        let mut connection = database.connect().await;
        // Nobody analyses it meanwhile, which would make another plan.
        run(&mut connection, "ALTER TABLE inbox.items SET (autovacuum_enabled = off)".to_owned())
            .await?;
        run(&mut connection, "VACUUM ANALYZE".to_owned()).await?;
        generic_plan(&mut connection, types, statement, &values).await?;
        fill(&mut connection).await?;
        assert_frugal(&prepared_plan(&mut connection, &values).await?);
    }
    Ok(())
}
