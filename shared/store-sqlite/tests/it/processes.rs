//! Several processes on one file. Two stores share nothing but the file, as two processes would.

use postrider_domain::ports::{DispatchStore, OperationsStore, StoreError};
use postrider_store_sqlite::SqliteStore;
use tempfile::TempDir;

use super::{NOW, accept, keyring};

async fn two_stores(folder: &TempDir) -> (SqliteStore, SqliteStore) {
    let file = folder.path().join("postrider.db");
    let file = file.to_str().expect("a name in Unicode");
    let one = SqliteStore::connect(file, keyring()).await.expect("the file opens");
    (one, SqliteStore::connect(file, keyring()).await.expect("the file opens again"))
}

#[tokio::test]
async fn processes_that_migrate_at_the_same_time_both_find_the_schema_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = two_stores(&folder).await;
    let unmigrated = one.check().await;
    assert!(matches!(unmigrated, Err(StoreError::Rejected { .. })), "{unmigrated:?}");

    let (first, second) = tokio::join!(one.migrate(), other.migrate());
    first.unwrap();
    second.unwrap();
    one.check().await.unwrap();
    other.check().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_write_at_the_same_time_wait_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = two_stores(&folder).await;
    one.migrate().await.unwrap();
    let many = async |store: &SqliteStore| {
        for resource in 0..50 {
            accept(store, &resource.to_string()).await;
        }
    };
    tokio::join!(many(&one), many(&other));
    assert_eq!(one.backlog(NOW).await.unwrap().undispatched, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_take_due_events_at_the_same_time_take_different_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = two_stores(&folder).await;
    one.migrate().await.unwrap();
    let mut accepted = Vec::new();
    for resource in 0..20 {
        accepted.push(accept(&one, &resource.to_string()).await);
    }

    let hour = std::time::Duration::from_hours(1);
    let (first, second) =
        tokio::join!(one.take_due_events(NOW, hour, 10), other.take_due_events(NOW, hour, 10));
    let mut taken: Vec<_> =
        first.unwrap().into_iter().chain(second.unwrap()).map(|event| event.id).collect();
    taken.sort_unstable();
    accepted.sort_unstable();
    assert_eq!(taken, accepted);
}
