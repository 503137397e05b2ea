//! Accepting events: keys, events and outbox rows in one durable commit.

use async_trait::async_trait;
use postrider_domain::ports::{Announcement, EventStore, StoreError};
use postrider_domain::submission::{TakenKeys, decide};
use postrider_domain::{
    DeliveryId, Event, EventId, EventKey, NewEvent, RegistrationId, Submission, SubmissionOutcome,
    Timestamp, Visibility,
};
use serde::Serialize;
use sqlx::SqliteConnection;
use tracing::instrument;
use uuid::Uuid;

use crate::SqliteStore;
use crate::errors::{corrupt, store_error};
use crate::json::{Bytes, id_list, json};
use crate::pools::Commit;

mod expunge;

#[async_trait]
impl EventStore for SqliteStore {
    #[instrument(name = "store.events.accept", level = "debug", skip_all)]
    async fn accept_events(
        &self,
        submissions: &[Submission],
        rescue_at: Timestamp,
    ) -> Result<Vec<SubmissionOutcome>, StoreError> {
        let failed = store_error("accept_events");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let taken = find_keys(&mut transaction, submissions).await?;
        let outcomes = decide(submissions, &taken);
        let fresh = fresh_events(submissions, &outcomes);
        insert_keys(&mut transaction, &fresh).await.map_err(&failed)?;
        insert_events(&mut transaction, fresh.iter().map(|new| &new.event), rescue_at)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(outcomes)
    }

    #[instrument(name = "store.events.accept_test", level = "debug", skip_all)]
    async fn accept_test(
        &self,
        visibility: Visibility,
        event: &Event,
        registration: RegistrationId,
        now: Timestamp,
    ) -> Result<Option<DeliveryId>, StoreError> {
        let failed = store_error("accept_test");
        let delivery = DeliveryId::derive(event.id, registration);
        let owner = visibility.owner().map(|owner| owner.0);
        let now = now.as_micros();
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let made = sqlx::query!(
            "
            INSERT INTO deliveries (
                id, event_id, registration_id, state, attempts, earlier_rounds, created_at,
                wanted_at, due_at, leased_until
            )
            SELECT $1, $2, id, 'pending', 0, 0, $5, $5, $5, 0
            FROM registrations
            WHERE id = $3 AND ($4 IS NULL OR owner_id = $4)
            ",
            delivery.0,
            event.id.0,
            registration.0,
            owner,
            now,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        if made.rows_affected() == 0 {
            return Ok(None);
        }
        insert_rows(&mut transaction, [event].into_iter()).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(Some(delivery))
    }

    #[instrument(name = "store.events.expunge", level = "debug", skip_all)]
    async fn expunge_event(
        &self,
        event: EventId,
        now: Timestamp,
    ) -> Result<Option<bool>, StoreError> {
        self.expunge(event, now).await.map_err(store_error("expunge_event"))
    }
}

/// A row of a batch for `event_keys`.
#[derive(Serialize)]
struct NewKey<'a> {
    scope: Uuid,
    key: &'a str,
    event: Uuid,
    content: Bytes<'a>,
    created_at: i64,
}

impl<'a> NewKey<'a> {
    /// The row of an event, if it has a key.
    fn of(new: &'a NewEvent) -> Option<Self> {
        new.key.as_ref().map(|(key, content)| Self {
            scope: key.scope,
            key: &key.key,
            event: new.event.id.0,
            content: Bytes(content),
            created_at: new.event.accepted_at.as_micros(),
        })
    }
}

/// Which keys of `submissions` are taken. Asks nothing when there are none.
async fn find_keys(
    connection: &mut SqliteConnection,
    submissions: &[Submission],
) -> Result<TakenKeys, StoreError> {
    let keys: Vec<_> = submissions.iter().flatten().filter_map(NewKey::of).collect();
    if keys.is_empty() {
        return Ok(TakenKeys::new());
    }
    let keys = json(&keys);
    let rows = sqlx::query!(
        r#"
        SELECT k.scope AS "scope!: Uuid", k.key AS "key!", k.event_id AS "event_id!: Uuid",
            k.content AS "content!"
        FROM json_each($1) AS wanted
        JOIN event_keys AS k
            ON k.scope = unhex(wanted.value ->> 'scope', '-') AND k.key = wanted.value ->> 'key'
        "#,
        keys,
    )
    .fetch_all(connection)
    .await
    .map_err(store_error("accept_events"))?;

    rows.into_iter()
        .map(|row| {
            let content = row.content.as_slice().try_into().map_err(corrupt("event_keys"))?;
            let key = EventKey { scope: row.scope, key: row.key };
            Ok((key, (EventId(row.event_id), content)))
        })
        .collect()
}

