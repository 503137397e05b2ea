//! How names become addresses.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

/// The most look-ups at once. The system's resolver takes a thread for each and cannot be told to
/// stop, so names that hang could otherwise take every thread of the process.
const MAX_LOOKUPS: usize = 64;

/// How long a look-up waits for its turn. Less than any patience that is usual for a connection, so
/// that whoever waits learns the reason.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where the addresses of a name come from.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// Every address of `name`.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver.
///
/// Those who ask for a name while it is being looked up share the answer; nothing is remembered
/// beyond that, so that what is judged is what the name stands for now. A look-up goes on when
/// nobody waits for it any longer, since its thread does: the name takes no second one.
pub struct SystemLookup(Arc<Lookups>);

type Resolve = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;
type Answer = Result<Vec<IpAddr>, Arc<io::Error>>;

struct Lookups {
    /// Blocks its thread for as long as it takes.
    resolve: Box<Resolve>,
    under_way: Mutex<HashMap<String, Shared<BoxFuture<'static, Answer>>>>,
    permits: Arc<Semaphore>,
    tasks: TaskTracker,
}

impl SystemLookup {
    /// Makes one with threads of its own: share it rather than make several.
    pub fn new() -> Self {
        Self::with_resolver(|name| {
            Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
        })
    }

    fn with_resolver(
        resolve: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Lookups {
            resolve: Box::new(resolve),
            under_way: Mutex::default(),
            permits: Arc::new(Semaphore::new(MAX_LOOKUPS)),
            tasks: TaskTracker::new(),
        }))
    }
}

impl Default for SystemLookup {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Lookup for SystemLookup {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let answer = Lookups::join(&self.0, name).await;
        answer.map_err(|error| io::Error::new(error.kind(), error))
    }
}

impl Lookups {
    /// The answer to the look-up of `name` that is under way, or to one that begins now.
    fn join(this: &Arc<Self>, name: &str) -> Shared<BoxFuture<'static, Answer>> {
        let mut under_way = this.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = under_way.get(name) {
            return answer.clone();
        }
        // A task of its own: the first who waits may be the first to give up.
        let task = this.tasks.spawn(Arc::clone(this).look_up(name.to_owned()));
        let answer = task
            .map(|ended| ended.unwrap_or_else(|error| Err(Arc::new(io::Error::other(error)))))
            .boxed()
            .shared();
        under_way.insert(name.to_owned(), answer.clone());
        answer
    }

    async fn look_up(self: Arc<Self>, name: String) -> Answer {
        let answer = self.resolve(name.clone()).await.map_err(Arc::new);
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
        answer
    }

    async fn resolve(self: &Arc<Self>, name: String) -> io::Result<Vec<IpAddr>> {
        let permit = timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| io::Error::other("too many other names are being looked up"))?
            .map_err(io::Error::other)?;
        let lookups = Arc::clone(self);
        spawn_blocking(move || {
            // Held by the thread: it is busy until the resolver returns, whoever still waits.
            let _permit = permit;
            (lookups.resolve)(&name)
        })
        .await?
    }
}
