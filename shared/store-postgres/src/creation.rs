//! What makes a repeated creation harmless: the key of a request, claimed before anything is stored.

use postrider_domain::{CreationKey, Timestamp, UserId};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

/// What a key was used for before.
pub(crate) enum Earlier {
    /// The same request, which created this.
    Same(Uuid),
    /// A request with other content.
    Other,
}

/// Claims `key` of `owner` for `created`: nobody else has it, or gets it before the transaction ends,
/// unless it was used before. Of two calls at once the second waits here for the first.
pub(crate) async fn claim(
    connection: &mut PgConnection,
    owner: UserId,
    key: &CreationKey,
    created: Uuid,
    now: Timestamp,
) -> Result<Option<Earlier>, sqlx::Error> {
    let claimed = sqlx::query!(
        r#"
        INSERT INTO creation_keys (owner_id, key, content, created, created_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (owner_id, key) DO NOTHING
        "#,
        owner.0,
        key.key,
        &key.content[..],
        created,
        now.to_utc(),
    )
    .execute(&mut *connection)
    .await?;
    if claimed.rows_affected() == 1 { Ok(None) } else { find(connection, owner, key).await }
}

/// Looks `key` of `owner` up.
pub(crate) async fn find(
    executor: impl PgExecutor<'_>,
    owner: UserId,
    key: &CreationKey,
) -> Result<Option<Earlier>, sqlx::Error> {
    let earlier = sqlx::query!(
        "SELECT content, created FROM creation_keys WHERE owner_id = $1 AND key = $2",
        owner.0,
        key.key,
    )
    .fetch_optional(executor)
    .await?;
    Ok(earlier.map(|earlier| {
        if earlier.content == key.content { Earlier::Same(earlier.created) } else { Earlier::Other }
    }))
}
