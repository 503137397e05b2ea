//! Something that is done at fixed intervals, as long as the process runs.

use std::error::Error;
use std::time::Duration;

use postrider_domain::causes;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Does something now and at every tick until `shutdown`; `what` follows "cannot" and "can" in the log.
/// A turn is never cut off, and what fails is tried again at the next tick. That is logged once per
/// outage, not once per tick.
pub async fn repeat<F, E>(
    every: Duration,
    what: &'static str,
    shutdown: &CancellationToken,
    mut turn: impl FnMut() -> F,
) where
    F: Future<Output = Result<(), E>>,
    E: Error + 'static,
{
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let done = turn().await;
        match &done {
            Err(error) if !failing => warn!(error = %causes(error), "cannot {what}"),
            Ok(()) if failing => info!("can {what} again"),
            Ok(()) | Err(_) => {}
        }
        failing = done.is_err();
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tokio::time::Instant;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    const EVERY: Duration = Duration::from_secs(10);

    /// Ends after as many turns as there are results.
    async fn repeat_with(results: &[bool]) -> Duration {
        let (shutdown, began) = (CancellationToken::new(), Instant::now());
        let mut results = results.iter();
        repeat(EVERY, "look", &shutdown, || {
            let result = results.next().copied().expect("a result for each turn");
            if results.len() == 0 {
                shutdown.cancel();
            }
            async move { if result { Ok(()) } else { Err(io::Error::other("no luck")) } }
        })
        .await;
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_turn_is_at_once_and_each_other_one_tick_later_also_after_a_failure() {
        assert_eq!(repeat_with(&[true, false, false, true]).await, 3 * EVERY);
    }

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Lines {
        type Writer = Self;
        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_logged_when_it_begins_and_when_it_ends() {
        let lines = Lines::default();
        let log = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false).finish();
        let _guard = tracing::subscriber::set_default(log);
        repeat_with(&[true, false, false, false, true, true, false]).await;
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let said: Vec<_> = text.lines().filter_map(|line| line.split_once("repeat: ")).collect();
        let said: Vec<_> = said.into_iter().map(|(_, message)| message).collect();
        let cannot = "cannot look error=no luck";
        assert_eq!(said, [cannot, "can look again", cannot], "{text}");
    }
}
