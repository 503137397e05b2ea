use postrider_vault::Keyring;
use tempfile::TempDir;

use super::*;

async fn opened(folder: &TempDir) -> (SqliteStore, SqliteInbox) {
    let file = folder.path().join("postrider.db");
    let keyring = Keyring::parse([&Keyring::generate_key()]).unwrap();
    let store = SqliteStore::connect(file.to_str().unwrap(), keyring.into()).await.unwrap();
    let inbox = store.inbox();
    (store, inbox)
}

/// What is set on the connection of the one is set on that of the other.
#[tokio::test]
async fn the_inbox_of_a_store_writes_on_the_same_connection() {
    let folder = tempfile::tempdir().unwrap();
    let (store, inbox) = opened(&folder).await;
    let mut transaction = store.write(Commit::Durable).await.unwrap();
    sqlx::query("PRAGMA busy_timeout = 1234").execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();

    let mut transaction = inbox.write(Commit::Durable).await.unwrap();
    let timeout: i64 =
        sqlx::query_scalar("PRAGMA busy_timeout").fetch_one(&mut *transaction).await.unwrap();
    assert_eq!(timeout, 1234);
}

#[tokio::test]
async fn whoever_comes_while_the_other_writes_has_the_next_turn() {
    let folder = tempfile::tempdir().unwrap();
    let (store, inbox) = opened(&folder).await;
    inbox.migrate_inbox().await.unwrap();
    let going = store.write(Commit::Durable).await.unwrap();
    let order = std::sync::Mutex::new(Vec::new());
    let first = async {
        let transaction = inbox.write(Commit::Durable).await.unwrap();
        order.lock().unwrap().push("inbox");
        transaction.commit().await.unwrap();
    };
    let second = async {
        let transaction = store.write(Commit::Durable).await.unwrap();
        order.lock().unwrap().push("store");
        transaction.commit().await.unwrap();
    };
    // In the order in which they are named, each waits for its turn before the turn comes.
    tokio::join!(biased; first, second, async { going.commit().await.unwrap() });
    assert_eq!(*order.lock().unwrap(), ["inbox", "store"]);
}
