//! Accepting events: one statement and one durable commit, unless keys must be claimed first.

mod expunge;

use async_trait::async_trait;
use postrider_domain::ports::{EventStore, StoreError};
use postrider_domain::submission::{TakenKeys, decide};
use postrider_domain::{
    DeliveryId, Event, EventId, EventKey, NewEvent, RegistrationId, Submission, SubmissionOutcome,
    Timestamp, Visibility,
};
use sqlx::{PgConnection, PgExecutor};
use tracing::instrument;
use uuid::Uuid;

use crate::PostgresStore;
use crate::errors::{corrupt, store_error};
use crate::rows::json;

/// Each round that fails has found a key that somebody else has stored meanwhile, so that the next
/// one knows more; only a flood of repeated publishes needs more than two.
const MAX_ROUNDS: usize = 10;

#[async_trait]
impl EventStore for PostgresStore {
    #[instrument(name = "store.events.accept", level = "debug", skip_all)]
    async fn accept_events(
        &self,
        submissions: &[Submission],
        rescue_at: Timestamp,
    ) -> Result<Vec<SubmissionOutcome>, StoreError> {
        let failed = store_error("accept_events");
        for _ in 0..MAX_ROUNDS {
            let taken = self.find_keys(submissions).await?;
            let outcomes = decide(submissions, &taken);
            let fresh = fresh_events(submissions, &outcomes);
            if self.insert_fresh(&fresh, rescue_at).await.map_err(&failed)? {
                return Ok(outcomes);
            }
        }
        Err(StoreError::Unavailable {
            operation: "accept_events",
            source: "the same keys are being stored by others".into(),
        })
    }

