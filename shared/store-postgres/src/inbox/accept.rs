//! Storing what came in: a batch is one statement and one commit.

mod batch;

use std::borrow::Cow;
use std::collections::HashMap;

use postrider_domain::inbox::InboxItem;
use postrider_domain::ports::Accepted;
use postrider_domain::{InboxId, Timestamp};
use sqlx::PgPool;

use self::batch::{Given, Key};
use crate::rows::{json, without_nul};

/// The ids under which keys that came more than once are stored.
type Stored = HashMap<Key<'static>, InboxId>;

/// Stores a batch in one commit; what became of each, in the same order.
pub(super) async fn accept(
    pool: &PgPool,
    items: &[InboxItem],
    rescue_at: Timestamp,
) -> Result<Vec<Accepted>, sqlx::Error> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let stored = insert(pool, &batch::once_each(items), rescue_at).await?;
    Ok(batch::outcomes(items, &stored))
}

/// Stores them, or counts them at those that are there; the ids of the keys that came before, or come
/// again in this batch.
async fn insert(
    pool: &PgPool,
    given: &[Given<'_>],
    rescue_at: Timestamp,
) -> Result<Stored, sqlx::Error> {
    let items = || given.iter().map(|given| given.item);
    let requests = || items().map(|item| &item.request);
    let storables = |text: fn(&InboxItem) -> &str| -> Vec<Cow<'_, str>> {
        items().map(|item| without_nul(text(item))).collect()
    };
    let ids: Vec<_> = items().map(|item| item.id.0).collect();
    let actions: Vec<_> = items()
        .map(|item| json(&item.actions.iter().map(|name| without_nul(name)).collect::<Vec<_>>()))
        .collect();
    let keys: Vec<_> = items().map(|item| item.dedupe_key.as_deref().map(without_nul)).collect();
    let received: Vec<_> = items().map(|item| item.received_at.to_utc()).collect();
    let repeats: Vec<_> = given.iter().map(|given| given.repeats).collect();
    let headers: Vec<_> = requests().map(|request| json(&request.headers)).collect();
    let bodies: Vec<_> = requests().map(|request| &request.body[..]).collect();
    let rows = sqlx::query_file!(
        "queries/accept_inbox.sql",
        &ids,
        &storables(|item| &item.address.receiver) as &[Cow<'_, str>],
        &storables(|item| &item.address.id) as &[Cow<'_, str>],
        &actions,
        &keys as &[Option<Cow<'_, str>>],
        &received,
        &repeats,
        &storables(|item| &item.request.method) as &[Cow<'_, str>],
        &storables(|item| &item.request.query) as &[Cow<'_, str>],
        &headers,
        &bodies as &[&[u8]],
        rescue_at.to_utc(),
    )
    .fetch_all(pool)
    .await?;
    let stored = rows.into_iter().filter_map(|row| {
        Some((
            (row.receiver.into(), row.address_id.into(), row.dedupe_key?.into()),
            InboxId(row.id),
        ))
    });
    Ok(stored.collect())
}
