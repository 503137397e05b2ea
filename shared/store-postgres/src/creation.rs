//! What makes a repeated creation harmless: the key of a request, claimed before anything is stored.

use postrider_domain::{CreationKey, Timestamp, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

/// What a key stands for.
pub(crate) enum Claim {
    /// For this request: nobody else has it, or gets it before the transaction ends.
    Ours,
    /// For what an earlier request with the same content created.
    Earlier(Uuid),
    /// For an earlier request with other content.
    Reused,
}

/// Claims `key` of `owner` for `created`. Of two calls at once the second waits here for the first.
pub(crate) async fn claim(
    connection: &mut PgConnection,
    owner: UserId,
    key: &CreationKey,
    created: Uuid,
    now: Timestamp,
) -> Result<Claim, sqlx::Error> {
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
    if claimed.rows_affected() == 1 {
        return Ok(Claim::Ours);
    }
    let earlier = sqlx::query!(
        "SELECT content, created FROM creation_keys WHERE owner_id = $1 AND key = $2",
        owner.0,
        key.key,
    )
    .fetch_one(connection)
    .await?;
    Ok(if earlier.content == key.content { Claim::Earlier(earlier.created) } else { Claim::Reused })
}
