//! Waiting for something to be so.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long something may take before the test fails. Generous: it is a bound, not a measure.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Asks until the answer is `Some`, and fails the test when it is not within [`PATIENCE`].
///
/// # Panics
/// When the time is up; says what was waited for.
pub async fn until<T, F, R>(what: &str, ask: F) -> T
where
    F: FnMut() -> R,
    R: Future<Output = Option<T>>,
{
    until_within(PATIENCE, what, ask).await
}

/// The same with another bound.
///
/// # Panics
/// When the time is up; says what was waited for.
pub async fn until_within<T, F, R>(patience: Duration, what: &str, mut ask: F) -> T
where
    F: FnMut() -> R,
    R: Future<Output = Option<T>>,
{
    until_granted(patience, what, || {
        let answer = ask();
        async { answer.await.ok_or_else(String::new) }
    })
    .await
}

/// Asks until the answer is not a refusal, and fails the test with the last refusal when it is one
/// for longer than `patience`.
///
/// # Panics
/// When the time is up.
pub async fn until_granted<T, F, R>(patience: Duration, what: &str, mut ask: F) -> T
where
    F: FnMut() -> R,
    R: Future<Output = Result<T, String>>,
{
    let deadline = Instant::now() + patience;
    loop {
        let refusal = match ask().await {
            Ok(answer) => return answer,
            Err(refusal) => refusal,
        };
        let patient = Instant::now() < deadline;
        assert!(patient, "waited {} s in vain: {what}\n{refusal}", patience.as_secs());
        // The thing itself is asked again; this only keeps the asking from burning a core.
        sleep(Duration::from_millis(10)).await;
    }
}