/// The events that are to be stored: those of accepted submissions that were not there before.
fn fresh_events<'a>(
    submissions: &'a [Submission],
    outcomes: &[SubmissionOutcome],
) -> Vec<&'a NewEvent> {
    let mut fresh = Vec::new();
    for (submission, outcome) in submissions.iter().zip(outcomes) {
        if let SubmissionOutcome::Accepted(accepted) = outcome {
            let events = submission.iter().zip(accepted);
            fresh.extend(events.filter(|(_, accepted)| !accepted.duplicate).map(|(new, _)| new));
        }
    }
    fresh
}

async fn insert_keys(
    connection: &mut SqliteConnection,
    fresh: &[&NewEvent],
) -> Result<(), sqlx::Error> {
    let keys: Vec<_> = fresh.iter().copied().filter_map(NewKey::of).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let keys = json(&keys);
    sqlx::query!(
        "
        INSERT INTO event_keys (scope, key, event_id, content, created_at)
        SELECT
            unhex(value ->> 'scope', '-'), value ->> 'key', unhex(value ->> 'event', '-'),
            unhex(value ->> 'content'), value ->> 'created_at'
        FROM json_each($1)
        ",
        keys,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A row of a batch for `events`.
#[derive(Serialize)]
struct FreshEvent<'a> {
    id: Uuid,
    filter: &'a str,
    event_type: &'a str,
    resource_id: &'a str,
    resource_name: Option<&'a str>,
    resource_category: Option<&'a str>,
    actor: Option<&'a str>,
    occurred_at: i64,
    accepted_at: i64,
    /// The publisher's JSON as text, so that it is kept to the byte.
    data: Option<&'a str>,
    publisher: Option<Uuid>,
    /// JSON as text.
    audience: Option<String>,
}

impl<'a> From<&'a Event> for FreshEvent<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            id: event.id.0,
            filter: event.filter.as_str(),
            event_type: event.event_type.as_str(),
            resource_id: &event.resource.id,
            resource_name: event.resource.name.as_deref(),
            resource_category: event.resource.category.as_deref(),
            actor: event.actor.as_deref(),
            occurred_at: event.occurred_at.as_micros(),
            accepted_at: event.accepted_at.as_micros(),
            data: event.data.as_ref().map(|data| data.get()),
            publisher: event.publisher.map(|publisher| publisher.0),
            audience: event.audience.as_ref().map(|audience| json(&audience.keys())),
        }
    }
}

/// Stores the event that tells of a change to the catalogue.
pub(crate) async fn announce(
    connection: &mut SqliteConnection,
    announcement: &Announcement,
) -> Result<(), sqlx::Error> {
    let Announcement { event, rescue_at } = announcement;
    insert_events(connection, [event].into_iter(), *rescue_at).await
}

/// Stores events and their outbox rows. An event that is there already was stored by an earlier try
/// of the same call, with its outbox row, so that neither is stored again.
async fn insert_events<'a>(
    connection: &mut SqliteConnection,
    events: impl Iterator<Item = &'a Event>,
    rescue_at: Timestamp,
) -> Result<(), sqlx::Error> {
    let inserted = insert_rows(connection, events).await?;
    let (inserted, due_at) = (id_list(inserted), rescue_at.as_micros());
    sqlx::query!(
        "
        INSERT INTO event_outbox (event_id, due_at)
        SELECT unhex(value, '-'), $2
        FROM json_each($1)
        ",
        inserted,
        due_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores events, and returns those that were not there before.
async fn insert_rows<'a>(
    connection: &mut SqliteConnection,
    events: impl Iterator<Item = &'a Event>,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let events = json(&events.map(FreshEvent::from).collect::<Vec<_>>());
    sqlx::query_file_scalar!("queries/insert_events.sql", events).fetch_all(connection).await
}
