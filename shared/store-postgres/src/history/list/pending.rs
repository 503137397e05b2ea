//! What is pending, which has no index of its own in the order of a list: the hot path would have to
//! keep it. It is mostly little, and can be put in order then; where it is much, it is what is newest.

use super::LOOK;
use crate::PostgresStore;

/// All that is pending, if that is little; with room for what comes in between.
pub(super) const ALL: &str = "(SELECT p.* FROM deliveries AS p WHERE p.state = 'pending' \
    ORDER BY p.wanted_at LIMIT 10000)";

impl PostgresStore {
    /// Whether no more is pending than a page looks at.
    pub(super) async fn few_are_pending(&self) -> Result<bool, sqlx::Error> {
        // In an order that one index alone has.
        let count = sqlx::query_scalar!(
            r#"
            SELECT count(*) AS "count!"
            FROM (
                SELECT FROM deliveries WHERE state = 'pending' ORDER BY wanted_at LIMIT $1
            ) AS bounded
            "#,
            LOOK + 1,
        )
        .fetch_one(&self.lists)
        .await?;
        Ok(count <= LOOK)
    }
}
