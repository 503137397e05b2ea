//! Connections: pools whose commits wait for the disk, one for the hot path, one for long lists and one
//! for all else, and one whose commits do not wait.
//!
//! Settings belong to a connection from its start, which costs no round trip per transaction, as
//! `SET LOCAL` would.

use std::sync::Arc;
use std::time::Duration;

use postrider_domain::ports::StoreError;
use postrider_vault::Keyring;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};

use crate::errors::store_error;

/// How many connections a process has, and how long it waits for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// The most connections of the process; at least 4 are used.
    pub max_connections: u32,
    /// How long a call waits for a connection before it fails as unavailable. It bounds what a
    /// database that is down costs its callers.
    pub acquire_timeout: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self { max_connections: 20, acquire_timeout: Duration::from_secs(5) }
    }
}

/// The store ports on a Postgres database. Clones share the connections.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    options: PgConnectOptions,
    /// What secrets are sealed with.
    pub(crate) keyring: Arc<Keyring>,
    /// A commit is on the disk when it returns.
    pub(crate) durable: PgPool,
    /// The same for the statements of the hot path, which all look rows up by key.
    pub(crate) durable_keyed: PgPool,
    /// For walks along indexes of what grows with traffic; nothing else waits for those who look.
    pub(crate) lists: PgPool,
    /// A commit may be lost in a crash of the database; for work that is then done again.
    pub(crate) relaxed: PgPool,
}

/// How long a statement may run before the database cancels it.
const STATEMENT_TIMEOUT: &str = "30s";

/// The connections of a store, by what their commits wait for.
pub(crate) struct Pools {
    pub(crate) options: PgConnectOptions,
    pub(crate) durable: PgPool,
    pub(crate) durable_keyed: PgPool,
    pub(crate) lists: PgPool,
    pub(crate) relaxed: PgPool,
}

impl Pools {
    /// Makes the pools; connections are opened when they are first needed.
    pub(crate) fn new(url: &str, settings: PoolSettings) -> Result<Self, StoreError> {
        let options = url
            .parse::<PgConnectOptions>()
            .map_err(store_error("connect"))?
            .application_name("postrider");
        let third = (settings.max_connections / 3).max(1);
        let rest = settings.max_connections.saturating_sub(2 * third);
        let lists = (2 * rest / 5).max(1);
        let rest = rest.saturating_sub(lists).max(1);
        let timeout = settings.acquire_timeout;
        Ok(Self {
            durable: pool(durable_options(&options), rest, timeout),
            durable_keyed: pool(keyed_options(&options, "on"), third, timeout),
            lists: pool(list_options(&options), lists, timeout),
            relaxed: pool(keyed_options(&options, "off"), third, timeout),
            options,
        })
    }
}

impl PostgresStore {
    /// Makes the store; connections are opened when they are first needed, so that a process can
    /// start while its database is down. Needs a Tokio runtime.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] when `url` is not the address of a Postgres database.
    pub fn connect(
        url: &str,
        settings: PoolSettings,
        keyring: Arc<Keyring>,
    ) -> Result<Self, StoreError> {
        let Pools { options, durable, durable_keyed, lists, relaxed } = Pools::new(url, settings)?;
        Ok(Self { options, keyring, durable, durable_keyed, lists, relaxed })
    }

    /// Closes every connection once the calls that use it are over.
    pub async fn close(&self) {
        self.durable.close().await;
        self.durable_keyed.close().await;
        self.lists.close().await;
        self.relaxed.close().await;
    }

    /// A connection of its own, without a limit on how long a statement runs.
    pub(crate) async fn unlimited_connection(&self) -> Result<PgConnection, sqlx::Error> {
        PgConnection::connect_with(&self.options).await
    }
}

fn durable_options(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().options([
        ("statement_timeout", STATEMENT_TIMEOUT),
        ("synchronous_commit", "on"),
        // The lists' conditions depend on what was asked for, so each call deserves its own plan.
        ("plan_cache_mode", "force_custom_plan"),
        ("jit", "off"),
        // Nobody who looks is to have several processors, which delivering needs.
        ("max_parallel_workers_per_gather", "0"),
    ])
}

/// Every statement on these connections walks along an index and stops early, which the planner cannot
/// know; it would rather read and sort all that there is. Which index depends on what was asked for, so
/// each call deserves its own plan.
fn list_options(options: &PgConnectOptions) -> PgConnectOptions {
    durable_options(options).options(WAYS.map(|way| (format!("enable_{way}"), "off")))
}

/// What takes longer than looking rows up by key, where they are few.
const WAYS: [&str; 5] = ["seqscan", "bitmapscan", "hashjoin", "mergejoin", "material"];

/// Every statement on these connections looks rows up by key. Left to itself, the planner makes a
/// plan while a table is still small, and goes on scanning it when it has grown by a million rows.
/// One plan for all calls also saves planning each of them.
fn keyed_options(options: &PgConnectOptions, synchronous_commit: &str) -> PgConnectOptions {
    options
        .clone()
        .options([
            ("statement_timeout", STATEMENT_TIMEOUT),
            ("synchronous_commit", synchronous_commit),
            ("plan_cache_mode", "force_generic_plan"),
            ("jit", "off"),
        ])
        .options(WAYS.map(|way| (format!("enable_{way}"), "off")))
}

fn pool(options: PgConnectOptions, max_connections: u32, acquire_timeout: Duration) -> PgPool {
    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(acquire_timeout)
        // Asking a busy connection whether it is alive would double the round trips; one that has
        // been idle may have lost its database meanwhile.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > Duration::from_secs(1) {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options.disable_statement_logging())
}
