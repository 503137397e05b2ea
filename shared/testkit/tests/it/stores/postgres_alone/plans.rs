//! Statements of the hot path look rows up by key, however large the tables are: their plans, made
//! with no values in mind as the store's are, visit a few rows of tables of thousands.

mod activity;
mod flow;
mod inbox;
mod lists;

use postrider_domain::ports::RegistrationQuery;
use postrider_domain::{Registration, Visibility};
use postrider_testkit::conformance::stores::CaseResult;
use postrider_testkit::conformance::stores::given::{self, NOW, RESCUE_AT};
use postrider_testkit::databases::{Database, PostgresDatabase, keyring};
use sqlx::PgConnection;

use super::generic_plan;

const DISPATCH: &str = include_str!("../../../../../store-postgres/queries/dispatch_events.sql");

/// How many users there are, each with a registration.
const USERS: u32 = 20_000;

/// The most rows that any step of a plan may visit. Dispatch looks at up to 100 readers before it
/// begins with those who ask instead.
const FEW: f64 = 250.0;

/// A role that may read every kind.
const READERS: &str = "00000000-0000-7000-8000-000000000003";

/// Another role, whose permissions have ended.
const FORMER_READERS: &str = "00000000-0000-7000-8000-00000000000f";

/// Ends half of what they may read besides, before anything is dispatched.
const LONG_ENDED: &str = "UPDATE permissions SET ended_at = 'epoch'
    WHERE target LIKE 'other%' AND right(target, 1) < '5'";

/// Users with a registration each, which asks for whatever `filter` (an expression over the number
/// `n` of the user) says.
async fn fill(connection: &mut PgConnection, filter: &str) -> anyhow::Result<()> {
    let id =
        |first: &str| format!("('{first}0000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid");
    let (user, registration) = (id("4"), id("5"));
    let numbers = format!("generate_series(1, {USERS}) AS n");
    for statement in [
        format!(
            "INSERT INTO users (id, name, name_key, role, password_hash, disabled, created_at)
             SELECT {user}, 'n' || n, 'n' || n, 'user', '', false, 'epoch' FROM {numbers}"
        ),
        format!(
            "INSERT INTO registrations (
                 id, owner_id, uri, secret, filters, headers, properties, paused, created_at,
                 updated_at
             )
             SELECT {registration}, {user}, 'https://receiver.example/' || n, '', '[]', '', '{{}}',
                 false, 'epoch', 'epoch'
             FROM {numbers}"
        ),
        format!(
            "INSERT INTO registration_filters (owner_id, filter, registration_id)
             SELECT {user}, {filter}, {registration} FROM {numbers}"
        ),
        // What they may read besides, which is none of what is dispatched.
        format!(
            "INSERT INTO permissions (id, user_id, kind, scope, target, access, created_at)
             SELECT gen_random_uuid(), {user}, 'reports', 'one', 'other ' || n, 1, 'epoch'
             FROM {numbers}"
        ),
    ] {
        run(connection, statement).await?;
    }
    Ok(())
}

async fn run(connection: &mut PgConnection, statement: String) -> anyhow::Result<()> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}

/// Checks that no step of a plan reads a table from end to end, by whatever index.
fn assert_frugal(plan: &str) {
    assert!(!plan.contains("Seq Scan"), "{plan}");
    let number = |text: &str| text.split([' ', ')']).next().and_then(|text| text.parse().ok());
    for line in plan.lines() {
        let [rows, loops] = ["rows=", "loops="]
            .map(|name| line.split_once(name).and_then(|(_, rest)| number(rest)).unwrap_or(0.0));
        let removed = line
            .split_once("Rows Removed by")
            .and_then(|(_, rest)| number(rest.split_once(": ")?.1));
        assert!(f64::max(rows * loops, removed.unwrap_or(0.0)) <= FEW, "{line}\n{plan}");
    }
}

