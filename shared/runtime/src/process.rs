//! The life of a process: what it is made of, which tasks it cannot live without, and its end.
//!
//! Tasks are spawned by name. One that ends by itself or panics takes the whole process down with a
//! message, since a worker that has silently stopped working is worse than one that restarts. On
//! SIGTERM or SIGINT every task is told to stop and gets the configured grace to finish.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use postrider_domain::{Clock, Ids};
use prometheus::Registry;
use prometheus::process_collector::ProcessCollector;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use crate::SystemClock;

/// What the parts of a process share.
pub struct Process {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and randomness.
    pub ids: Ids,
    /// Where parts register their metrics.
    pub registry: Registry,
    /// Where parts spawn their inner tasks.
    pub tracker: TaskTracker,
    /// Told when the process is to end.
    pub shutdown: CancellationToken,
    tasks: JoinSet<(&'static str, Result<(), String>)>,
}

impl Process {
    /// A process with the system's clock, and its own memory and CPU time among its metrics.
    ///
    /// # Errors
    /// When the metrics cannot be registered.
    pub fn new() -> prometheus::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let process = Self::with_clock(Arc::clone(&clock), Ids::new(clock));
        process.registry.register(Box::new(ProcessCollector::for_self()))?;
        Ok(process)
    }

    /// A process with the clock and the ids given, for tests.
    pub fn with_clock(clock: Arc<dyn Clock>, ids: Ids) -> Self {
        Self {
            ids,
            clock,
            registry: Registry::new(),
            tracker: TaskTracker::new(),
            shutdown: CancellationToken::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Spawns a task that the process cannot live without.
    pub fn spawn<F, E>(&mut self, name: &'static str, task: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        self.tasks.spawn(async move { (name, task.await.map_err(|error| error.to_string())) });
    }

    /// Serves `router` on `listener` until the process ends; requests under way are finished.
    pub fn serve(&mut self, name: &'static str, listener: TcpListener, router: axum::Router) {
        let shutdown = self.shutdown.clone().cancelled_owned();
        let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
        self.spawn(name, async move {
            use axum::serve::ListenerExt;
            // Small answers must not wait for more to come.
            let listener = listener.tap_io(|stream| {
                stream.set_nodelay(true).ok();
            });
            axum::serve(listener, service).with_graceful_shutdown(shutdown).await
        });
    }

    /// Runs until a signal to stop or the end of a task, then ends everything within `grace`.
    ///
    /// # Errors
    /// Names the task that failed or ended before its time.
    pub async fn run(mut self, grace: Duration) -> Result<(), String> {
        // A task that ends after it was told to is no failure, so the order is the question's.
        let failed = tokio::select! {
            biased;
            name = stop_signal() => {
                info!(signal = name, "stopping");
                None
            }
            () = self.shutdown.cancelled() => None,
            Some(ended) = self.tasks.join_next() => Some(describe(ended)),
        };
        self.shutdown.cancel();
        self.tracker.close();

        let finish = async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Ok((name, Err(error))) = &ended {
                    warn!(task = name, error, "a task failed while stopping");
                }
            }
            self.tracker.wait().await;
        };
        if tokio::time::timeout(grace, finish).await.is_err() {
            warn!(grace_ms = grace.as_millis(), "work was still under way at the end of the grace");
        }
        if let Some(reason) = failed {
            error!(reason, "the process ends because a task did");
            return Err(reason);
        }
        info!("stopped");
        Ok(())
    }
}

/// What this process is called in records that outlive it: the host and the process id.
pub fn name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { "unknown" } else { host.trim() };
    format!("{host}/{}", std::process::id())
}

fn describe(ended: Result<(&'static str, Result<(), String>), tokio::task::JoinError>) -> String {
    match ended {
        Ok((name, Ok(()))) => format!("task `{name}` ended by itself"),
        Ok((name, Err(error))) => format!("task `{name}` failed: {error}"),
        Err(error) => format!("a task did not finish: {error}"),
    }
}

async fn stop_signal() -> &'static str {
    let listen = |kind| signal(kind).expect("signals can be listened to inside the runtime");
    let (mut terminate, mut interrupt) =
        (listen(SignalKind::terminate()), listen(SignalKind::interrupt()));
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_takes_the_process_down_and_is_named() {
        for (result, expected) in
            [(Ok(()), "ended by itself"), (Err(io::Error::other("no luck")), "no luck")]
        {
            let mut process = Process::new().unwrap();
            process.spawn("worker", async { result });
            let reason = process.run(Duration::from_secs(5)).await.unwrap_err();
            assert!(reason.contains("worker") && reason.contains(expected), "{reason}");
        }
    }

    #[tokio::test]
    async fn work_in_flight_is_finished_before_the_end() {
        let mut process = Process::new().unwrap();
        let (shutdown, done) = (process.shutdown.clone(), Arc::new(AtomicBool::new(false)));
        let finished = Arc::clone(&done);
        process.spawn("worker", async move {
            shutdown.cancelled().await;
            tokio::task::yield_now().await;
            finished.store(true, Ordering::SeqCst);
            Ok::<_, io::Error>(())
        });
        process.shutdown.cancel();
        process.run(Duration::from_secs(5)).await.unwrap();
        assert!(done.load(Ordering::SeqCst));
    }
}
