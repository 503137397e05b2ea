use postrider_domain::{Role, Timestamp, User, Visibility};
use postrider_egress::EgressConfig;
use postrider_testkit::clock::MockClock;
use postrider_testkit::databases::SqliteDatabase;

use super::*;
use crate::Accounts;

struct World {
    registrations: Registrations,
    alice: Principal,
    _database: SqliteDatabase,
}

async fn start() -> World {
    let database = SqliteDatabase::create().await;
    let clock: Arc<dyn Clock> = Arc::new(MockClock::new(Timestamp::from_micros(1_000_000)));
    let ids = Ids::seeded(Arc::clone(&clock), 1);
    let accounts = Accounts::new(database.store(), Arc::clone(&clock), ids.clone());
    let user: User =
        accounts.create_user("alice", &"correct horse".into(), Role::User).await.unwrap();
    let registrations = Registrations {
        store: database.store(),
        clock,
        ids,
        guard: Arc::new(Guard::new(&EgressConfig::default())),
        filters: Arc::new(KnownFilters::new(&[])),
        max_per_user: 10,
    };
    World { registrations, alice: Principal { user, key: None }, _database: database }
}

fn draft(description: &str) -> Draft {
    Draft {
        uri: "https://h9.example/".into(),
        description: Some(description.into()),
        ..Draft::default()
    }
}

#[tokio::test]
async fn of_two_changes_of_the_same_version_one_is_told_that_it_lost() {
    let World { registrations, alice, _database } = start().await;
    let read = registrations.create(alice.user.id, draft("first")).await.unwrap();

    let won = registrations.replace(&alice, read.clone(), draft("second")).await.unwrap();
    let lost = registrations.replace(&alice, read, draft("third")).await.unwrap_err();
    assert!(matches!(lost, RegistrationError::Changed), "{lost:?}");

    let own = Visibility::Own(alice.user.id);
    let stored = registrations.store.find_registration(own, won.id).await.unwrap().unwrap();
    assert_eq!(stored, won);
    registrations.replace(&alice, stored, draft("third")).await.unwrap();
}
