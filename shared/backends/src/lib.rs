//! Turns the URLs of the configuration into a store and a queue: the only crate that knows all four.
//!
//! `database = "sqlite:FILE"` with `queue = "local:"` is the embedded pair, everything in one
//! process. `postgres://…` with `amqp://…` is the pair for processes of their own. Both are always
//! compiled in: a feature per back end would be a configuration that nobody tests.
#![warn(missing_docs)]

mod choice;
mod folder_lock;
mod keys;
mod service;

use std::sync::Arc;

use postrider_domain::Invalid;
use postrider_domain::ports::{InboxStore, Queue, Store, StoreError};
use postrider_queue_local::{LocalQueue, LocalSettings};
use postrider_queue_rabbitmq::{RabbitQueue, RabbitSettings};
use postrider_runtime::Common;
use postrider_store_postgres::{PoolSettings, PostgresInbox, PostgresStore};
use postrider_store_sqlite::{SqliteInbox, SqliteStore};
use postrider_vault::Keyring;

pub use choice::{Choice, DatabaseUrl, QueueUrl, Servers, Sharing};
pub use folder_lock::{FolderLock, FolderLockError};
pub use keys::{SecretKeys, SecretKeysError};
pub use postrider_queue_rabbitmq::{ExchangeError, ExchangeMessage, ExchangePublisher};
pub use service::{Service, ServiceError};

/// Opens the store that was chosen. Nothing needs to answer yet: a process may start before its
/// database, and says in `/readyz` that it waits.
///
/// # Errors
/// When the URL cannot be used, or the file of an embedded database cannot be opened.
pub async fn open_store(
    database: &DatabaseUrl,
    common: &Common,
    keyring: Keyring,
) -> Result<Arc<dyn Store>, StoreError> {
    let keyring = Arc::new(keyring);
    Ok(match database {
        DatabaseUrl::Sqlite(url) => Arc::new(SqliteStore::connect(url, keyring).await?),
        DatabaseUrl::Postgres(url) => {
            Arc::new(PostgresStore::connect(url, pool_settings(common), keyring)?)
        }
    })
}

/// Opens the inbox in the database that was chosen, for a process that has nothing of the sending side.
/// Nothing needs to answer yet.
///
/// # Errors
/// When the URL cannot be used, or the file of an embedded database cannot be opened.
pub async fn open_inbox(
    database: &DatabaseUrl,
    common: &Common,
) -> Result<Arc<dyn InboxStore>, StoreError> {
    Ok(match database {
        DatabaseUrl::Sqlite(url) => Arc::new(SqliteInbox::connect(url).await?),
        DatabaseUrl::Postgres(url) => Arc::new(PostgresInbox::connect(url, pool_settings(common))?),
    })
}

/// Opens the store and the inbox in the database that was chosen, for a process that has both. In a file
/// they share their connections, and take turns in writing; on a server the inbox has connections of its
/// own, up to as many as the store. Nothing needs to answer yet.
///
/// # Errors
/// When the URL cannot be used, or the file of an embedded database cannot be opened.
pub async fn open_both(
    database: &DatabaseUrl,
    common: &Common,
    keyring: Keyring,
) -> Result<(Arc<dyn Store>, Arc<dyn InboxStore>), StoreError> {
    let keyring = Arc::new(keyring);
    Ok(match database {
        DatabaseUrl::Sqlite(url) => {
            let store = SqliteStore::connect(url, keyring).await?;
            let inbox = store.inbox();
            (Arc::new(store), Arc::new(inbox))
        }
        DatabaseUrl::Postgres(url) => {
            let store = PostgresStore::connect(url, pool_settings(common), keyring)?;
            let inbox = PostgresInbox::connect(url, pool_settings(common))?;
            (Arc::new(store), Arc::new(inbox))
        }
    })
}

fn pool_settings(common: &Common) -> PoolSettings {
    PoolSettings {
        max_connections: common.database_connections,
        acquire_timeout: common.database_timeout,
    }
}

/// Makes a publisher to exchanges of the broker at `url`, which need not be that of the queue.
///
/// # Errors
/// When the URL cannot be used. It is not repeated.
pub fn open_exchanges(url: &str) -> Result<ExchangePublisher, Invalid> {
    ExchangePublisher::new(RabbitSettings::new(url))
}

/// Opens the queue that was chosen; on RabbitMQ this begins to connect, and never stops trying.
///
/// # Errors
/// When the URL cannot be used.
pub fn open_queue(queue: &QueueUrl, common: &Common) -> Result<Arc<dyn Queue>, Invalid> {
    Ok(match queue {
        QueueUrl::Local => Arc::new(LocalQueue::new(&LocalSettings::default())),
        QueueUrl::Amqp(url) => Arc::new(RabbitQueue::connect(RabbitSettings {
            namespace: common.queue_namespace.clone(),
            ..RabbitSettings::new(url)
        })?),
    })
}
