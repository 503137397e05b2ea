//! What the statements that are run for every event cost, and what their shortcuts may not change.

use std::sync::Arc;

use postrider_domain::ports::{DispatchStore, OperationsStore};
use postrider_domain::{EventId, Timestamp};
use postrider_vault::Keyring;
use sqlx::Row;
use tempfile::TempDir;
use uuid::Uuid;

use crate::SqliteStore;
use crate::pools::Commit;

/// What may be read from end to end: what is no table, and the administrators, who are few and have
/// an index of their own.
const SMALL: [&str; 8] = [
    "event",
    "reach",
    "reader",
    "permission",
    "asker",
    "(subquery",
    "asked VIRTUAL TABLE",
    "member VIRTUAL TABLE",
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
    let rows = sqlx::query(sql).bind("[]").bind(200).fetch_all(&store.readers).await.unwrap();
    rows.into_iter().map(|row| row.get("detail")).collect()
}

#[tokio::test]
async fn no_statement_of_a_dispatch_reads_a_table_from_end_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder).await;
    for statement in [
        include_str!("../../queries/measure_events.sql"),
        include_str!("../../queries/match_readers.sql"),
        include_str!("../../queries/match_askers.sql"),
        include_str!("../../queries/match_notices.sql"),
    ] {
        let plan = plan(&store, statement).await;
        assert!(plan.iter().any(|step| step.starts_with("SEARCH ")), "{plan:#?}");
        for step in plan {
            assert!(!step.contains("AUTOMATIC"), "an index is made of a whole table: {step}");
            let Some(scanned) = step.strip_prefix("SCAN ") else { continue };
            let small = SMALL.iter().any(|name| scanned.starts_with(name))
                || scanned == "CONSTANT ROW"
                || scanned.ends_with("USING COVERING INDEX users_administrators")
                || scanned.ends_with("USING INDEX users_administrators");
            assert!(small, "{step}");
        }
    }
}

/// Whatever else is granted on the same resource, and however much of it has ended.
#[tokio::test]
async fn who_asks_is_judged_by_what_they_hold_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder).await;
    let plan = plan(&store, include_str!("../../queries/match_askers.sql")).await;
    let judged: Vec<_> = plan.iter().filter(|step| step.starts_with("SEARCH p ")).collect();
    assert_eq!(judged.len(), 2, "{plan:#?}");
    for (step, holder) in judged.iter().zip(["user", "role"]) {
        let key =
            format!("permissions_by_{holder} ({holder}_id=? AND kind=? AND scope=? AND target");
        assert!(step.contains(&key), "{step}");
    }
}

/// The end of a category reaches permissions of every kind, of which there are a few.
#[tokio::test]
async fn the_end_of_permissions_reads_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder).await;
    for statement in [
        include_str!("../../queries/end_permissions.sql"),
        "DELETE FROM permissions WHERE ended_at < $1",
        "DELETE FROM permissions WHERE user_id = $1",
        "DELETE FROM permissions WHERE role_id = $1",
    ] {
        for step in plan(&store, statement).await {
            let scanned = step.starts_with("SCAN p") && !step.contains("VIRTUAL");
            assert!(!scanned, "{statement}: {step}");
        }
    }
}

/// Three hundred people with a registration each, for everything.
const PEOPLE: &str = "
    CREATE TEMP TABLE person AS
    WITH RECURSIVE person (number) AS (
        SELECT 0 UNION ALL SELECT number + 1 FROM person WHERE number < 299
    )
    SELECT number, randomblob(16) AS id FROM person;
    INSERT INTO users (id, name, name_key, role, password_hash, disabled, created_at)
    SELECT id, number, number, 'user', '', 0, 0 FROM person;
    INSERT INTO registrations (
        id, owner_id, uri, secret, filters, headers, properties, paused, created_at, updated_at
    )
    SELECT id, id, '', '', '', '', '', 0, 0, 0 FROM person;
    INSERT INTO registration_filters (owner_id, filter, registration_id)
    SELECT id, '*', id FROM person;
";

/// Adds the people and what `rows` adds, and dispatches events about report 1 that were accepted at
/// these times; how many were told of each.
async fn told(rows: &'static str, accepted_at: &[i64]) -> Vec<usize> {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder).await;
    let mut transaction = store.write(Commit::Relaxed).await.unwrap();
    sqlx::raw_sql(PEOPLE).execute(&mut *transaction).await.unwrap();
    sqlx::raw_sql(rows).execute(&mut *transaction).await.unwrap();
    for accepted_at in accepted_at {
        let event = sqlx::AssertSqlSafe(format!(
            "
            INSERT INTO events (id, filter, event_type, resource_id, occurred_at, accepted_at)
            VALUES (x'{accepted_at:032x}', 'Reports', 'Edited', '1', 0, {accepted_at});
            INSERT INTO event_outbox (event_id, due_at) VALUES (x'{accepted_at:032x}', 0);
            ",
        ));
        sqlx::raw_sql(event).execute(&mut *transaction).await.unwrap();
    }
    transaction.commit().await.unwrap();

    let mut told = Vec::new();
    for accepted_at in accepted_at {
        let event = EventId(Uuid::from_u128(u128::try_from(*accepted_at).unwrap()));
        let now = Timestamp::EPOCH;
        told.push(store.dispatch_events(&[event], now, now).await.unwrap().created.len());
    }
    told
}

/// More than the first look counts: 250 may read, 300 ask, and the first 50 of these may not.
#[tokio::test]
async fn an_event_that_hundreds_may_read_and_hundreds_ask_for_is_told_to_those_who_do_both() {
    let rows = "
        INSERT INTO permissions (id, user_id, kind, scope, target, access, created_at)
        SELECT id, id, 'reports', 'any', '', 1, 0 FROM person WHERE number >= 50;
    ";
    assert_eq!(told(rows, &[1]).await, [250]);
}

#[tokio::test]
async fn of_few_readers_those_whose_permission_ended_are_told_of_what_was_accepted_up_to_then() {
    let rows = "
        INSERT INTO permissions (id, user_id, kind, scope, target, access, created_at, ended_at)
        SELECT id, id, 'reports', 'one', '1', 1, 0, 100 FROM person WHERE number < 5
        UNION ALL
        SELECT id, id, 'reports', 'one', '1', 1, 0, NULL FROM person WHERE number = 5;
    ";
    assert_eq!(told(rows, &[101, 100, 1]).await, [1, 6, 6]);
}

#[tokio::test]
async fn of_few_who_ask_those_whose_permission_ended_are_told_of_what_was_accepted_up_to_then() {
    let rows = "
        DELETE FROM registrations WHERE id IN (SELECT id FROM person WHERE number >= 10);
        INSERT INTO roles (id, name, name_key, built_in, created_at, updated_at)
        VALUES (x'01', 'ended', 'ended', 0, 0, 0);
        INSERT INTO role_members (role_id, user_id)
        SELECT x'01', id FROM person WHERE number < 3;
        INSERT INTO permissions (id, role_id, kind, scope, target, access, created_at, ended_at)
        VALUES (x'01', x'01', 'reports', 'one', '1', 1, 0, 100);
        INSERT INTO permissions (id, user_id, kind, scope, target, access, created_at, ended_at)
        SELECT id, id, 'reports', 'one', '1', 1, 0, iif(number = 9, NULL, 100)
        FROM person
        WHERE number >= 5;
    ";
    assert_eq!(told(rows, &[101, 100, 1]).await, [1, 8, 8]);
}
