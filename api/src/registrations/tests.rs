use postrider_domain::{Credential, Timestamp, User, Visibility};
use postrider_egress::EgressConfig;
use postrider_testkit::clock::MockClock;
use postrider_testkit::databases::SqliteDatabase;

use super::*;
use crate::Accounts;

struct World {
    registrations: Registrations,
    clock: Arc<MockClock>,
    alice: Principal,
    _database: SqliteDatabase,
}

async fn start() -> World {
    let database = SqliteDatabase::create().await;
    let clock = Arc::new(MockClock::new(Timestamp::from_micros(1_000_000)));
    let shared: Arc<dyn Clock> = clock.clone();
    let ids = Ids::seeded(Arc::clone(&shared), 1);
    let accounts = Accounts::new(database.store(), Arc::clone(&shared), ids.clone());
    let user: User = accounts.create_user("alice", &"correct horse".into(), false).await.unwrap();
    let guard = Arc::new(Guard::new(&EgressConfig::default()));
    let registrations = Registrations {
        store: database.store(),
        clock: Arc::clone(&shared),
        echo: Echo::new(&guard, ids.clone(), Duration::from_secs(1)),
        ids,
        guard,
        filters: Arc::new(KnownFilters::new(&[], database.store(), shared)),
        max_per_user: 10,
    };
    let alice = Principal { user, credential: Credential::Token };
    World { registrations, clock, alice, _database: database }
}

impl World {
    async fn create(&self) -> Registration {
        let owner = self.alice.user.id;
        self.registrations.create(owner, draft("first"), Verification::Off, None).await.unwrap()
    }

    async fn replace(
        &self,
        current: Registration,
        draft: Draft,
    ) -> Result<Registration, RegistrationError> {
        self.registrations.replace(&self.alice, current, draft, Verification::Off).await
    }

    async fn rotate(&self, current: Registration) -> Registration {
        let overlap = Duration::from_hours(1);
        self.registrations.rotate(&self.alice, current, None, overlap).await.unwrap()
    }
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
    let world = start().await;
    let read = world.create().await;

    let won = world.replace(read.clone(), draft("second")).await.unwrap();
    let lost = world.replace(read, draft("third")).await.unwrap_err();
    assert!(matches!(lost, RegistrationError::Changed), "{lost:?}");

    let own = Visibility::Own(world.alice.user.id);
    let store = &world.registrations.store;
    let stored = store.find_registration(own, won.id).await.unwrap().unwrap();
    assert_eq!(stored, won);
    world.replace(stored, draft("third")).await.unwrap();
}

#[tokio::test]
async fn a_second_rotation_ends_the_oldest_secret() {
    let world = start().await;
    let first = world.create().await;
    let second = world.rotate(first.clone()).await;
    world.clock.advance(Duration::from_mins(1));
    let third = world.rotate(second.clone()).await;

    let previous = third.previous_secret.unwrap();
    assert_eq!(previous.secret, second.secret);
    assert_ne!(previous.secret, first.secret);
    assert_eq!(previous.ends_at, world.clock.now() + Duration::from_hours(1));
}

#[tokio::test]
async fn a_change_of_something_else_keeps_both_secrets_and_another_secret_is_in_force_at_once() {
    let world = start().await;
    let first = world.create().await;
    let rotated = world.rotate(first.clone()).await;

    let described = world.replace(rotated.clone(), draft("second")).await.unwrap();
    assert_eq!(described.secret, rotated.secret);
    assert_eq!(described.previous_secret.as_ref().unwrap().secret, first.secret);

    let secret = Some("s".repeat(32));
    let replaced = world.replace(described, Draft { secret, ..draft("third") }).await.unwrap();
    assert_eq!(replaced.secret.expose(), "s".repeat(32));
    assert!(replaced.previous_secret.is_none());
}
