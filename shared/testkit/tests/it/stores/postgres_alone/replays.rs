//! Replays among very many deliveries.

use postrider_domain::ReplayQuery;
use postrider_testkit::conformance::stores::CaseResult;
use postrider_testkit::conformance::stores::given::{self, NOW, seconds};
use postrider_testkit::databases::PostgresDatabase;
use sqlx::AssertSqlSafe;

use super::generic_plan;

const MATCH: &str = include_str!("../../../../../store-postgres/queries/match_replay.sql");

/// More than one call looks at.
const MANY: u32 = 12_000;

/// A registration with [`MANY`] deliveries of reports before one that is of a task; the latter.
async fn many_and_one(database: &PostgresDatabase) -> anyhow::Result<given::Pending> {
    let store = database.store();
    let one = given::delivered(store.as_ref()).await?;
    let registration = one.registration.id.0;
    let id = "('00000000-0001-7000-8000-' || lpad(n::text, 12, '0'))::uuid";
    let mut connection = database.connect().await;
    for statement in [
        "UPDATE events SET filter = 'Tasks'".to_owned(),
        format!(
            "INSERT INTO events (
                 id, filter, event_type, resource_id, occurred_at, accepted_at
             )
             SELECT {id}, 'reports', 'Added', n, '{NOW}', '{NOW}'
             FROM generate_series(1, {MANY}) AS n"
        ),
        format!(
            "INSERT INTO deliveries (
                 id, event_id, registration_id, state, attempts, earlier_rounds, created_at,
                 wanted_at, leased_until, dead_reason
             )
             SELECT {id}, {id}, '{registration}',
                 CASE n % 10 WHEN 0 THEN 'dead' ELSE 'delivered' END, 1, 0, '{NOW}', '{NOW}',
                 'epoch', CASE n % 10 WHEN 0 THEN 'gone' END
             FROM generate_series(1, {MANY}) AS n"
        ),
        "VACUUM ANALYZE".to_owned(),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    Ok(one)
}

#[tokio::test]
async fn a_long_stretch_that_does_not_match_is_passed_in_several_calls() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let one = many_and_one(&database).await?;
    let store = database.store();
    let query = ReplayQuery { filter: Some("tasks".parse()?), ..given::everything() };
    let replay = given::new_replay(&one.registration, query, 100, NOW);
    assert!(store.add_replay(postrider_domain::Visibility::All, &replay).await?);
    assert_eq!(store.advance_replays(NOW + seconds(1), 1000).await?, 0, "it is not there yet");
    assert_eq!(store.advance_replays(NOW + seconds(2), 1000).await?, 1);
    assert_eq!(given::look(store.as_ref(), one.delivery()).await?.replays, 1);
    Ok(())
}

#[tokio::test]
async fn the_next_of_a_replay_are_read_and_no_others() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let one = many_and_one(&database).await?;
    let mut connection = database.connect().await;
    let (nil, max) = (uuid::Uuid::nil(), uuid::Uuid::max());
    for (delivered, index) in [(true, "deliveries_registration"), (false, "deliveries_dead_of")] {
        sqlx::raw_sql("DEALLOCATE ALL").execute(&mut connection).await?;
        let plan = generic_plan(
            &mut connection,
            "uuid, boolean, boolean, uuid, uuid, bigint, timestamptz, text[], text, text, bigint",
            MATCH,
            &format!(
                "'{}', {delivered}, true, '{nil}', '{max}', 10000, '{NOW}', NULL, NULL, NULL, 20",
                one.registration.id.0
            ),
        )
        .await?;
        let used = |line: &&str| line.contains(" on deliveries ") && !line.contains("never");
        let used: Vec<_> = plan.lines().filter(used).collect();
        assert!(matches!(used[..], [line] if line.contains(index)), "{plan}");
        assert!(!plan.contains("Sort (") && !plan.contains("Seq Scan"), "{plan}");
        // The first twenty that match, and nothing that comes after them.
        let rows = |line: &str| line.split_once(" rows=")?.1.split([' ', '.']).next()?.parse().ok();
        let most = plan.lines().filter_map(rows).max();
        assert_eq!(most, Some(20_u32), "{plan}");
    }
    Ok(())
}
