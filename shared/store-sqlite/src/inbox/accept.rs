//! Storing what came in: a batch is one statement.

use std::collections::HashMap;

use postrider_domain::inbox::InboxItem;
use postrider_domain::ports::Accepted;
use postrider_domain::{InboxId, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::SqliteInbox;
use crate::json::{json, storable};
use crate::pools::Commit;

/// What makes two received webhooks the same one: receiver, id and key, as they are stored.
type Key = (String, String, String);

/// A received webhook as a row of a batch. Its body is a part of the bytes that go with the batch:
/// as text it would be twice as long, and read twice.
#[derive(Serialize)]
struct Given {
    id: Uuid,
    receiver: String,
    address_id: String,
    actions: String,
    dedupe_key: Option<String>,
    received_at: i64,
    method: String,
    query: String,
    headers: String,
    /// The place of the first byte, counted from 1.
    body_from: usize,
    body_bytes: usize,
}

impl Given {
    fn new(item: &InboxItem, bodies: &mut Vec<u8>) -> Self {
        let request = &item.request;
        let body_from = bodies.len() + 1;
        bodies.extend_from_slice(&request.body);
        Self {
            id: item.id.0,
            receiver: storable(&item.address.receiver),
            address_id: storable(&item.address.id),
            actions: json(&item.actions.iter().map(|name| storable(name)).collect::<Vec<_>>()),
            dedupe_key: item.dedupe_key.as_deref().map(storable),
            received_at: item.received_at.as_micros(),
            method: storable(&request.method),
            query: storable(&request.query),
            headers: json(&request.headers),
            body_from,
            body_bytes: request.body.len(),
        }
    }

    fn key(&self) -> Option<Key> {
        let key = self.dedupe_key.clone()?;
        Some((self.receiver.clone(), self.address_id.clone(), key))
    }
}

/// Stores a batch in one commit; what became of each, in the same order.
pub(super) async fn accept(
    inbox: &SqliteInbox,
    items: &[InboxItem],
    rescue_at: Timestamp,
) -> Result<Vec<Accepted>, sqlx::Error> {
    let mut bodies = Vec::with_capacity(items.iter().map(|item| item.request.body.len()).sum());
    let given: Vec<_> = items.iter().map(|item| Given::new(item, &mut bodies)).collect();
    let (batch, rescue_at) = (json(&given), rescue_at.as_micros());

    let mut transaction = inbox.write(Commit::Durable).await?;
    let rows = sqlx::query_file!("queries/accept_inbox.sql", batch, bodies, rescue_at)
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;

    // Under which id each key is there now: that of the first that had it.
    let stored: HashMap<Key, Uuid> = rows
        .into_iter()
        .filter_map(|row| Some(((row.receiver, row.address_id, row.dedupe_key?), row.id)))
        .collect();
    let outcome = |given: &Given| match given.key().and_then(|key| stored.get(&key).copied()) {
        Some(id) if id != given.id => Accepted::Duplicate(InboxId(id)),
        // Without a key, each is new.
        _ => Accepted::Stored,
    };
    Ok(given.iter().map(outcome).collect())
}
