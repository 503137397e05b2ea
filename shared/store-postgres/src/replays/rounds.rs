//! New rounds of attempts, for what was settled.

use postrider_domain::Timestamp;
use sqlx::PgExecutor;
use uuid::Uuid;

/// What becomes of the bundles that replayed deliveries carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bundles {
    /// Each goes with all that it carries.
    Kept,
    /// Each goes alone, and what it carried stays as it is: it is replayed by itself, if at all.
    Dissolved,
}

/// Makes settled deliveries pending and due at `now`, in a new round of attempts; how many. What went
/// in a bundle leaves it, which then carries fewer events. The events are locked by the caller.
pub(crate) async fn begin_rounds(
    executor: impl PgExecutor<'_>,
    deliveries: &[Uuid],
    bundles: Bundles,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    if deliveries.is_empty() {
        return Ok(0);
    }
    let dissolved = bundles == Bundles::Dissolved;
    let done = sqlx::query_file!("queries/begin_rounds.sql", deliveries, now.to_utc(), dissolved)
        .execute(executor)
        .await?;
    Ok(done.rows_affected())
}
