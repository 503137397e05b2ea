//! The stream of one listener. It holds the place of the listener until it is dropped, which is when the
//! client has gone.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::{self, StreamExt};
use postrider_domain::causes;
use tracing::debug;

use super::message::{LiveEnd, LiveMessage};
use crate::App;
use crate::extract::Caller;
use crate::live::{Listener, Told};

/// How often it is said that nothing happens, so that nobody takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(super) fn stream_of(
    app: App,
    caller: Caller,
    listener: Listener,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let telling = Telling { app, caller, listener, messages: VecDeque::new(), ended: false };
    let news = stream::unfold(telling, async |mut telling| {
        let event = telling.next().await?.to_event();
        Some((Ok(event), telling))
    });
    // Some proxies pass the head of an answer on with the first of its body only, and a page would be
    // left waiting for its connection until something happens.
    let greeting = stream::once(async { Ok(Event::default().comment("listening")) });
    Sse::new(greeting.chain(news)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

struct Telling {
    app: App,
    caller: Caller,
    listener: Listener,
    messages: VecDeque<LiveMessage>,
    ended: bool,
}

impl Telling {
    async fn next(&mut self) -> Option<LiveMessage> {
        loop {
            if let Some(message) = self.messages.pop_front() {
                return Some(message);
            }
            if self.ended {
                return None;
            }
            let told = self.listener.told().await?;
            if !self.is_signed_in().await {
                self.ended = true;
                return Some(LiveMessage::SignedOut(LiveEnd {}));
            }
            match told {
                Told::News(news) => self.messages.extend(LiveMessage::about(&news, &self.caller)),
                Told::Missed => self.messages.push_back(LiveMessage::many(0)),
            }
        }
    }

    /// Looks again whom the stream is for: their credential may have ended, and they may be somebody
    /// else's administrator no more.
    async fn is_signed_in(&mut self) -> bool {
        match self.app.authenticator.look_again(&self.caller).await {
            Ok(Some(caller)) => {
                self.caller = caller;
                true
            }
            Ok(None) => false,
            // It is looked again in a second; until then there is nothing new to tell, either.
            Err(error) => {
                debug!(error = %causes(&error), "whether a listener is signed in is not known");
                true
            }
        }
    }
}