/// Dispatches an event about a report when [`USERS`] have registrations, and checks that it goes to
/// three of them and that the plan is frugal. Returns the plan.
async fn dispatch_among(filter: &str, permissions: &str) -> anyhow::Result<String> {
    let database = PostgresDatabase::create().await;
    let mut connection = database.connect().await;
    fill(&mut connection, filter).await?;
    run(&mut connection, permissions.to_owned()).await?;
    run(&mut connection, "VACUUM ANALYZE".to_owned()).await?;
    let event = given::event(database.store().as_ref()).await?;
    let plan = generic_plan(
        &mut connection,
        "uuid[], timestamptz, timestamptz",
        DISPATCH,
        &format!("ARRAY['{}'::uuid], '{NOW}', '{RESCUE_AT}'", event.0),
    )
    .await?;
    assert_frugal(&plan);
    assert_eq!(super::count(&mut connection, "deliveries").await?, 3, "{plan}");
    Ok(plan)
}

/// Whether only one of the two ways from an event to registrations was gone.
fn is_one_way(plan: &str) -> bool {
    let ways = plan.lines().filter(|line| line.contains(" on registration_filters "));
    let (gone, counted): (Vec<_>, Vec<_>) = ways.partition(|line| !line.contains("never executed"));
    // Those who ask are counted, too, unless those who may read were found to be few.
    matches!((gone.len(), counted.len()), (1, 2) | (2, 1))
}

#[tokio::test]
async fn dispatching_what_everybody_asks_for_and_few_may_read_costs_as_much_as_few() -> CaseResult {
    let plan = dispatch_among(
        "CASE n % 2 WHEN 0 THEN '*' ELSE 'reports' END",
        "INSERT INTO permissions (id, user_id, kind, scope, target, access, created_at)
         SELECT gen_random_uuid(), id, 'reports', 'any', '', 1, 'epoch'
         FROM users WHERE name_key IN ('n1', 'n2', 'n3')",
    )
    .await?;
    assert!(is_one_way(&plan), "{plan}");
    Ok(())
}

#[tokio::test]
async fn dispatching_what_everybody_may_read_by_a_role_and_few_ask_for_costs_as_much_as_few()
-> CaseResult {
    let plan = dispatch_among(
        "CASE WHEN n <= 3 THEN 'reports' ELSE 'tasks' END",
        &format!(
            "INSERT INTO role_members (role_id, user_id)
             SELECT '{READERS}', id FROM users WHERE name_key LIKE 'n%'"
        ),
    )
    .await?;
    assert!(is_one_way(&plan), "{plan}");
    Ok(())
}

#[tokio::test]
async fn dispatching_what_everybody_may_read_themselves_and_few_ask_for_costs_as_much_as_few()
-> CaseResult {
    dispatch_among(
        "CASE WHEN n <= 3 THEN '*' ELSE 'tasks' END",
        "INSERT INTO permissions (id, user_id, kind, scope, target, access, created_at)
         SELECT gen_random_uuid(), id, 'reports', 'any', '', 1, 'epoch' FROM users",
    )
    .await?;
    Ok(())
}

#[tokio::test]
async fn dispatching_to_few_of_many_roles_costs_as_much_as_few() -> CaseResult {
    dispatch_among(
        "'*'",
        "INSERT INTO roles (id, name, name_key, built_in, created_at, updated_at)
         SELECT id, name, name_key, false, 'epoch', 'epoch' FROM users;
         INSERT INTO role_members (role_id, user_id) SELECT id, id FROM users;
         INSERT INTO permissions (id, role_id, kind, scope, target, access, created_at)
         SELECT gen_random_uuid(), id, 'reports', 'one',
             CASE WHEN name_key IN ('n1', 'n2', 'n3') THEN '42' ELSE name_key END, 1, 'epoch'
         FROM users",
    )
    .await?;
    Ok(())
}

#[tokio::test]
async fn dispatching_to_the_few_whose_permission_has_ended_costs_as_much_as_few() -> CaseResult {
    let plan = dispatch_among(
        "'*'",
        &format!(
            "{LONG_ENDED};
             INSERT INTO permissions (id, user_id, kind, scope, target, access, created_at, ended_at)
             SELECT gen_random_uuid(), id, 'reports', 'one', '42', 1, 'epoch', '{NOW}'
             FROM users WHERE name_key IN ('n1', 'n2', 'n3')"
        ),
    )
    .await?;
    assert!(is_one_way(&plan), "{plan}");
    Ok(())
}

