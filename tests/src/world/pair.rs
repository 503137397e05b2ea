//! The two pairs of back ends.

use std::sync::Arc;

use postrider_domain::ports::{InboxStore, Queue, Store};
use postrider_queue_local::{LocalQueue, LocalSettings};
use postrider_testkit::brokers::{Broker, RabbitBroker};
use postrider_testkit::databases::{Database, PostgresDatabase, SqliteDatabase};

/// A store and a queue that belong together.
pub enum Pair {
    /// SQLite and the queue inside the process.
    Embedded {
        /// The database.
        database: SqliteDatabase,
        /// The queue.
        queue: Arc<LocalQueue>,
    },
    /// Postgres and RabbitMQ.
    Services {
        /// The database.
        database: Box<PostgresDatabase>,
        /// The names in the broker.
        broker: RabbitBroker,
    },
}

impl Pair {
    /// A new embedded pair.
    pub async fn embedded() -> Self {
        Self::Embedded {
            database: SqliteDatabase::create().await,
            queue: Arc::new(LocalQueue::new(&LocalSettings::default())),
        }
    }

    /// New names on the servers.
    pub async fn services() -> Self {
        Self::Services {
            database: Box::new(PostgresDatabase::create().await),
            broker: RabbitBroker::create().await,
        }
    }

    /// The store.
    pub fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Embedded { database, .. } => database.store(),
            Self::Services { database, .. } => database.store(),
        }
    }

    /// The inbox in the same database.
    pub async fn inbox(&self) -> Arc<dyn InboxStore> {
        match self {
            Self::Embedded { database, .. } => database.inbox().await,
            Self::Services { database, .. } => database.inbox().await,
        }
    }

    /// The queue.
    pub fn queue(&self) -> Arc<dyn Queue> {
        match self {
            Self::Embedded { queue, .. } => queue.clone(),
            Self::Services { broker, .. } => broker.queue(),
        }
    }
}

/// Runs each story on both pairs: `embedded::NAME` and `services::NAME`.
#[macro_export]
macro_rules! on_both_pairs {
    ($($story:ident),+ $(,)?) => {
        mod embedded {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    let world = $crate::world::World::start($crate::world::Pair::embedded().await).await;
                    super::$story(&world).await;
                    world.finish().await;
                }
            )+
        }
        mod services {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    let world = $crate::world::World::start($crate::world::Pair::services().await).await;
                    super::$story(&world).await;
                    world.finish().await;
                }
            )+
        }
    };
}