    #[instrument(name = "store.events.accept_test", level = "debug", skip_all)]
    async fn accept_test(
        &self,
        visibility: Visibility,
        event: &Event,
        registration: RegistrationId,
        now: Timestamp,
    ) -> Result<Option<DeliveryId>, StoreError> {
        let delivery = DeliveryId::derive(event.id, registration);
        let stored = insert_test(&self.durable, visibility, event, (delivery, registration), now)
            .await
            .map_err(store_error("accept_test"))?;
        Ok(stored.then_some(delivery))
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

impl PostgresStore {
    /// Which keys of `submissions` are taken. Asks nothing when there are none.
    async fn find_keys(&self, submissions: &[Submission]) -> Result<TakenKeys, StoreError> {
        let (scopes, keys): (Vec<_>, Vec<_>) = submissions
            .iter()
            .flatten()
            .filter_map(|new| new.key.as_ref())
            .map(|(key, _)| (key.scope, key.key.as_str()))
            .unzip();
        if keys.is_empty() {
            return Ok(TakenKeys::new());
        }
        let rows = sqlx::query!(
            r#"
            SELECT k.scope, k.key, k.event_id, k.content
            FROM unnest($1::uuid[], $2::text[]) AS wanted (scope, key)
            JOIN event_keys AS k ON k.scope = wanted.scope AND k.key = wanted.key
            "#,
            &scopes,
            &keys as &[&str],
        )
        .fetch_all(&self.durable)
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

    /// Stores the events with their keys and outbox rows; `false`, and nothing is stored, when one
    /// of the keys has been taken since it was looked up.
    async fn insert_fresh(
        &self,
        fresh: &[&NewEvent],
        rescue_at: Timestamp,
    ) -> Result<bool, sqlx::Error> {
        if fresh.is_empty() {
            return Ok(true);
        }
        let events: Vec<_> = fresh.iter().map(|new| &new.event).collect();
        if fresh.iter().all(|new| new.key.is_none()) {
            insert_events(&self.durable_keyed, &events, rescue_at).await?;
            return Ok(true);
        }
        let mut transaction = self.durable.begin().await?;
        if !claim_keys(&mut transaction, fresh).await? {
            transaction.rollback().await?;
            return Ok(false);
        }
        insert_events(&mut *transaction, &events, rescue_at).await?;
        transaction.commit().await?;
        Ok(true)
    }
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

/// Takes the keys of `fresh`, and says whether every one was free.
async fn claim_keys(
    connection: &mut PgConnection,
    fresh: &[&NewEvent],
) -> Result<bool, sqlx::Error> {
    let mut keyed: Vec<_> = fresh
        .iter()
        .filter_map(|new| new.key.as_ref().map(|(key, content)| (key, content, &new.event)))
        .collect();
    // Two transactions that want the same keys take them in the same order, and cannot deadlock.
    keyed.sort_unstable_by_key(|(key, ..)| (key.scope, key.key.as_str()));

    let scopes: Vec<_> = keyed.iter().map(|(key, ..)| key.scope).collect();
    let keys: Vec<_> = keyed.iter().map(|(key, ..)| key.key.as_str()).collect();
    let contents: Vec<_> = keyed.iter().map(|(_, content, _)| content.as_slice()).collect();
    let events: Vec<_> = keyed.iter().map(|(.., event)| event.id.0).collect();
    let times: Vec<_> = keyed.iter().map(|(.., event)| event.accepted_at.to_utc()).collect();
    let claimed = sqlx::query!(
        r#"
        INSERT INTO event_keys (scope, key, content, event_id, created_at)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[], $5::timestamptz[])
        ON CONFLICT (scope, key) DO NOTHING
        "#,
        &scopes,
        &keys as &[&str],
        &contents as &[&[u8]],
        &events,
        &times,
    )
    .execute(connection)
    .await?;
    Ok(claimed.rows_affected() == keyed.len() as u64)
}

/// Stores events with their outbox rows.
pub(crate) async fn insert_events(
    executor: impl PgExecutor<'_>,
    events: &[&Event],
    rescue_at: Timestamp,
) -> Result<(), sqlx::Error> {
    let events = || events.iter();
    let ids: Vec<_> = events().map(|event| event.id.0).collect();
    let filters: Vec<_> = events().map(|event| event.filter.as_str()).collect();
    let types: Vec<_> = events().map(|event| event.event_type.as_str()).collect();
    let resources: Vec<_> = events().map(|event| event.resource.id.as_str()).collect();
    let names: Vec<_> = events().map(|event| event.resource.name.as_deref()).collect();
    let categories: Vec<_> = events().map(|event| event.resource.category.as_deref()).collect();
    let actors: Vec<_> = events().map(|event| event.actor.as_deref()).collect();
    let occurred: Vec<_> = events().map(|event| event.occurred_at.to_utc()).collect();
    let accepted: Vec<_> = events().map(|event| event.accepted_at.to_utc()).collect();
    let data: Vec<_> = events().map(|event| event.data.as_ref().map(|data| data.get())).collect();
    let publishers: Vec<_> =
        events().map(|event| event.publisher.map(|publisher| publisher.0)).collect();
    let audiences: Vec<_> = events()
        .map(|event| event.audience.as_ref().map(|audience| json(&audience.keys())))
        .collect();
    sqlx::query_file!(
        "queries/accept_events.sql",
        &ids,
        &filters as &[&str],
        &types as &[&str],
        &resources as &[&str],
        &names as &[Option<&str>],
        &categories as &[Option<&str>],
        &actors as &[Option<&str>],
        &occurred,
        &accepted,
        &data as &[Option<&str>],
        &publishers as &[Option<Uuid>],
        &audiences as &[Option<String>],
        rescue_at.to_utc(),
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// Stores an event with its one delivery, and no outbox row; `false`, and nothing is stored, when the
/// registration is not visible.
async fn insert_test(
    executor: impl PgExecutor<'_>,
    visibility: Visibility,
    event: &Event,
    (delivery, registration): (DeliveryId, RegistrationId),
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query!(
        r#"
        WITH target AS MATERIALIZED (
            SELECT id
            FROM registrations
            WHERE id = $13 AND ($14::uuid IS NULL OR owner_id = $14)
        ),
        accepted AS (
            INSERT INTO events (
                id, filter, event_type, resource_id, resource_name, resource_category, actor,
                occurred_at, accepted_at, data, publisher_id, audience
            )
            SELECT
                $1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text,
                $8::timestamptz, $9::timestamptz, $10::text, $11::uuid, $12::text
            FROM target
        )
        INSERT INTO deliveries (
            id, event_id, registration_id, state, attempts, earlier_rounds, created_at, wanted_at,
            due_at, leased_until
        )
        SELECT $15::uuid, $1, id, 'pending', 0, 0, $16::timestamptz, $16, $16, 'epoch'
        FROM target
        "#,
        event.id.0,
        event.filter.as_str(),
        event.event_type.as_str(),
        event.resource.id,
        event.resource.name.as_deref(),
        event.resource.category.as_deref(),
        event.actor.as_deref(),
        event.occurred_at.to_utc(),
        event.accepted_at.to_utc(),
        event.data.as_ref().map(|data| data.get()),
        event.publisher.map(|publisher| publisher.0),
        event.audience.as_ref().map(|audience| json(&audience.keys())),
        registration.0,
        visibility.owner().map(|owner| owner.0),
        delivery.0,
        now.to_utc(),
    )
    .execute(executor)
    .await?;
    Ok(inserted.rows_affected() > 0)
}
