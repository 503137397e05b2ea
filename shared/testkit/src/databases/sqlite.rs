//! An SQLite file per test, in a folder of its own.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use postrider_domain::ports::{InboxStore, OperationsStore, Store};
use postrider_domain::{InboxId, RegistrationId, ReplayId};
use postrider_store_sqlite::{MIGRATIONS, SqliteInbox, SqliteStore};
use postrider_vault::Keyring;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tempfile::TempDir;

use super::{Database, ENDED_PERMISSIONS, SealedColumn, keyring};

/// A migrated database in a file, which is removed with this value.
#[derive(Debug)]
pub struct SqliteDatabase {
    store: SqliteStore,
    folder: TempDir,
}

impl SqliteDatabase {
    /// Makes the database.
    ///
    /// # Panics
    /// When there is no room for it.
    pub async fn create() -> Self {
        let database = Self::create_empty().await;
        database.store.migrate().await.expect("the schema applies to an empty database");
        database
    }

    /// Makes a database with nothing in it, not even the schema.
    ///
    /// # Panics
    /// When there is no room for it.
    pub async fn create_empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the database");
        let store = open(file_in(&folder), keyring()).await;
        Self { store, folder }
    }

    /// Makes a database with the schema as it was with its migration of this number.
    ///
    /// # Panics
    /// When there is no room for it.
    pub async fn create_at(version: i64) -> Self {
        let database = Self::create_empty().await;
        let mut connection = database.connect().await;
        let migrated = MIGRATIONS.run_direct(Some(version), &mut connection, false).await;
        migrated.expect("the schema applies to an empty database");
        database
    }

    /// The store on this database.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    /// A second store on the same file, as another process would open it.
    ///
    /// # Panics
    /// When the file cannot be opened.
    pub async fn reopen(&self) -> Arc<dyn Store> {
        Arc::new(open(file_in(&self.folder), keyring()).await)
    }

    /// The address of this database.
    pub fn url(&self) -> String {
        format!("sqlite:{}", file_in(&self.folder).display())
    }

    /// A bare connection to this database.
    ///
    /// # Panics
    /// When the file cannot be opened.
    pub async fn connect(&self) -> SqliteConnection {
        SqliteConnection::connect(&self.url()).await.expect("the test's database opens")
    }

    /// Runs a statement behind the store's back.
    ///
    /// # Panics
    /// When the database refuses it.
    pub async fn execute(&self, statement: &'static str) {
        let mut connection = self.connect().await;
        sqlx::raw_sql(statement).execute(&mut connection).await.expect("the statement runs");
    }
}

#[async_trait]
impl Database for SqliteDatabase {
    fn store(&self) -> Arc<dyn Store> {
        Self::store(self)
    }

    async fn open(&self, keyring: Arc<Keyring>) -> Arc<dyn Store> {
        Arc::new(open(file_in(&self.folder), keyring).await)
    }

    async fn open_inbox(&self) -> Arc<dyn InboxStore> {
        let inbox = SqliteInbox::connect(&self.url()).await;
        Arc::new(inbox.expect("the test's database opens"))
    }

    /// On the connections of the store.
    async fn inbox(&self) -> Arc<dyn InboxStore> {
        let inbox = self.store.inbox();
        inbox.migrate_inbox().await.expect("the schema applies");
        Arc::new(inbox)
    }

    async fn inbox_tables(&self) -> i64 {
        sqlx::query_scalar(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name LIKE '%inbox%'",
        )
        .fetch_one(&mut self.connect().await)
        .await
        .expect("the schema can be read")
    }

    async fn spoil_inbox(&self, item: InboxId) {
        let statement =
            "UPDATE inbox_items SET actions = 'nonsense', headers = 'nonsense' WHERE id = $1";
        let done = sqlx::query(statement)
            .bind(item.0)
            .execute(&mut self.connect().await)
            .await
            .expect("the statement is valid");
        assert_eq!(done.rows_affected(), 1, "the item is there");
    }

    async fn raw(&self, registration: RegistrationId, column: SealedColumn) -> Option<String> {
        let column = column.name();
        let statement = format!("SELECT {column} FROM registrations WHERE id = $1");
        sqlx::query_scalar(AssertSqlSafe(statement))
            .bind(registration.0)
            .fetch_one(&mut self.connect().await)
            .await
            .expect("the registration is there")
    }

    async fn overwrite(&self, registration: RegistrationId, column: SealedColumn, text: &str) {
        let column = column.name();
        let statement = format!("UPDATE registrations SET {column} = $2 WHERE id = $1");
        let done = sqlx::query(AssertSqlSafe(statement))
            .bind(registration.0)
            .bind(text)
            .execute(&mut self.connect().await)
            .await
            .expect("the statement is valid");
        assert_eq!(done.rows_affected(), 1, "the registration is there");
    }

    async fn spoil_replay(&self, replay: ReplayId) {
        let done = sqlx::query("UPDATE replays SET query = 'nonsense' WHERE id = $1")
            .bind(replay.0)
            .execute(&mut self.connect().await)
            .await
            .expect("the statement is valid");
        assert_eq!(done.rows_affected(), 1, "the replay is there");
    }

    async fn overwrite_answers(&self, text: &str) {
        let statement = "UPDATE attempts SET response_headers = '[]', response_body = $1";
        let overwritten =
            sqlx::query(statement).bind(text.as_bytes()).execute(&mut self.connect().await).await;
        overwritten.expect("the attempts are there");
    }

    async fn ended_permissions(&self) -> i64 {
        sqlx::query_scalar(ENDED_PERMISSIONS)
            .fetch_one(&mut self.connect().await)
            .await
            .expect("the table can be read")
    }

    /// The whole file with its log: a thief does not ask for a table.
    async fn stolen_registrations(&self) -> String {
        let file = file_in(&self.folder);
        let log = file.with_extension("db-wal");
        let mut bytes = tokio::fs::read(file).await.expect("the database is a file");
        bytes.extend(tokio::fs::read(log).await.unwrap_or_default());
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn file_in(folder: &TempDir) -> PathBuf {
    folder.path().join("postrider.db")
}

async fn open(file: PathBuf, keyring: Arc<Keyring>) -> SqliteStore {
    let file = file.to_str().expect("temporary folders have names in Unicode");
    SqliteStore::connect(file, keyring).await.expect("the test's database opens")
}
