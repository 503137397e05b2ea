//! Both stores tell the same story: whatever is asked of them, in whatever order, they answer alike.
//!
//! A history is a random list of steps. A [`world::World`] turns each step into a call with all its
//! arguments, from what the answers so far have taught it, and both stores get the same call.

mod calls;
mod made;
mod steps;
mod world;

mod postgres {
    use postrider_domain::ports::Store;
    use postrider_testkit::databases::{PostgresDatabase, SqliteDatabase};
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestCaseError, TestRunner};

    use super::calls::Answer;
    use super::steps::{Step, steps};
    use super::world::World;

    /// Enough to meet every pair of steps, few enough to take seconds.
    const HISTORIES: u32 = 16;

    #[test]
    fn the_same_history_gives_the_same_answers_on_both_stores() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let config = Config {
            cases: HISTORIES,
            // In milliseconds: a shorter history is worth some waiting, but not minutes.
            max_shrink_time: 30_000,
            failure_persistence: None,
            ..Config::default()
        };
        TestRunner::new(config)
            .run(&steps(), |steps| runtime.block_on(compare(steps)))
            .unwrap_or_else(|error| panic!("{error}"));
    }

    async fn compare(steps: Vec<Step>) -> Result<(), TestCaseError> {
        let (postgres, sqlite) = (PostgresDatabase::create().await, SqliteDatabase::create().await);
        let (postgres, sqlite) = (postgres.store(), sqlite.store());
        let mut world = World::new();
        for call in world.beginning() {
            prop_assert_eq!(call.ask(&*postgres).await, call.ask(&*sqlite).await);
        }
        for step in steps {
            let Some(call) = world.call(step) else { continue };
            let answer = call.ask(&*postgres).await;
            prop_assert_eq!(&answer, &call.ask(&*sqlite).await, "{:?}", call);
            world.learn(&call, answer);
        }
        prop_assert_eq!(whole(&*postgres, &world).await, whole(&*sqlite, &world).await);
        Ok(())
    }

    /// Everything that a store shows in the end.
    async fn whole(store: &dyn Store, world: &World) -> Vec<Answer> {
        let mut answers = Vec::new();
        for call in world.end() {
            answers.push(call.ask(store).await);
        }
        answers
    }
}
