//! An SQLite file per test, in a folder of its own.

use std::path::PathBuf;
use std::sync::Arc;

use postrider_domain::ports::{OperationsStore, Store};
use postrider_store_sqlite::SqliteStore;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

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
        let store = open(file_in(&folder)).await;
        Self { store, folder }
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
        Arc::new(open(file_in(&self.folder)).await)
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
}

fn file_in(folder: &TempDir) -> PathBuf {
    folder.path().join("postrider.db")
}

async fn open(file: PathBuf) -> SqliteStore {
    let file = file.to_str().expect("temporary folders have names in Unicode");
    SqliteStore::connect(file).await.expect("the test's database opens")
}
