use postrider_domain::ports::OperationsStore;
use sqlx::{Executor, SqliteConnection};
use tempfile::TempDir;

use super::*;

async fn migrated(folder: &TempDir) -> SqliteStore {
    let file = folder.path().join("postrider.db");
    let keyring = Keyring::parse([&Keyring::generate_key()]).unwrap();
    let store = SqliteStore::connect(file.to_str().unwrap(), keyring.into()).await.unwrap();
    store.migrate().await.unwrap();
    store
}

async fn pragma(executor: impl Executor<'_, Database = Sqlite>, pragma: &'static str) -> String {
    let text = sqlx::query_scalar(pragma).fetch_one(executor).await;
    text.map_or_else(|_| String::new(), |number: i64| number.to_string())
}

#[tokio::test]
async fn what_was_promised_waits_for_the_disk_whatever_was_committed_before() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder).await;
    for (commit, expected) in
        [(Commit::Durable, "2"), (Commit::Relaxed, "1"), (Commit::Durable, "2")]
    {
        let mut transaction = store.write(commit).await.unwrap();
        assert_eq!(pragma(&mut *transaction, "PRAGMA synchronous").await, expected, "{commit:?}");
        transaction.commit().await.unwrap();
    }
}

#[tokio::test]
async fn every_connection_checks_foreign_keys_and_waits_for_other_writers() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder).await;
    for pool in [&store.writer, &store.readers] {
        assert_eq!(pragma(pool, "PRAGMA foreign_keys").await, "1");
        assert_eq!(pragma(pool, "PRAGMA busy_timeout").await, "5000");
    }
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder).await;
    let refused = sqlx::query("DELETE FROM users").execute(&store.readers).await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn a_transaction_that_is_given_up_leaves_nothing_and_frees_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder).await;
    let mut transaction = store.write(Commit::Durable).await.unwrap();
    outbox_rows(&mut transaction, 1).await.unwrap();
    drop(transaction);

    let mut transaction = store.write(Commit::Durable).await.unwrap();
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM event_outbox")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(rows, 0);
}

/// SQLite rolls some transactions back by itself, which the driver does not notice.
#[tokio::test]
async fn a_full_disk_is_unavailable_and_the_store_works_again_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder).await;
    let mut transaction = store.write(Commit::Durable).await.unwrap();
    sqlx::query("PRAGMA max_page_count = 1").execute(&mut *transaction).await.unwrap();
    let full = outbox_rows(&mut transaction, 10_000).await.unwrap_err();
    assert!(matches!(store_error("test")(full), StoreError::Unavailable { .. }));
    drop(transaction);

    let mut transaction = store.write(Commit::Durable).await.unwrap();
    sqlx::query("PRAGMA max_page_count = 1000000").execute(&mut *transaction).await.unwrap();
    outbox_rows(&mut transaction, 10_000).await.unwrap();
    transaction.commit().await.unwrap();
}

/// A transaction that SQLite has ended by itself, as it does when it runs out of memory or disk.
#[tokio::test]
async fn a_connection_whose_transaction_ended_by_itself_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let store = migrated(&folder).await;
    let mut transaction = store.write(Commit::Durable).await.unwrap();
    sqlx::query("ROLLBACK").execute(&mut *transaction).await.unwrap();
    assert!(transaction.commit().await.is_err());

    let mut transaction = store.write(Commit::Durable).await.unwrap();
    outbox_rows(&mut transaction, 1).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn outbox_rows(connection: &mut SqliteConnection, rows: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "
        WITH RECURSIVE number (value) AS (
            SELECT 1
            UNION ALL
            SELECT value + 1 FROM number WHERE value < $1
        )
        INSERT INTO event_outbox (event_id, due_at)
        SELECT randomblob(16), 0
        FROM number
        ",
    )
    .bind(rows)
    .execute(connection)
    .await?;
    Ok(())
}
