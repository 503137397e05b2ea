//! What is still there after the process, or the machine, has stopped.

use std::fs;

use postrider_domain::Visibility;
use postrider_domain::ports::{HistoryStore, OperationsStore};
use postrider_store_sqlite::SqliteStore;

use super::{accept, keyring};

#[tokio::test]
async fn what_was_accepted_is_there_after_reopening_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postrider.db");
    let store = SqliteStore::connect(file.to_str().unwrap(), keyring()).await.unwrap();
    store.migrate().await.unwrap();
    let event = accept(&store, "1").await;
    store.close().await;

    let store = SqliteStore::connect(file.to_str().unwrap(), keyring()).await.unwrap();
    let report = store.find_event(Visibility::All, event).await.unwrap().unwrap();
    assert!(!report.dispatched);
}

#[tokio::test]
async fn what_was_accepted_is_in_the_files_before_the_store_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postrider.db");
    let store = SqliteStore::connect(file.to_str().unwrap(), keyring()).await.unwrap();
    store.migrate().await.unwrap();
    let event = accept(&store, "1").await;

    // The files as a process that is killed at this moment leaves them behind.
    let copy = folder.path().join("copy.db");
    fs::copy(&file, &copy).unwrap();
    fs::copy(folder.path().join("postrider.db-wal"), folder.path().join("copy.db-wal")).unwrap();
    let store = SqliteStore::connect(copy.to_str().unwrap(), keyring()).await.unwrap();
    assert!(store.find_event(Visibility::All, event).await.unwrap().is_some());
}
