//! Connections: one that writes, and a few that read.

use std::sync::Arc;
use std::time::Duration;

use postrider_domain::ports::StoreError;
use postrider_vault::Keyring;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite, Transaction};

use crate::errors::store_error;
use crate::file;
use crate::inbox::SqliteInbox;

/// The store ports on an SQLite file. Clones share the connections.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    /// What secrets are sealed with.
    pub(crate) keyring: Arc<Keyring>,
}

/// What a commit waits for. Either way the file stays whole, and commits survive in order.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Commit {
    /// The disk: what is committed survives a loss of power.
    Durable,
    /// Nothing: a loss of power may undo it. For work that is then done again from the rows it came
    /// from. The next durable commit makes it durable too.
    Relaxed,
}

impl SqliteStore {
    /// How long a statement waits for another process that is writing.
    pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
    /// How long a call waits for its turn to write before it fails as unavailable.
    const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
    const MAX_READERS: u32 = 4;

    /// Opens the file at `location`, a path or a URL like `sqlite:postrider.db`, and creates it and
    /// its folder if they are not there. The schema is that of [`OperationsStore::migrate`]. Secrets
    /// are sealed and opened with `keyring`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be opened, [`StoreError::Rejected`] when it
    /// is not a database, or `location` names none.
    ///
    /// [`OperationsStore::migrate`]: postrider_domain::ports::OperationsStore::migrate
    pub async fn connect(location: &str, keyring: Arc<Keyring>) -> Result<Self, StoreError> {
        let (writer, readers) = open(location).await?;
        Ok(Self { writer, readers, keyring })
    }

    /// The inbox in the same file. It shares the connections, so that both sides of a process take
    /// turns in writing.
    pub fn inbox(&self) -> SqliteInbox {
        SqliteInbox::beside(self)
    }

    /// Closes every connection once the calls that use it are over: those of the inbox as well.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Empties the write-ahead log, where pages are as they were before they were last written. One
    /// that another process is reading from stays.
    pub(crate) async fn empty_log(&self) -> Result<(), sqlx::Error> {
        sqlx::query("PRAGMA secure_delete = OFF; PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Waits for its turn, and begins a transaction in which nobody else can write.
    pub(crate) async fn write(
        &self,
        commit: Commit,
    ) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        begin(&self.writer, commit).await
    }
}

/// Opens the file at `location`, and creates it if it is not there: the connection that writes, and
/// those that read.
pub(crate) async fn open(location: &str) -> Result<(SqlitePool, SqlitePool), StoreError> {
    let failed = store_error("connect");
    let options = options(location).map_err(&failed)?;
    file::create(options.get_filename()).map_err(|error| failed(error.into()))?;

    // The writer comes first: it turns the journal of a new file into a write-ahead log.
    let writer = pool(1).connect_with(options.clone()).await.map_err(&failed)?;
    let readers =
        pool(SqliteStore::MAX_READERS).connect_lazy_with(options.pragma("query_only", "ON"));
    Ok((writer, readers))
}

/// Waits for the turn of the caller on `writer`, and begins a transaction in which nobody else can
/// write.
pub(crate) async fn begin(
    writer: &SqlitePool,
    commit: Commit,
) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    writer
        .begin_with(match commit {
            Commit::Durable => "PRAGMA synchronous = FULL; BEGIN IMMEDIATE",
            Commit::Relaxed => "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE",
        })
        .await
}

fn options(location: &str) -> Result<SqliteConnectOptions, sqlx::Error> {
    Ok(file::locate(location)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(SqliteStore::BUSY_TIMEOUT)
        .foreign_keys(true)
        // Its own functions know upper and lower case of ASCII alone.
        .with_regexp()
        // A result of a usual batch passes from thread to thread at once.
        .row_buffer_size(1_000)
        // In KiB: the pages of what is in flight stay in memory.
        .pragma("cache_size", "-16384")
        // In bytes: one long transaction does not leave its log behind for good.
        .pragma("journal_size_limit", "67108864")
        .disable_statement_logging())
}

fn pool(max_connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(SqliteStore::ACQUIRE_TIMEOUT)
        // A connection to a file does not get lost, and opening one costs the cache of the other.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .before_acquire(|connection, _| {
            // On some errors, a full disk among them, SQLite ends the transaction by itself, which
            // leaves the driver in one that it can never end: such a connection is replaced.
            Box::pin(async move { Ok(!connection.is_in_transaction()) })
        })
}

#[cfg(test)]
mod tests;
