//! What is true of SQLite alone; what every store promises is in the conformance suite of the
//! testkit.

mod audit;
mod durability;
mod files;
mod processes;
mod replays;
mod sealing;
mod search;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use postrider_domain::ports::{AccountStore, EventStore, NewUser, OperationsStore, PasswordHash};
use postrider_domain::{
    Clock, Credentials, DeliveryOptions, Event, EventId, FilterSet, Ids, NewEvent, Registration,
    RegistrationHeaders, Resource, Secret, SubmissionOutcome, Timestamp, User, UserId,
};
use postrider_store_sqlite::SqliteStore;
use postrider_vault::Keyring;
use secrecy::SecretString;

const NOW: Timestamp = Timestamp::from_micros(1_795_248_000_000_000);

/// What every store here seals with.
static KEY: LazyLock<SecretString> = LazyLock::new(Keyring::generate_key);

fn keyring() -> Arc<Keyring> {
    Arc::new(Keyring::parse([&*KEY]).expect("a key that was just made"))
}

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// A store with a user who owns nothing.
async fn store_with_user(file: &Path) -> Result<(SqliteStore, UserId), Box<dyn Error>> {
    let store = SqliteStore::connect(&file.to_string_lossy(), keyring()).await?;
    store.migrate().await?;
    let user = User {
        id: Ids::new(Arc::new(Fixed)).next(),
        name: "ada".parse()?,
        administrator: false,
        disabled: false,
        created_at: NOW,
        updated_at: NOW,
    };
    let id = user.id;
    store.add_user(&NewUser { user, password: PasswordHash(String::new()) }).await?;
    Ok((store, id))
}

fn new_registration(owner: UserId) -> Result<Registration, Box<dyn Error>> {
    let ids = Ids::new(Arc::new(Fixed));
    Ok(Registration {
        id: ids.next(),
        owner,
        uri: "https://example.com/hook".parse()?,
        filters: FilterSet::all(),
        secret: Secret::generate(&ids),
        previous_secret: None,
        description: None,
        paused: false,
        secret_expires_at: None,
        disabled: None,
        condition: None,
        options: DeliveryOptions::default(),
        credentials: Credentials::default(),
        headers: RegistrationHeaders::default(),
        properties: BTreeMap::new(),
        created_at: NOW,
        updated_at: NOW,
    })
}

/// An event about the report `resource`.
fn new_event(resource: &str) -> Event {
    Event {
        id: Ids::new(Arc::new(Fixed)).next(),
        filter: "reports".parse().expect("a filter"),
        event_type: "Added".parse().expect("a type"),
        resource: Resource { id: resource.into(), name: None, category: None },
        actor: None,
        occurred_at: NOW,
        accepted_at: NOW,
        data: None,
        publisher: None,
        audience: None,
    }
}

/// Accepts an event about the report `resource`.
async fn accept(store: &SqliteStore, resource: &str) -> EventId {
    let event = new_event(resource);
    let id = event.id;
    let submissions = [vec![NewEvent { event, key: None }]];
    let outcomes = store.accept_events(&submissions, NOW).await.expect("the store is there");
    assert!(matches!(&outcomes[..], [SubmissionOutcome::Accepted(_)]), "{outcomes:?}");
    id
}