#[tokio::test]
async fn dispatching_to_the_few_who_ask_and_whose_permission_has_ended_costs_as_much_as_few()
-> CaseResult {
    let plan = dispatch_among(
        "CASE WHEN n <= 4 THEN 'reports' ELSE 'tasks' END",
        &format!(
            "{LONG_ENDED};
             INSERT INTO role_members (role_id, user_id)
             SELECT '{READERS}', id FROM users
             WHERE name_key LIKE 'n%' AND name_key NOT IN ('n1', 'n2', 'n3', 'n4');
             INSERT INTO roles (id, name, name_key, built_in, created_at, updated_at)
             VALUES ('{FORMER_READERS}', 'former', 'former', false, 'epoch', 'epoch');
             INSERT INTO role_members (role_id, user_id)
             SELECT '{FORMER_READERS}', id FROM users WHERE name_key IN ('n2', 'n3');
             INSERT INTO permissions (
                 id, user_id, role_id, kind, scope, target, access, created_at, ended_at
             )
             SELECT gen_random_uuid(), u.id, r.id, 'reports', 'one', '42', 1, 'epoch', '{NOW}'
             FROM (VALUES ('n1', NULL::uuid), (NULL, '{FORMER_READERS}')) AS h (name, id)
             LEFT JOIN users AS u ON u.name_key = h.name
             LEFT JOIN roles AS r ON r.id = h.id"
        ),
    )
    .await?;
    assert!(is_one_way(&plan), "{plan}");
    Ok(())
}

#[tokio::test]
async fn a_page_of_registrations_in_the_usual_order_costs_the_same_however_many_there_are()
-> CaseResult {
    let database = PostgresDatabase::create().await;
    let store = database.store();
    let mut connection = database.connect().await;
    fill(&mut connection, "'tasks'").await?;
    let owner = given::user(store.as_ref(), "owner").await?;
    for number in 0..3 {
        // Before all others; only these open.
        let uri = format!("http://receiver.example/{number}").parse()?;
        let registration = Registration { uri, ..given::new_registration(owner)? };
        given::add(store.as_ref(), &registration).await?;
    }
    run(&mut connection, "VACUUM ANALYZE".to_owned()).await?;
    disconnect_others(&mut connection).await?;
    run(&mut connection, "SELECT pg_stat_reset()".to_owned()).await?;

    // With connections of its own, the others are cut.
    let store = database.open(keyring()).await;
    let mut query = RegistrationQuery { limit: 1, ..RegistrationQuery::of(Visibility::All) };
    let first = store.list_registrations(&query).await?;
    query.after = first.next;
    let second = store.list_registrations(&query).await?;
    assert_eq!(second.items[0].registration.uri.as_str(), "http://receiver.example/1");

    disconnect_others(&mut connection).await?;
    let (from_end_to_end, by_index): (i64, i64) = sqlx::query_as(
        "SELECT sum(seq_scan)::bigint, sum(idx_tup_fetch)::bigint
         FROM pg_stat_user_tables
         WHERE relname IN ('registrations', 'users')",
    )
    .fetch_one(&mut connection)
    .await?;
    assert_eq!(from_end_to_end, 0);
    assert!((1..30).contains(&by_index), "{by_index} rows");
    Ok(())
}

/// Ends the connections of the store, which tell their statistics when they end, at the latest.
async fn disconnect_others(connection: &mut PgConnection) -> anyhow::Result<()> {
    let others = "FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()
             AND backend_type = 'client backend'";
    run(connection, format!("SELECT pg_terminate_backend(pid) {others}")).await?;
    let remaining = format!("SELECT count(*) {others}");
    while sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(remaining.clone()))
        .fetch_one(&mut *connection)
        .await?
        > 0
    {}
    Ok(())
}
