//! Which deliveries a replay is of.

use postrider_domain::{BoundedCount, IdRange, RegistrationId, Replay, ReplayQuery, Timestamp};
use sqlx::PgExecutor;
use uuid::Uuid;

const COUNT_LOOKED: i64 = Replay::COUNT_LIMIT.cast_signed();

/// What is looked for, as the statements want it.
pub(super) struct Wanted<'a> {
    pub(super) registration: RegistrationId,
    pub(super) query: &'a ReplayQuery,
    /// Deliveries that were made later never match.
    pub(super) made_by: Timestamp,
    /// The last delivery that was looked at before.
    pub(super) after: Option<Uuid>,
}

impl Wanted<'_> {
    /// The first `limit` that match, oldest first, of the next `look` deliveries up to `end`; their
    /// events are locked.
    pub(super) async fn find(
        &self,
        executor: impl PgExecutor<'_>,
        look: i64,
        end: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Uuid>, sqlx::Error> {
        let (query, range) = (self.query, self.range());
        sqlx::query_file_scalar!(
            "queries/match_replay.sql",
            self.registration.0,
            query.delivered,
            query.dead,
            range.first,
            end.map_or(range.last, |end| range.last.min(end)),
            look,
            self.made_by.to_utc(),
            self.reasons() as Option<Vec<String>>,
            self.filter(),
            self.event_type(),
            limit,
        )
        .fetch_all(executor)
        .await
    }

    /// The last of the next `look` deliveries; `None` when there are fewer.
    pub(super) async fn end_of_look(
        &self,
        executor: impl PgExecutor<'_>,
        look: i64,
    ) -> Result<Option<Uuid>, sqlx::Error> {
        let range = self.range();
        sqlx::query_scalar!(
            r#"
            SELECT looked.id AS "id!"
            FROM (
                (
                    SELECT d.id
                    FROM deliveries AS d
                    WHERE NOT $2::boolean
                        AND d.state = 'dead'
                        AND (d.registration_id, d.id) >= ($1, $3)
                        AND (d.registration_id, d.id) <= ($1, $4)
                    ORDER BY d.registration_id, d.id
                    OFFSET $5
                    LIMIT 1
                )
                UNION ALL
                (
                    SELECT d.id
                    FROM deliveries AS d
                    WHERE $2
                        AND (d.registration_id, d.id) >= ($1, $3)
                        AND (d.registration_id, d.id) <= ($1, $4)
                    ORDER BY d.registration_id, d.id
                    OFFSET $5
                    LIMIT 1
                )
            ) AS looked
            "#,
            self.registration.0,
            self.query.delivered,
            range.first,
            range.last,
            look - 1,
        )
        .fetch_optional(executor)
        .await
    }

    /// How many match among those that are looked at; and whether there are others.
    pub(super) async fn count(
        &self,
        executor: impl PgExecutor<'_> + Copy,
    ) -> Result<BoundedCount, sqlx::Error> {
        let range = self.range();
        let counted = sqlx::query_file_scalar!(
            "queries/count_replay.sql",
            self.registration.0,
            self.query.delivered,
            self.query.dead,
            range.first,
            range.last,
            COUNT_LOOKED,
            self.made_by.to_utc(),
            self.reasons() as Option<Vec<String>>,
            self.filter(),
            self.event_type(),
        )
        .fetch_one(executor)
        .await?;
        let beyond = self.end_of_look(executor, COUNT_LOOKED + 1).await?;
        Ok(BoundedCount { count: u64::try_from(counted).unwrap_or(0), more: beyond.is_some() })
    }

    /// What is left to look at.
    fn range(&self) -> IdRange {
        let range = IdRange::between(self.query.from, self.query.to);
        self.after.map_or(range, |after| range.after(after))
    }

    fn reasons(&self) -> Option<Vec<String>> {
        let reasons = &self.query.reasons;
        (!reasons.is_empty()).then(|| reasons.iter().cloned().collect())
    }

    fn filter(&self) -> Option<String> {
        self.query.filter.as_ref().map(postrider_domain::FilterName::key)
    }

    fn event_type(&self) -> Option<&str> {
        self.query.event_type.as_ref().map(postrider_domain::EventType::as_str)
    }
}
