//! Channels for publishing, each used by one call at a time. The crate's documentation says why.

use std::sync::{Arc, Mutex, PoisonError};

use lapin::Channel;
use lapin::options::ConfirmSelectOptions;
use tokio::sync::Semaphore;

use crate::error::BrokerError;
use crate::session::Session;

/// The channels that no call uses at the moment, and how many there may be.
pub(crate) struct Lanes {
    turns: Semaphore,
    idle: Mutex<Vec<Lane>>,
}

struct Lane {
    session: Arc<Session>,
    channel: Channel,
}

impl Lanes {
    pub(crate) fn new(limit: usize) -> Self {
        Self { turns: Semaphore::new(limit.max(1)), idle: Mutex::default() }
    }

    /// Waits for a lane on `session` and runs `publish` on its channel.
    ///
    /// The channel is kept for others only when that succeeds: after anything else, being dropped on
    /// the way included, confirms may be outstanding that the next call would take for its own.
    pub(crate) async fn with<T>(
        &self,
        session: &Arc<Session>,
        publish: impl AsyncFnOnce(&Channel) -> Result<T, BrokerError>,
    ) -> Result<T, BrokerError> {
        let _turn = self.turns.acquire().await.map_err(|_| BrokerError::Closed)?;
        let lane = match self.take_idle(session) {
            Some(lane) => lane,
            None => Lane::open(Arc::clone(session)).await?,
        };
        let published = publish(&lane.channel).await?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(lane);
        Ok(published)
    }

    /// An idle lane of this session; those of earlier sessions are dropped.
    fn take_idle(&self, session: &Arc<Session>) -> Option<Lane> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|lane| {
            Arc::ptr_eq(&lane.session, session) && lane.channel.status().connected()
        });
        idle.pop()
    }
}

impl Lane {
    async fn open(session: Arc<Session>) -> Result<Self, BrokerError> {
        let channel = session.open_channel().await?;
        session.answered(channel.confirm_select(ConfirmSelectOptions::default())).await?;
        Ok(Self { session, channel })
    }
}
