//! A process with its back ends: what every binary does around its role.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use postrider_domain::ports::{InboxStore, Queue, Store, StoreError};
use postrider_domain::{Invalid, Tally};
use postrider_runtime::health::{InboxReady, QueueReady, StoreReady};
use postrider_runtime::{
    Common, HealthChecks, Process, ReadyCheck, RollUp, Router, descriptors, logging,
};
use tokio::net::TcpListener;
use tracing::info;

use crate::{Choice, SecretKeysError, Servers, open_both, open_inbox, open_queue, open_store};

/// Why a process did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The database cannot be used at all.
    #[error("the database cannot be opened")]
    Store(#[source] StoreError),
    /// The keys of secrets cannot be used.
    #[error(transparent)]
    Keys(#[from] SecretKeysError),
    /// The URL of the queue cannot be used.
    #[error("the queue cannot be opened")]
    Queue(#[source] Invalid),
    /// An address to listen on is taken or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Two metrics have the same name.
    #[error("the metrics cannot be registered")]
    Metrics(#[from] prometheus::Error),
    /// A task that the process cannot live without has ended.
    #[error("{0}")]
    Ended(String),
}

/// A process and its back ends, before and while it runs. The store is the [`Store`] of the sending
/// side, or the [`InboxStore`] of the receiving one.
pub struct Service<S: ?Sized = dyn Store> {
    /// Its shared parts and tasks.
    pub process: Process,
    /// Its store.
    pub store: Arc<S>,
    /// Its queue.
    pub queue: Arc<dyn Queue>,
    common: Common,
}

impl Service<dyn Store> {
    /// Starts logging, raises the limit of descriptors and opens the back ends. Neither server needs to be there yet.
    ///
    /// # Errors
    /// When a URL cannot be used or an embedded database cannot be opened.
    pub async fn open(common: Common, choice: &Choice) -> Result<Self, ServiceError> {
        let process = begin(&common)?;
        let keyring = choice.keys.open()?;
        let store = open_store(&choice.servers.database, &common, keyring)
            .await
            .map_err(ServiceError::Store)?;
        let queue = open_queue(&choice.servers.queue, &common).map_err(ServiceError::Queue)?;
        Ok(Self { process, store, queue, common })
    }

    /// The same with the inbox in the same database.
    ///
    /// # Errors
    /// When a URL cannot be used or an embedded database cannot be opened.
    pub async fn open_with_inbox(
        common: Common,
        choice: &Choice,
    ) -> Result<(Self, Arc<dyn InboxStore>), ServiceError> {
        let process = begin(&common)?;
        let keyring = choice.keys.open()?;
        let (store, inbox) = open_both(&choice.servers.database, &common, keyring)
            .await
            .map_err(ServiceError::Store)?;
        let queue = open_queue(&choice.servers.queue, &common).map_err(ServiceError::Queue)?;
        Ok((Self { process, store, queue, common }, inbox))
    }

    /// Writes down, while the process runs, what `totals` grow by.
    pub fn roll_up(&mut self, totals: impl Fn() -> Tally + Send + Sync + 'static) {
        let roll_up = RollUp::new(self.store.clone(), self.process.clock.clone(), totals);
        self.process.spawn("activity", roll_up.run(self.process.shutdown.clone()));
    }

    /// `/metrics`, `/healthz` and `/readyz` of this process.
    pub fn health(&self) -> HealthChecks {
        self.health_with(Arc::new(StoreReady(self.store.clone())))
    }
}

impl Service<dyn InboxStore> {
    /// The same for a process that only receives: it has no secrets in its database.
    ///
    /// # Errors
    /// When a URL cannot be used or an embedded database cannot be opened.
    pub async fn open_inbox(common: Common, servers: &Servers) -> Result<Self, ServiceError> {
        let process = begin(&common)?;
        let store = open_inbox(&servers.database, &common).await.map_err(ServiceError::Store)?;
        let queue = open_queue(&servers.queue, &common).map_err(ServiceError::Queue)?;
        Ok(Self { process, store, queue, common })
    }

    /// `/metrics`, `/healthz` and `/readyz` of this process.
    pub fn health(&self) -> HealthChecks {
        self.health_with(Arc::new(InboxReady(Arc::clone(&self.store))))
    }
}

impl<S: ?Sized> Service<S> {
    fn health_with(&self, store: Arc<dyn ReadyCheck>) -> HealthChecks {
        let queue = Arc::new(QueueReady(Arc::clone(&self.queue)));
        HealthChecks::new(self.process.registry.clone(), vec![("store", store), ("queue", queue)])
    }

    /// Serves `router` at `address` while the process runs.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn serve(
        &mut self,
        name: &'static str,
        address: SocketAddr,
        router: Router,
    ) -> Result<SocketAddr, ServiceError> {
        let refused = |source| ServiceError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        info!(listener = name, %address, "listening");
        self.process.serve(name, listener, router);
        Ok(address)
    }

    /// Runs until a signal or the end of a task; then lets work in flight finish and closes the
    /// queue.
    ///
    /// # Errors
    /// When a task ended before its time.
    pub async fn run(self) -> Result<(), ServiceError> {
        let ended = self.process.run(self.common.shutdown_grace).await;
        self.queue.close().await;
        ended.map_err(ServiceError::Ended)
    }
}

/// What every process begins with.
fn begin(common: &Common) -> Result<Process, ServiceError> {
    logging::start(common);
    info!(version = env!("CARGO_PKG_VERSION"), settings = ?common.redacted(), "starting");
    descriptors::raise_limit();
    Ok(Process::new()?)
}
