//! The one task that looks what is new, for as long as anybody listens.

use std::sync::Arc;
use std::time::Duration;

use postrider_domain::causes;
use postrider_domain::ports::StoreError;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use super::window::Window;
use super::{Live, News};
use crate::overview::Present;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);
/// Every how many looks it is told how the whole system does.
const PRESENT_EVERY: u32 = 5;
/// The most that a look reads of a kind.
const LIMIT: u32 = 1_000;

/// Looks until nobody listens, or the process ends.
pub(super) async fn run(live: Arc<Live>) {
    let shutdown = live.shutdown.clone();
    shutdown.run_until_cancelled_owned(look_on(&live)).await;
}

async fn look_on(live: &Live) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut poll, mut failing) = (Poll::new(live), false);
    loop {
        ticks.tick().await;
        if live.rest() {
            return;
        }
        let looked = poll.look(live).await;
        match &looked {
            Err(error) if !failing => {
                warn!(error = %causes(error), "cannot look what is new for those who listen");
            }
            Ok(()) if failing => info!("can look what is new again"),
            Ok(()) | Err(_) => {}
        }
        failing = looked.is_err();
    }
}

/// What was seen so far.
struct Poll {
    attempts: Window,
    events: Window,
    looks: u32,
}

impl Poll {
    fn new(live: &Live) -> Self {
        let now = live.clock.now();
        Self { attempts: Window::new(now), events: Window::new(now), looks: 0 }
    }

    async fn look(&mut self, live: &Live) -> Result<(), StoreError> {
        let now = live.clock.now();
        let is_due = self.looks.is_multiple_of(PRESENT_EVERY);
        // First: what the windows have seen is not news the next time, whatever fails after that.
        let present = if is_due { Some(Present::read(&*live.store, now).await?) } else { None };
        let attempts = live.store.newest_attempts(self.attempts.first(now), LIMIT).await?;
        let events = live.store.newest_events(self.events.first(now), LIMIT).await?;
        let is_full = |rows: usize| u32::try_from(rows).is_ok_and(|rows| rows >= LIMIT);
        let mut news = News {
            more_attempts: is_full(attempts.len()),
            more_events: is_full(events.len()),
            attempts: self.attempts.unseen(attempts, |attempt| attempt.id.0, now),
            events: self.events.unseen(events, |event| event.id.0, now),
            present: None,
        };
        // What was there before anybody listened is not news.
        if !live.ready.send_replace(true) {
            news = News::default();
        }
        news.present = present;
        self.looks = self.looks.wrapping_add(1);
        // Fails when nobody listens any more, which the next turn notices.
        live.news.send(Arc::new(news)).ok();
        Ok(())
    }
}
