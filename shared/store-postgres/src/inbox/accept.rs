//! Storing what came in: a batch is one statement.

use std::collections::HashMap;

use postrider_domain::inbox::InboxItem;
use postrider_domain::ports::Accepted;
use postrider_domain::{InboxId, Timestamp};
use sqlx::PgPool;

use crate::rows::{header_json, json, storable};

/// What makes two received webhooks the same one: receiver, id and key, as they are stored.
type Key = (String, String, String);

/// An item that is to be stored.
struct Given<'a> {
    item: &'a InboxItem,
    key: Option<Key>,
    /// How often its key follows in the same batch.
    repeats: i32,
}

/// Stores a batch in one commit; what became of each, in the same order.
pub(super) async fn accept(
    pool: &PgPool,
    items: &[InboxItem],
    rescue_at: Timestamp,
) -> Result<Vec<Accepted>, sqlx::Error> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let stored = insert(pool, &once_each(items), rescue_at).await?;
    let outcome = |item: &InboxItem| match key_of(item).and_then(|key| stored.get(&key)) {
        Some(&id) if id != item.id => Accepted::Duplicate(id),
        // Without a key, each is new.
        _ => Accepted::Stored,
    };
    Ok(items.iter().map(outcome).collect())
}

fn key_of(item: &InboxItem) -> Option<Key> {
    let key = item.dedupe_key.as_deref()?;
    Some((storable(&item.address.receiver), storable(&item.address.id), storable(key)))
}

/// The first of each key, since one statement can store or count a key only once, in the order of the
/// keys: two statements that want the same keys take them in the same order, and cannot deadlock.
fn once_each(items: &[InboxItem]) -> Vec<Given<'_>> {
    let mut given: Vec<Given<'_>> = Vec::with_capacity(items.len());
    let mut places = HashMap::new();
    for item in items {
        let key = key_of(item);
        if let Some(key) = &key {
            if let Some(&place) = places.get(key) {
                let first: &mut Given<'_> = &mut given[place];
                first.repeats += 1;
                continue;
            }
            places.insert(key.clone(), given.len());
        }
        given.push(Given { item, key, repeats: 0 });
    }
    given.sort_by(|one, other| one.key.cmp(&other.key));
    given
}

/// Stores them, or counts them at those that are there; the ids under which the keys are there now.
async fn insert(
    pool: &PgPool,
    given: &[Given<'_>],
    rescue_at: Timestamp,
) -> Result<HashMap<Key, InboxId>, sqlx::Error> {
    let items = || given.iter().map(|given| given.item);
    let requests = || items().map(|item| &item.request);
    let storables = |text: fn(&InboxItem) -> &str| -> Vec<String> {
        items().map(|item| storable(text(item))).collect()
    };
    let ids: Vec<_> = items().map(|item| item.id.0).collect();
    let actions: Vec<_> = items()
        .map(|item| json(&item.actions.iter().map(|name| storable(name)).collect::<Vec<_>>()))
        .collect();
    let keys: Vec<_> = items().map(|item| item.dedupe_key.as_deref().map(storable)).collect();
    let received: Vec<_> = items().map(|item| item.received_at.to_utc()).collect();
    let repeats: Vec<_> = given.iter().map(|given| given.repeats).collect();
    let headers: Vec<_> = requests().map(|request| header_json(&request.headers)).collect();
    let bodies: Vec<_> = requests().map(|request| &request.body[..]).collect();
    let rows = sqlx::query_file!(
        "queries/accept_inbox.sql",
        &ids,
        &storables(|item| &item.address.receiver),
        &storables(|item| &item.address.id),
        &actions,
        &keys as &[Option<String>],
        &received,
        &repeats,
        &storables(|item| &item.request.method),
        &storables(|item| &item.request.query),
        &headers,
        &bodies as &[&[u8]],
        rescue_at.to_utc(),
    )
    .fetch_all(pool)
    .await?;
    let stored = rows
        .into_iter()
        .filter_map(|row| Some(((row.receiver, row.address_id, row.dedupe_key?), InboxId(row.id))));
    Ok(stored.collect())
}
