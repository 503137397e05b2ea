//! Tells listeners what happens, as it happens.
//!
//! # Theory of operation
//!
//! While anybody listens, one task of the process looks once a second for attempts and events that are
//! newer than what it has seen ([`poll`]), and passes them to all listeners at once; each takes what it
//! may see. Nobody is waited for: a listener that does not keep up is told that it missed something.
//!
//! What is not guaranteed: that everything is told. What is committed seconds after its id was made may
//! be missed, and so may some of what is more than a look reads.

mod poll;
#[cfg(test)]
mod tests;
mod window;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use postrider_domain::ports::Store;
use postrider_domain::{AttemptNews, Clock, EventNews, UserId};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::{ApiError, Code};
use crate::overview::Present;

/// How many streams a user may have.
pub(crate) const MAX_OF_USER: usize = 6;
/// How many streams there may be.
pub(crate) const MAX: usize = 200;
/// How long until somebody who has too many is to try again.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// How many looks a listener may be behind.
const BEHIND: usize = 8;

/// What one look has found, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) attempts: Vec<AttemptNews>,
    /// Whether there may have been others.
    pub(crate) more_attempts: bool,
    pub(crate) events: Vec<EventNews>,
    /// Whether there may have been others.
    pub(crate) more_events: bool,
    /// How the whole system does, from time to time.
    pub(crate) present: Option<Present>,
}

/// What a listener is told.
pub(crate) enum Told {
    News(Arc<News>),
    /// Something that it did not take in time.
    Missed,
}

/// Everybody who listens.
pub(crate) struct Live {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    tracker: TaskTracker,
    shutdown: CancellationToken,
    places: Mutex<Places>,
    news: broadcast::Sender<Arc<News>>,
    /// Whether the task that looks knows by now what is not news.
    ready: watch::Sender<bool>,
}

#[derive(Default)]
struct Places {
    of_user: HashMap<UserId, usize>,
    taken: usize,
    /// Whether the task that looks runs.
    looking: bool,
}

impl Live {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        tracker: TaskTracker,
        shutdown: CancellationToken,
    ) -> Arc<Self> {
        let (news, ready) = (broadcast::Sender::new(BEHIND), watch::Sender::new(false));
        Arc::new(Self { store, clock, tracker, shutdown, places: Mutex::default(), news, ready })
    }

    /// Begins to listen. Whatever is recorded once this has returned is told.
    ///
    /// # Errors
    /// When there are too many streams.
    pub(crate) async fn listen(self: &Arc<Self>, user: UserId) -> Result<Listener, ApiError> {
        let place = self.take_place(user)?;
        let news = self.news.subscribe();
        let mut ready = self.ready.subscribe();
        // Without an answer when the process ends, with which the stream does.
        self.shutdown.run_until_cancelled(ready.wait_for(|ready| *ready)).await;
        Ok(Listener { news, place })
    }

    fn take_place(self: &Arc<Self>, user: UserId) -> Result<Place, ApiError> {
        let mut places = self.places();
        let of_user = places.of_user.get(&user).copied().unwrap_or_default();
        let full = if of_user >= MAX_OF_USER {
            Some(format!("a user has {MAX_OF_USER} streams at the most"))
        } else {
            (places.taken >= MAX).then(|| format!("there are {MAX} streams at the most"))
        };
        if let Some(detail) = full {
            return Err(ApiError::new(Code::TooManyStreams)
                .detail(detail)
                .retry_after(RETRY_AFTER));
        }
        places.of_user.insert(user, of_user + 1);
        places.taken += 1;
        if !places.looking {
            places.looking = true;
            self.tracker.spawn(poll::run(Arc::clone(self)));
        }
        Ok(Place { live: Arc::clone(self), user })
    }

    /// Whether the task that looks is to end, since nobody listens.
    fn rest(&self) -> bool {
        let mut places = self.places();
        if places.taken > 0 {
            return false;
        }
        places.looking = false;
        self.ready.send_replace(false);
        true
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who listens.
pub(crate) struct Listener {
    news: broadcast::Receiver<Arc<News>>,
    place: Place,
}

impl Listener {
    /// Waits for what is told next; none when the process ends.
    pub(crate) async fn told(&mut self) -> Option<Told> {
        let news = self.place.live.shutdown.run_until_cancelled(self.news.recv()).await?;
        match news {
            Ok(news) => Some(Told::News(news)),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Told::Missed),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// The place of a listener, which is free again once this is dropped.
struct Place {
    live: Arc<Live>,
    user: UserId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.live.places();
        places.taken -= 1;
        if let Some(count) = places.of_user.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                places.of_user.remove(&self.user);
            }
        }
    }
}
