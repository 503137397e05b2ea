//! Group commit: items that arrive while a flush is under way are flushed together by the next one.
//!
//! An idle batcher flushes an item at once, so that a quiet system has no added latency; a busy one
//! fills its batches by itself, because items gather while flushes are under way. There is no timer.
//! The hot paths of accepting events and of recording attempts are both this one piece.
//!
//! What is guaranteed: every submitted item is part of exactly one flush, items of one batch keep
//! the order of their arrival, and a caller gets the result of its own item. What is not: batches in
//! flight at the same time may finish in any order.
#![warn(missing_docs)]

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::task::TaskTracker;

#[cfg(test)]
mod tests;

/// How large batches get, and how many are under way at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// A batch is closed when its items weigh this much together; one heavier item goes alone.
    pub max_weight: usize,
    /// How many batches may be under way at a time.
    pub max_in_flight: usize,
}

/// Why an item has no result.
#[derive(Debug, thiserror::Error)]
pub enum BatchError<E: std::error::Error + Send + Sync + 'static> {
    /// The flush of its batch failed; everybody in the batch is told.
    #[error("the batch failed")]
    Failed(#[source] Arc<E>),
    /// The flush ended without a result for it: it panicked, or the batcher's runtime is gone.
    #[error("the batcher has stopped")]
    Stopped,
}

/// An item and who waits for its result.
type Waiting<I, O, E> = (I, oneshot::Sender<Result<O, BatchError<E>>>);

/// The submitting side of a batcher; clones submit to the same one. It ends when all are dropped and
/// what was submitted is flushed.
pub struct Batcher<I, O, E: std::error::Error + Send + Sync + 'static> {
    queue: mpsc::Sender<Waiting<I, O, E>>,
}

impl<I, O, E: std::error::Error + Send + Sync + 'static> Clone for Batcher<I, O, E> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<I, O, E> Batcher<I, O, E>
where
    I: Send + 'static,
    O: Send + 'static,
    E: std::error::Error + Send + Sync + 'static,
{
    /// Starts a batcher on `tracker`.
    ///
    /// `weight` says what an item counts towards [`Settings::max_weight`]. `flush` handles a batch
    /// and returns one result per item, in the same order.
    pub fn start<W, F, R>(settings: Settings, tracker: &TaskTracker, weight: W, flush: F) -> Self
    where
        W: Fn(&I) -> usize + Send + 'static,
        F: Fn(Vec<I>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Vec<O>, E>> + Send + 'static,
    {
        // Enough for the batches to come; more would only hide from callers that they must wait.
        let (queue, items) = mpsc::channel(settings.max_weight.clamp(1, 10_000));
        tracker.spawn(collect(settings, tracker.clone(), weight, flush, items));
        Self { queue }
    }

    /// Submits an item and waits for its result.
    ///
    /// Dropping the future before it was accepted submits nothing; after that the item is flushed
    /// all the same.
    pub async fn submit(&self, item: I) -> Result<O, BatchError<E>> {
        let (waiter, result) = oneshot::channel();
        self.queue.send((item, waiter)).await.map_err(|_| BatchError::Stopped)?;
        result.await.map_err(|_| BatchError::Stopped)?
    }
}

/// Takes a flight slot, then an item, then whatever else is there by now.
async fn collect<I, O, E, W, F, R>(
    settings: Settings,
    tracker: TaskTracker,
    weight: W,
    flush: F,
    mut items: mpsc::Receiver<Waiting<I, O, E>>,
) where
    I: Send + 'static,
    O: Send + 'static,
    E: std::error::Error + Send + Sync + 'static,
    W: Fn(&I) -> usize,
    F: Fn(Vec<I>) -> R,
    R: Future<Output = Result<Vec<O>, E>> + Send + 'static,
{
    let flights = Arc::new(Semaphore::new(settings.max_in_flight.max(1)));
    let mut next = None;
    loop {
        // The slot comes first: items go on gathering while every flight is taken.
        let flight = Arc::clone(&flights).acquire_owned().await.expect("flights are never closed");
        let first = match next.take() {
            Some(first) => first,
            None => match items.recv().await {
                Some(first) => first,
                None => return,
            },
        };

        let mut total = weight(&first.0);
        let mut batch = vec![first];
        while total < settings.max_weight {
            let Ok(item) = items.try_recv() else { break };
            total += weight(&item.0);
            if total > settings.max_weight {
                next = Some(item);
                break;
            }
            batch.push(item);
        }

        let (batch, waiters): (Vec<I>, Vec<_>) = batch.into_iter().unzip();
        let flushed = flush(batch);
        tracker.spawn(async move {
            resolve(flushed.await, waiters);
            drop(flight);
        });
    }
}

fn resolve<O, E: std::error::Error + Send + Sync + 'static>(
    flushed: Result<Vec<O>, E>,
    waiters: Vec<oneshot::Sender<Result<O, BatchError<E>>>>,
) {
    match flushed {
        Ok(results) => {
            debug_assert_eq!(results.len(), waiters.len(), "a flush returns one result per item");
            for (waiter, result) in waiters.into_iter().zip(results) {
                // Nobody waits any more when the caller was cancelled; its item is done all the same.
                waiter.send(Ok(result)).ok();
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for waiter in waiters {
                waiter.send(Err(BatchError::Failed(Arc::clone(&error)))).ok();
            }
        }
    }
}
