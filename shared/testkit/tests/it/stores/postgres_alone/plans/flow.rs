//! Claiming, letting go and giving up visit what they are about, and stop where they are to stop.

use postrider_testkit::conformance::stores::CaseResult;
use postrider_testkit::conformance::stores::given::{self, NOW, Pending, RESCUE_AT};
use postrider_testkit::databases::PostgresDatabase;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::{count, generic_plan, prepared_plan};
use super::{USERS, assert_frugal, fill, run};

const CLAIM: &str = include_str!("../../../../../../store-postgres/queries/claim_deliveries.sql");
const DUE: &str = include_str!("../../../../../../store-postgres/queries/lock_due_flows.sql");
const LOOK: &str = include_str!("../../../../../../store-postgres/queries/look_at_held.sql");
const RELEASE: &str = include_str!("../../../../../../store-postgres/queries/release_held.sql");
const OVERFLOW: &str = include_str!("../../../../../../store-postgres/queries/find_overflow.sql");
const OVERFLOWING: &str =
    include_str!("../../../../../../store-postgres/queries/find_overflowing.sql");

/// How many deliveries one registration has of each kind.
const MANY: u32 = 5_000;

/// Many of everything that is not looked for: registrations that do in some way, and deliveries of
/// every state.
pub(super) async fn fill_with_deliveries(connection: &mut PgConnection) -> anyhow::Result<()> {
    fill(connection, "'tasks'").await?;
    let later = format!("'{RESCUE_AT}'::timestamptz + interval '1 day'");
    for statement in [
        format!(
            "INSERT INTO registration_flow (registration_id, release_at)
             SELECT id, {later} FROM registrations"
        ),
        format!(
            "INSERT INTO deliveries (
                 id, event_id, registration_id, state, attempts, earlier_rounds, created_at,
                 wanted_at, due_at, leased_until
             )
             SELECT gen_random_uuid(), gen_random_uuid(), r.id, kind.state, 0, 0, 'epoch', 'epoch',
                 CASE WHEN kind.state = 'pending' THEN {later} END, 'epoch'
             FROM registrations AS r
             CROSS JOIN (VALUES ('pending'), ('delivered'), ('dead')) AS kind (state)"
        ),
    ] {
        run(connection, statement).await?;
    }
    Ok(())
}

/// Has a registration hold [`MANY`] deliveries, and as many more that go with another.
pub(super) async fn hold_many(
    connection: &mut PgConnection,
    pending: &Pending,
) -> anyhow::Result<()> {
    let (registration, carrier) = (pending.registration.id.0, pending.delivery().0);
    run(
        connection,
        format!(
            "INSERT INTO deliveries (
                 id, event_id, registration_id, state, hold_reason, bundle_id, attempts,
                 earlier_rounds, created_at, wanted_at, leased_until
             )
             SELECT gen_random_uuid(), gen_random_uuid(), '{registration}', 'held', kind.reason,
                 kind.bundle, 0, 0, '{NOW}', '{NOW}', 'epoch'
             FROM generate_series(1, {MANY})
             CROSS JOIN (VALUES ('paused', NULL), ('bundled', '{carrier}'::uuid))
                 AS kind (reason, bundle)"
        ),
    )
    .await
}

/// Its plan, when it is prepared anew.
async fn plan(
    connection: &mut PgConnection,
    types: &str,
    statement: &str,
    values: &str,
) -> anyhow::Result<String> {
    run(connection, "DEALLOCATE ALL".to_owned()).await?;
    let plan = generic_plan(connection, types, statement, values).await?;
    assert_frugal(&plan);
    Ok(plan)
}

#[tokio::test]
async fn claiming_costs_the_same_however_many_others_there_are() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let store = database.store();
    let mut connection = database.connect().await;
    fill_with_deliveries(&mut connection).await?;
    let pending = given::pending_of(store.as_ref(), 3).await?;
    let busy = given::pending_of(store.as_ref(), 3).await?;
    run(&mut connection, "VACUUM ANALYZE".to_owned()).await?;

    let ids = pending.deliveries.iter().chain(&busy.deliveries);
    let ids: Vec<_> = ids.map(|delivery| format!("'{}'", delivery.0)).collect();
    let claim = plan(
        &mut connection,
        "uuid[], timestamptz, uuid, timestamptz, uuid[]",
        CLAIM,
        &format!(
            "ARRAY[{}]::uuid[], '{NOW}', '{}', '{RESCUE_AT}', ARRAY['{}'::uuid]",
            ids.join(", "),
            given::id::<Uuid>(),
            busy.registration.id.0,
        ),
    )
    .await?;
    for delivery in pending.deliveries {
        let taken = given::claim(store.as_ref(), &[delivery], NOW).await?;
        assert!(taken.is_empty(), "{claim}");
    }
    assert_eq!(count(&mut connection, "deliveries WHERE hold_reason = 'busy'").await?, 3);
    Ok(())
}

