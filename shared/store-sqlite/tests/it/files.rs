//! Where the file is, and who may read it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use postrider_domain::ports::{OperationsStore, StoreError};
use postrider_store_sqlite::SqliteStore;

use super::{accept, keyring};

#[tokio::test]
async fn a_file_and_its_folder_are_created_and_only_the_owner_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data").join("postrider.db");
    let store = SqliteStore::connect(file.to_str().unwrap(), keyring()).await.unwrap();
    store.migrate().await.unwrap();
    accept(&store, "1").await;
    for name in ["postrider.db", "postrider.db-wal", "postrider.db-shm"] {
        let mode = fs::metadata(file.with_file_name(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_file_is_found_by_its_path_and_by_its_url() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("postrider.db").to_str().unwrap().to_owned();
    let by_path = SqliteStore::connect(&path, keyring()).await.unwrap();
    by_path.migrate().await.unwrap();
    for url in [format!("sqlite:{path}"), format!("sqlite://{path}")] {
        SqliteStore::connect(&url, keyring()).await.unwrap().check().await.unwrap();
    }
}

#[tokio::test]
async fn a_database_in_memory_is_refused_since_a_restart_would_lose_it() {
    for location in ["sqlite::memory:", ":memory:", "sqlite:postrider.db?mode=memory"] {
        let refused = SqliteStore::connect(location, keyring()).await;
        assert!(matches!(refused, Err(StoreError::Rejected { .. })), "{location}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_rejected_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.txt");
    let text = "Dear reader, this is no database. ".repeat(100);
    fs::write(&file, &text).unwrap();
    let refused = SqliteStore::connect(file.to_str().unwrap(), keyring()).await;
    assert!(matches!(refused, Err(StoreError::Rejected { .. })), "{refused:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refused =
        SqliteStore::connect(file.join("postrider.db").to_str().unwrap(), keyring()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
}
