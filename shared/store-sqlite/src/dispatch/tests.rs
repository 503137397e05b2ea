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
const SMALL: [&str; 9] = [
    "event",
    "reach",
    "reader",
    "permission",
    "asker",
    "(subquery",
    "asked VIRTUAL TABLE",
    "member VIRTUAL TABLE",
    "ending VIRTUAL TABLE",
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
        include_str!("../../queries/end_permissions.sql"),
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

/// More than the first look counts: 250 may read, 300 ask, and the first 50 of these may not.
#[tokio::test]
async fn an_event_that_hundreds_may_read_and_hundreds_ask_for_is_told_to_those_who_do_both() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder).await;
    let event = EventId(Uuid::from_u128(1));
    let mut transaction = store.write(Commit::Relaxed).await.unwrap();
    let rows = sqlx::AssertSqlSafe(format!(
        "
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
        INSERT INTO permissions (id, user_id, kind, scope, target, access, created_at)
        SELECT id, id, 'reports', 'any', '', 1, 0 FROM person WHERE number >= 50;
        INSERT INTO events (id, filter, event_type, resource_id, occurred_at, accepted_at)
        VALUES (x'{0}', 'Reports', 'Added', '1', 0, 0);
        INSERT INTO event_outbox (event_id, due_at) VALUES (x'{0}', 0);
        ",
        event.0.simple()
    ));
    sqlx::raw_sql(rows).execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();

    let told = store.dispatch_events(&[event], Timestamp::EPOCH, Timestamp::EPOCH).await.unwrap();
    assert_eq!(told.len(), 250);
}