#[tokio::test]
async fn claiming_by_a_plan_from_when_nothing_was_held_costs_the_same_however_much_is() -> CaseResult
{
    let database = PostgresDatabase::create().await;
    let store = database.store();
    let mut connection = database.connect().await;
    let Pending { registration, deliveries } = given::pending_of(store.as_ref(), 3).await?;
    run(&mut connection, "VACUUM ANALYZE".to_owned()).await?;
    let values = |ids: &[Uuid]| {
        let ids: Vec<_> = ids.iter().map(|id| format!("'{id}'")).collect();
        let token = given::id::<Uuid>();
        format!("ARRAY[{}]::uuid[], '{NOW}', '{token}', '{RESCUE_AT}', '{{}}'", ids.join(", "))
    };
    let types = "uuid[], timestamptz, uuid, timestamptz, uuid[]";
    generic_plan(&mut connection, types, CLAIM, &values(&[given::id()])).await?;
    hold_many(&mut connection, &given::held_of(store.as_ref(), 1).await?).await?;

    let registration = given::pause(store.as_ref(), &registration).await?;
    let ids: Vec<_> = deliveries.iter().map(|delivery| delivery.0).collect();
    assert_frugal(&prepared_plan(&mut connection, &values(&ids)).await?);
    let held =
        format!("deliveries WHERE registration_id = '{}' AND state = 'held'", registration.id.0);
    assert_eq!(count(&mut connection, &held).await?, 3);
    Ok(())
}

#[tokio::test]
async fn letting_go_costs_the_same_however_much_is_held() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let store = database.store();
    let mut connection = database.connect().await;
    fill_with_deliveries(&mut connection).await?;
    let held = given::held_of(store.as_ref(), 3).await?;
    hold_many(&mut connection, &held).await?;
    given::resume(store.as_ref(), &held.registration).await?;
    run(&mut connection, "VACUUM ANALYZE".to_owned()).await?;

    let due =
        plan(&mut connection, "timestamptz, bigint", DUE, &format!("'{RESCUE_AT}', 100")).await?;
    assert!(due.contains("rows=1 "), "{due}");
    let registration = format!("ARRAY['{}'::uuid]", held.registration.id.0);
    plan(
        &mut connection,
        "uuid[], timestamptz, integer, integer",
        LOOK,
        &format!("{registration}, '{RESCUE_AT}', 100, 100"),
    )
    .await?;
    let release = plan(
        &mut connection,
        "uuid[], integer[], timestamptz",
        RELEASE,
        &format!("{registration}, ARRAY[100], '{RESCUE_AT}'"),
    )
    .await?;
    let released = count(&mut connection, "deliveries WHERE released_at IS NOT NULL").await?;
    assert_eq!(released, 100, "{release}");
    Ok(())
}

#[tokio::test]
async fn giving_up_costs_as_much_as_may_be_held_by_those_that_hold_something() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let store = database.store();
    let mut connection = database.connect().await;
    fill_with_deliveries(&mut connection).await?;
    let full = given::held_of(store.as_ref(), 3).await?;
    hold_many(&mut connection, &full).await?;
    for _ in 0..3 {
        given::held_of(store.as_ref(), 3).await?;
    }
    run(&mut connection, "VACUUM ANALYZE".to_owned()).await?;
    assert_eq!(count(&mut connection, "registrations").await?, i64::from(USERS) + 4);

    let overflow = plan(
        &mut connection,
        "bigint, uuid, timestamptz",
        OVERFLOW,
        &format!("100, '{}', 'epoch'", Uuid::nil()),
    )
    .await?;
    assert!(overflow.lines().next().is_some_and(|top| top.contains("rows=1 ")), "{overflow}");
    Ok(())
}

#[tokio::test]
async fn giving_up_a_batch_costs_the_same_however_much_is_held() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let store = database.store();
    let mut connection = database.connect().await;
    fill_with_deliveries(&mut connection).await?;
    let full = given::held_of(store.as_ref(), 3).await?;
    hold_many(&mut connection, &full).await?;
    run(&mut connection, "VACUUM ANALYZE".to_owned()).await?;

    let (registration, last) = (full.registration.id.0, Uuid::max());
    let batch = plan(
        &mut connection,
        "uuid[], uuid[], uuid[], uuid, timestamptz, bigint",
        OVERFLOWING,
        &format!(
            "ARRAY['{registration}'::uuid], ARRAY['{last}'::uuid], ARRAY['{}'::uuid], '{}', 'epoch', 50",
            Uuid::nil(),
            Uuid::nil(),
        ),
    )
    .await?;
    assert!(batch.lines().next().is_some_and(|top| top.contains("rows=50 ")), "{batch}");
    Ok(())
}
