//! What is true of SQLite alone; what every store promises is in the conformance suite of the
//! testkit.

mod durability;
mod files;
mod processes;

use std::sync::Arc;

use postrider_domain::ports::EventStore;
use postrider_domain::{
    Clock, Event, EventId, Ids, NewEvent, Resource, SubmissionOutcome, Timestamp,
};
use postrider_store_sqlite::SqliteStore;

const NOW: Timestamp = Timestamp::from_micros(1_795_248_000_000_000);

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// Accepts an event about the report `resource`.
async fn accept(store: &SqliteStore, resource: &str) -> EventId {
    let event = Event {
        id: Ids::new(Arc::new(Fixed)).next(),
        filter: "reports".parse().expect("a filter"),
        event_type: "Added".parse().expect("a type"),
        resource: Resource { id: resource.into(), name: None, category: None },
        actor: None,
        occurred_at: NOW,
        accepted_at: NOW,
        data: None,
    };
    let id = event.id;
    let submissions = [vec![NewEvent { event, key: None }]];
    let outcomes = store.accept_events(&submissions, NOW).await.expect("the store is there");
    assert!(matches!(&outcomes[..], [SubmissionOutcome::Accepted(_)]), "{outcomes:?}");
    id
}
