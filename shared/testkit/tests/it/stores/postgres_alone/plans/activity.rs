//! Looking at what is news costs the same however much there is, by a plan from when there was little.

use postrider_testkit::conformance::stores::CaseResult;
use postrider_testkit::conformance::stores::given::{self, NOW};
use postrider_testkit::databases::PostgresDatabase;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::{generic_plan, prepared_plan};
use super::{assert_frugal, fill, run};

const ATTEMPTS: &str = include_str!("../../../../../../store-postgres/queries/newest_attempts.sql");
const EVENTS: &str = include_str!("../../../../../../store-postgres/queries/newest_events.sql");
const TYPES: &str = "uuid, bigint";

/// A delivery to each registration, with its event and an attempt: all of them long ago.
async fn fill_with_attempts(connection: &mut PgConnection) -> anyhow::Result<()> {
    fill(connection, "'tasks'").await?;
    let id =
        |first: &str| format!("('01000000-{first}000-7000-8000-' || right(r.id::text, 12))::uuid");
    let (event, delivery, attempt) = (id("1"), id("2"), id("3"));
    for statement in [
        format!(
            "INSERT INTO events (id, filter, event_type, resource_id, occurred_at, accepted_at)
             SELECT {event}, 'tasks', 'Executed', '42', 'epoch', 'epoch' FROM registrations AS r"
        ),
        format!(
            "INSERT INTO deliveries (
                 id, event_id, registration_id, state, attempts, earlier_rounds, created_at,
                 wanted_at, leased_until
             )
             SELECT {delivery}, {event}, r.id, 'delivered', 1, 0, 'epoch', 'epoch', 'epoch'
             FROM registrations AS r"
        ),
        format!(
            "INSERT INTO attempts (id, delivery_id, number, started_at, duration_us, status, worker)
             SELECT {attempt}, {delivery}, 1, 'epoch', 1, 204, '' FROM registrations AS r"
        ),
        "VACUUM ANALYZE".to_owned(),
    ] {
        run(connection, statement).await?;
    }
    Ok(())
}

/// Whether it is frugal by a plan from before there was anything, when there is very much.
async fn looks_frugally(statement: &str) -> CaseResult {
    let database = PostgresDatabase::create().await;
    let mut connection = database.connect().await;
    let store = database.store();
    store.prepare_storage(NOW, given::seconds(86_400)).await?;
    let since = |first: Uuid, limit: u32| format!("'{first}', {limit}");
    generic_plan(&mut connection, TYPES, statement, &since(Uuid::nil(), 1_000)).await?;
    fill_with_attempts(&mut connection).await?;
    let delivered = given::delivered(store.as_ref()).await?;
    let report = given::report(store.as_ref(), delivered.delivery()).await?;
    let (attempt, event) = (report.attempts[0].id.0, report.delivery.event.0);

    // What is new, …
    let plan = prepared_plan(&mut connection, &since(attempt.min(event), 1_000)).await?;
    assert_frugal(&plan);
    // … and as much of everything as is asked for.
    let plan = prepared_plan(&mut connection, &since(Uuid::nil(), 100)).await?;
    assert_frugal(&plan);
    Ok(())
}

#[tokio::test]
async fn looking_for_new_attempts_costs_the_same_however_many_there_were() -> CaseResult {
    looks_frugally(ATTEMPTS).await
}

#[tokio::test]
async fn looking_for_new_events_costs_the_same_however_many_there_were() -> CaseResult {
    looks_frugally(EVENTS).await
}
