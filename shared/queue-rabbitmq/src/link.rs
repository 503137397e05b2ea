//! Keeps one connection to the broker up, without end.

use std::sync::Arc;

use backon::Retryable;
use lapin::uri::AMQPUri;
use postrider_domain::ports::Health;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::error::BrokerError;
use crate::session::Session;
use crate::settings::RabbitSettings;
use crate::topology::Topology;

/// A connection that is made again whenever it is lost, as its users see it.
#[derive(Clone)]
pub(crate) struct Link {
    state: watch::Receiver<State>,
    doubts: Arc<Notify>,
}

/// What a link is made from.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) address: AMQPUri,
    pub(crate) settings: Arc<RabbitSettings>,
    pub(crate) topology: Topology,
}

#[derive(Clone)]
enum State {
    /// The first attempt is under way.
    Starting,
    Up(Arc<Session>),
    Down(String),
    Closed,
}

impl Link {
    /// Starts to connect, and goes on until `shutdown`. `purpose` is part of the connection's name.
    pub(crate) fn start(
        purpose: &'static str,
        origin: Origin,
        tracker: &TaskTracker,
        shutdown: CancellationToken,
    ) -> Self {
        let (sender, state) = watch::channel(State::Starting);
        let doubts = Arc::new(Notify::new());
        let name = format!("{} {purpose}", origin.settings.namespace);
        let supervisor =
            Supervisor { name, origin, state: sender, doubts: Arc::clone(&doubts), shutdown };
        tracker.spawn(supervisor.run());
        Self { state, doubts }
    }

    /// The connection. While the very first attempt is under way this waits for it; after that a
    /// connection that is down is an error at once, so that nobody waits for an outage to end.
    pub(crate) async fn session(&self) -> Result<Arc<Session>, BrokerError> {
        self.when(|state| !matches!(state, State::Starting)).await
    }

    /// Waits until there is a connection; the only error is that there never will be.
    pub(crate) async fn connected(&self) -> Result<Arc<Session>, BrokerError> {
        self.when(|state| matches!(state, State::Up(_) | State::Closed)).await
    }

    async fn when(&self, wanted: impl FnMut(&State) -> bool) -> Result<Arc<Session>, BrokerError> {
        let mut state = self.state.clone();
        match state.wait_for(wanted).await.map(|state| state.clone()) {
            Ok(State::Up(session)) => Ok(session),
            Ok(State::Down(reason)) => Err(BrokerError::Down(reason)),
            Ok(State::Starting | State::Closed) | Err(_) => Err(BrokerError::Closed),
        }
    }

    /// Says that something on the connection failed, so that it is checked, and replaced if need be.
    pub(crate) fn doubt(&self) {
        self.doubts.notify_one();
    }

    pub(crate) fn health(&self) -> Health {
        match &*self.state.borrow() {
            State::Up(session) if session.is_blocked() => {
                Health::Down("the broker is short of resources and takes no messages".to_owned())
            }
            State::Up(session) if session.is_connected() => Health::Up,
            State::Up(_) => Health::Down("the connection was lost".to_owned()),
            State::Starting => Health::Down("not connected yet".to_owned()),
            State::Down(reason) => Health::Down(reason.clone()),
            State::Closed => Health::Down("closed".to_owned()),
        }
    }
}

/// The task behind a [`Link`].
struct Supervisor {
    name: String,
    origin: Origin,
    state: watch::Sender<State>,
    doubts: Arc<Notify>,
    shutdown: CancellationToken,
}

impl Supervisor {
    async fn run(self) {
        let shutdown = self.shutdown.clone();
        while let Some(session) = shutdown.run_until_cancelled(self.connect()).await {
            let session = Arc::new(session);
            self.state.send_replace(State::Up(Arc::clone(&session)));
            info!(queue.connection = self.name, "connected to RabbitMQ");

            let Some(reason) = shutdown.run_until_cancelled(self.lost(&session)).await else {
                session.close().await;
                break;
            };
            warn!(queue.connection = self.name, reason, "lost the connection to RabbitMQ");
            session.cut();
            self.state.send_replace(State::Down(reason));
            // A broker that takes connections and drops them at once is not to be hammered.
            let pause = tokio::time::sleep(self.origin.settings.reconnect_min);
            shutdown.run_until_cancelled(pause).await;
        }
        self.state.send_replace(State::Closed);
    }

    async fn connect(&self) -> Session {
        let Origin { address, settings, topology } = &self.origin;
        let attempt =
            || Session::open(address.clone(), &self.name, settings, Some(topology.clone()));
        let failed = |error: &BrokerError, pause| {
            let reason = error.reason();
            warn!(
                queue.connection = self.name,
                retry_in_ms = duration_ms(pause),
                reason,
                "cannot connect to RabbitMQ"
            );
            self.state.send_replace(State::Down(reason));
        };
        loop {
            // The pauses never end, so neither does this; the loop only tells the compiler.
            if let Ok(session) = attempt.retry(settings.pauses()).notify(failed).await {
                return session;
            }
        }
    }

    /// Waits until the connection is lost or fails a check, and says why.
    async fn lost(&self, session: &Session) -> String {
        tokio::select! {
            reason = session.lost() => reason,
            error = self.doubted(session) => error.reason(),
        }
    }

    /// Checks the connection whenever it is doubted, until a check fails.
    async fn doubted(&self, session: &Session) -> BrokerError {
        loop {
            self.doubts.notified().await;
            // A blocked connection does not answer, and a new one would be blocked as well.
            if !session.is_blocked()
                && let Err(error) = session.check().await
            {
                return error;
            }
        }
    }
}

fn duration_ms(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
