use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use postrider_domain::{AttemptNews, BacklogSample, EventNews, Series};

use super::*;

/// A store that adds up, and is away when told to be.
#[derive(Default)]
struct Ledger {
    away: Mutex<bool>,
    counted: Mutex<BTreeMap<Minute, Tally>>,
}

#[async_trait]
impl ActivityStore for Ledger {
    async fn add_activity(&self, counted: &BTreeMap<Minute, Tally>) -> Result<(), StoreError> {
        if *self.away.lock().unwrap() {
            return Err(StoreError::Unavailable { operation: "test", source: "away".into() });
        }
        let mut ledger = self.counted.lock().unwrap();
        for (minute, tally) in counted {
            ledger.entry(*minute).or_default().add(tally);
        }
        Ok(())
    }

    async fn read_activity(
        &self,
        _: Minute,
        _: Minute,
        _: i32,
    ) -> Result<BTreeMap<Minute, Tally>, StoreError> {
        unreachable!("nobody reads")
    }

    async fn record_backlog(&self, _: &BacklogSample) -> Result<(), StoreError> {
        unreachable!("nobody samples")
    }

    async fn find_backlog(&self) -> Result<Option<BacklogSample>, StoreError> {
        unreachable!("nobody reads")
    }

    async fn forget_activity(&self, _: Minute, _: u32) -> Result<bool, StoreError> {
        unreachable!("nobody forgets")
    }

    async fn newest_attempts(&self, _: uuid::Uuid, _: u32) -> Result<Vec<AttemptNews>, StoreError> {
        unreachable!("nobody listens")
    }

    async fn newest_events(&self, _: uuid::Uuid, _: u32) -> Result<Vec<EventNews>, StoreError> {
        unreachable!("nobody listens")
    }
}

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst) * 1_000_000)
    }
}

/// A role that counts events.
struct Role {
    clock: Arc<Hand>,
    counter: Arc<AtomicU64>,
    roll_up: RollUp,
}

impl Role {
    fn start(ledger: &Arc<Ledger>, seconds: i64) -> Self {
        let clock = Arc::new(Hand(AtomicI64::new(seconds)));
        let counter = Arc::new(AtomicU64::new(0));
        let same = Arc::clone(&counter);
        let totals = move || Tally::from_iter([(Series::Events, same.load(Ordering::SeqCst))]);
        let roll_up = RollUp::new(
            Arc::clone(ledger) as Arc<dyn ActivityStore>,
            Arc::clone(&clock) as Arc<dyn Clock>,
            totals,
        );
        Self { clock, counter, roll_up }
    }

    /// Counts, and writes when the clock shows `seconds`.
    async fn count(&mut self, number: u64, seconds: i64) -> Result<(), StoreError> {
        self.counter.fetch_add(number, Ordering::SeqCst);
        self.clock.0.store(seconds, Ordering::SeqCst);
        self.roll_up.flush().await
    }
}

fn events(ledger: &Ledger) -> Vec<(i32, u64)> {
    let counted = ledger.counted.lock().unwrap();
    counted.iter().map(|(minute, tally)| (minute.0, tally.of(Series::Events).unwrap())).collect()
}

#[tokio::test]
async fn what_is_counted_goes_to_the_minute_in_which_it_was_last_written() {
    let ledger = Arc::new(Ledger::default());
    let mut role = Role::start(&ledger, 600);
    role.count(3, 610).await.unwrap();
    role.count(4, 660).await.unwrap();
    role.count(5, 670).await.unwrap();
    assert_eq!(events(&ledger), [(10, 7), (11, 5)]);
}

#[tokio::test]
async fn what_several_have_counted_adds_up() {
    let ledger = Arc::new(Ledger::default());
    let (mut one, mut other) = (Role::start(&ledger, 600), Role::start(&ledger, 603));
    one.count(3, 610).await.unwrap();
    other.count(40, 610).await.unwrap();
    one.count(500, 620).await.unwrap();
    assert_eq!(events(&ledger), [(10, 543)]);
}

#[tokio::test]
async fn who_counted_nothing_writes_that() {
    let ledger = Arc::new(Ledger::default());
    let mut role = Role::start(&ledger, 600);
    role.count(0, 610).await.unwrap();
    assert_eq!(events(&ledger), [(10, 0)]);
}

#[tokio::test]
async fn who_is_killed_loses_what_was_not_written_and_nobody_counts_it_twice() {
    let ledger = Arc::new(Ledger::default());
    let mut role = Role::start(&ledger, 600);
    role.count(3, 610).await.unwrap();
    role.counter.fetch_add(100, Ordering::SeqCst);
    drop(role);
    Role::start(&ledger, 620).count(7, 630).await.unwrap();
    assert_eq!(events(&ledger), [(10, 10)]);
}

#[tokio::test]
async fn what_could_not_be_written_is_written_later_to_its_own_minute() {
    let ledger = Arc::new(Ledger::default());
    let mut role = Role::start(&ledger, 600);
    *ledger.away.lock().unwrap() = true;
    assert!(role.count(3, 660).await.is_err());
    assert!(role.count(4, 720).await.is_err());
    *ledger.away.lock().unwrap() = false;
    role.count(5, 730).await.unwrap();
    role.count(6, 740).await.unwrap();
    assert_eq!(events(&ledger), [(10, 3), (11, 4), (12, 11)]);
}

#[tokio::test]
async fn of_a_long_outage_the_last_hour_is_kept() {
    let ledger = Arc::new(Ledger::default());
    let mut role = Role::start(&ledger, 0);
    *ledger.away.lock().unwrap() = true;
    for minute in 1..100 {
        assert!(role.count(1, minute * 60).await.is_err());
    }
    *ledger.away.lock().unwrap() = false;
    role.count(1, 6_000).await.unwrap();
    let minutes: Vec<_> = events(&ledger).into_iter().map(|(minute, _)| minute).collect();
    assert_eq!(minutes, (40..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn at_the_end_what_was_counted_is_written_at_once() {
    let ledger = Arc::new(Ledger::default());
    let role = Role::start(&ledger, 600);
    role.counter.fetch_add(9, Ordering::SeqCst);
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    role.roll_up.run(shutdown).await.unwrap();
    assert_eq!(events(&ledger), [(10, 9)]);
}

#[test]
fn each_minute_ends_with_a_turn() {
    for (now, wait) in [(0, 10_000_000), (1, 9_999_999), (59_999_999, 1), (60_000_000, 10_000_000)]
    {
        let wait = Duration::from_micros(wait);
        assert_eq!(until_next(Timestamp::from_micros(now)), wait, "{now}");
    }
}
