use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use tokio::sync::Notify;

use super::*;

const ONE_AT_A_TIME: Settings = Settings { max_weight: 100, max_in_flight: 1 };

/// A flush that says when it has begun and ends when it is let.
#[derive(Clone, Default)]
struct Gate {
    begun: Arc<Notify>,
    open: Arc<Notify>,
    batches: Arc<Mutex<Vec<Vec<u32>>>>,
}

impl Gate {
    fn batcher(&self, settings: Settings, tracker: &TaskTracker) -> Batcher<u32, u32, io::Error> {
        let gate = self.clone();
        Batcher::start(
            settings,
            tracker,
            |_| 1,
            move |batch: Vec<u32>| {
                let gate = gate.clone();
                async move {
                    gate.batches.lock().unwrap().push(batch.clone());
                    gate.begun.notify_one();
                    gate.open.notified().await;
                    Ok(batch.iter().map(|n| n * 10).collect())
                }
            },
        )
    }
}

#[tokio::test]
async fn an_idle_batcher_flushes_at_once_and_a_busy_one_gathers() {
    let (tracker, gate) = (TaskTracker::new(), Gate::default());
    let batcher = gate.batcher(ONE_AT_A_TIME, &tracker);

    let mut callers = vec![tracker.spawn(submit(&batcher, 1))];
    gate.begun.notified().await;
    callers.extend((2..=5).map(|n| tracker.spawn(submit(&batcher, n))));
    // On one thread the callers run, and submit, before this test goes on.
    tokio::task::yield_now().await;

    gate.open.notify_one();
    gate.begun.notified().await;
    gate.open.notify_one();
    for (caller, expected) in callers.into_iter().zip([10, 20, 30, 40, 50]) {
        assert_eq!(caller.await.unwrap().unwrap(), expected);
    }
    assert_eq!(*gate.batches.lock().unwrap(), [vec![1], vec![2, 3, 4, 5]]);
}

#[tokio::test]
async fn as_many_batches_are_under_way_as_allowed_and_no_more() {
    let (tracker, gate) = (TaskTracker::new(), Gate::default());
    let batcher = gate.batcher(Settings { max_weight: 1, max_in_flight: 2 }, &tracker);
    let callers: Vec<_> = (1..=3).map(|n| tracker.spawn(submit(&batcher, n))).collect();

    gate.begun.notified().await;
    while gate.batches.lock().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(gate.batches.lock().unwrap().len(), 2);

    for _ in 0..3 {
        gate.open.notify_one();
        tokio::task::yield_now().await;
    }
    while gate.batches.lock().unwrap().len() < 3 {
        tokio::task::yield_now().await;
    }
    gate.open.notify_waiters();
    gate.open.notify_one();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_failed_flush_is_told_to_everybody_in_the_batch_and_the_next_one_is_tried() {
    let tracker = TaskTracker::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let batcher = Batcher::start(
        ONE_AT_A_TIME,
        &tracker,
        |_| 1,
        move |batch: Vec<u32>| {
            let first = calls.fetch_add(1, Ordering::SeqCst) == 0;
            async move { if first { Err(io::Error::other("down")) } else { Ok(batch) } }
        },
    );
    assert!(
        matches!(batcher.submit(1).await, Err(BatchError::Failed(error)) if error.to_string() == "down")
    );
    assert_eq!(batcher.submit(2).await.unwrap(), 2);
}

#[tokio::test]
async fn a_flush_that_panics_does_not_hang_its_callers() {
    let tracker = TaskTracker::new();
    let batcher: Batcher<u32, u32, io::Error> = Batcher::start(
        ONE_AT_A_TIME,
        &tracker,
        |_| 1,
        |batch| async move {
            assert!(!batch.contains(&1), "as planned");
            Ok(batch)
        },
    );
    assert!(matches!(batcher.submit(1).await, Err(BatchError::Stopped)));
    assert_eq!(batcher.submit(2).await.unwrap(), 2);
}

#[tokio::test]
async fn what_was_submitted_is_flushed_after_its_caller_and_the_batcher_are_gone() {
    let (tracker, gate) = (TaskTracker::new(), Gate::default());
    let batcher = gate.batcher(ONE_AT_A_TIME, &tracker);
    let first = tracker.spawn(submit(&batcher, 1));
    gate.begun.notified().await;
    let second = tracker.spawn(submit(&batcher, 2));
    tokio::task::yield_now().await;
    first.abort();
    second.abort();
    drop(batcher);

    gate.open.notify_one();
    gate.begun.notified().await;
    gate.open.notify_one();
    tracker.close();
    tracker.wait().await;
    assert_eq!(*gate.batches.lock().unwrap(), [vec![1], vec![2]]);
}

fn submit(
    batcher: &Batcher<u32, u32, io::Error>,
    item: u32,
) -> impl Future<Output = Result<u32, BatchError<io::Error>>> + use<> {
    let batcher = batcher.clone();
    async move { batcher.submit(item).await }
}

proptest! {
    /// Whatever the weights: each item is flushed once, and no batch of several is too heavy.
    #[test]
    fn every_item_is_in_exactly_one_batch_within_the_weight(
        weights in prop::collection::vec(0usize..20, 1..60),
        max_in_flight in 1usize..4,
    ) {
        let settings = Settings { max_weight: 10, max_in_flight };
        let batches = Arc::new(Mutex::new(Vec::new()));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let results = runtime.block_on(async {
            let (tracker, log) = (TaskTracker::new(), Arc::clone(&batches));
            let batcher: Batcher<(usize, usize), usize, io::Error> =
                Batcher::start(settings, &tracker, |item: &(usize, usize)| item.1, move |batch: Vec<(usize, usize)>| {
                    log.lock().unwrap().push(batch.clone());
                    async move {
                        tokio::task::yield_now().await;
                        Ok(batch.into_iter().map(|(index, _)| index).collect())
                    }
                });
            let callers: Vec<_> = weights.iter().copied().enumerate().map(|item| {
                let batcher = batcher.clone();
                tracker.spawn(async move { batcher.submit(item).await.unwrap() })
            }).collect();
            let mut results = Vec::new();
            for caller in callers {
                results.push(caller.await.unwrap());
            }
            results
        });
        prop_assert_eq!(results, (0..weights.len()).collect::<Vec<_>>());
        let batches = batches.lock().unwrap();
        prop_assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), weights.len());
        for batch in batches.iter().filter(|batch| batch.len() > 1) {
            prop_assert!(batch.iter().map(|item| item.1).sum::<usize>() <= settings.max_weight);
        }
    }
}
