//! Replays among very many deliveries.

use std::sync::Arc;
use std::time::Duration;

use postrider_domain::ports::{EventStore, HistoryStore, RegistrationStore, ReplayStore};
use postrider_domain::{BoundedCount, Ids, Replay, ReplayQuery, ReplayState, Visibility};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

use super::{Fixed, NOW, new_event, new_registration, store_with_user};

/// More than one call looks at.
const MANY: i64 = 12_000;

/// Events of reports, and a delivered delivery of each, which come before everything else.
async fn fill(connection: &mut SqliteConnection, registration: uuid::Uuid) {
    for statement in [
        "INSERT INTO events (id, filter, event_type, resource_id, occurred_at, accepted_at)
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < $1)
         SELECT unhex(printf('00000001700080000000%012x', n)), 'reports', 'Added', n, $3, $3
         FROM n WHERE $2 IS NOT NULL",
        "INSERT INTO deliveries (
             id, event_id, registration_id, state, attempts, earlier_rounds, created_at, wanted_at,
             leased_until
         )
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < $1)
         SELECT unhex(printf('00000001700080000000%012x', n)),
             unhex(printf('00000001700080000000%012x', n)), $2, 'delivered', 1, 0, $3, $3, 0
         FROM n",
    ] {
        sqlx::query(statement)
            .bind(MANY)
            .bind(registration)
            .bind(NOW.as_micros())
            .execute(&mut *connection)
            .await
            .expect("the statement is valid");
    }
}

#[tokio::test]
async fn a_long_stretch_that_does_not_match_is_passed_in_several_calls() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postrider.db");
    let (store, user) = store_with_user(&file).await.unwrap();
    let registration = new_registration(user).unwrap();
    store.add_registration(&registration, None, 10).await.unwrap();
    let event = postrider_domain::Event { filter: "Tasks".parse().unwrap(), ..new_event("1") };
    let test = store.accept_test(Visibility::All, &event, registration.id, NOW).await.unwrap();
    let delivery = test.expect("it is visible");
    let options = SqliteConnectOptions::new().filename(&file);
    let mut connection = options.connect().await.unwrap();
    sqlx::query("UPDATE deliveries SET state = 'delivered', due_at = NULL")
        .execute(&mut connection)
        .await
        .unwrap();
    fill(&mut connection, registration.id.0).await;

    let query = ReplayQuery {
        delivered: true,
        filter: Some("tasks".parse().unwrap()),
        ..ReplayQuery::default()
    };
    let count = store.count_replay(Visibility::All, registration.id, &query, NOW).await.unwrap();
    assert_eq!(count, Some(BoundedCount { count: 1, more: false }));
    let replay = Replay {
        id: Ids::new(Arc::new(Fixed)).next(),
        registration: registration.id,
        created_by: user,
        query,
        pace: 100,
        state: ReplayState::Running,
        matched: BoundedCount::default(),
        replayed: 0,
        created_at: NOW,
        finished_at: None,
    };
    assert!(store.add_replay(Visibility::All, &replay).await.unwrap());
    let advance = async |seconds| {
        store.advance_replays(NOW + Duration::from_secs(seconds), 1000).await.unwrap()
    };
    assert_eq!(advance(1).await, 0, "it is not there yet");
    assert_eq!(advance(2).await, 1);
    let found = store.find_delivery(Visibility::All, delivery).await.unwrap().unwrap();
    assert_eq!(found.delivery.replays, 1);
    let done = store.find_replay(Visibility::All, replay.id).await.unwrap().unwrap();
    assert_eq!((done.state, done.replayed), (ReplayState::Done, 1));
}
