//! Which deliveries a replay is of.
//!
//! They are read in the order of an index and no further than is asked for. Who wants the dead alone
//! finds them in an index of their own.

use postrider_domain::{
    BoundedCount, EventType, FilterName, IdRange, RegistrationId, Replay, ReplayQuery, Timestamp,
};
use sqlx::{QueryBuilder, Sqlite, SqliteExecutor};
use uuid::Uuid;

use crate::json::json;

const COUNT_LOOKED: i64 = Replay::COUNT_LIMIT.cast_signed();

/// What is looked for.
pub(super) struct Wanted<'a> {
    pub(super) registration: RegistrationId,
    pub(super) query: &'a ReplayQuery,
    /// Deliveries that were made later never match.
    pub(super) made_by: Timestamp,
    /// The last delivery that was looked at before.
    pub(super) after: Option<Uuid>,
}

impl Wanted<'_> {
    /// The first `limit` that match, oldest first, of the deliveries up to `end`.
    pub(super) async fn find(
        &self,
        executor: impl SqliteExecutor<'_>,
        end: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Uuid>, sqlx::Error> {
        let mut sql = QueryBuilder::new("SELECT d.id");
        self.push_matching(&mut sql, end);
        sql.push(" ORDER BY d.id LIMIT ").push_bind(limit);
        sql.build_query_scalar().fetch_all(executor).await
    }

    /// The last of the next `look` deliveries; `None` when there are fewer.
    pub(super) async fn end_of_look(
        &self,
        executor: impl SqliteExecutor<'_>,
        look: i64,
    ) -> Result<Option<Uuid>, sqlx::Error> {
        let mut sql = QueryBuilder::new("SELECT d.id");
        self.push_looked(&mut sql, "", None);
        sql.push(" ORDER BY d.id LIMIT 1 OFFSET ").push_bind(look - 1);
        sql.build_query_scalar().fetch_optional(executor).await
    }

    /// How many match among those that are looked at; and whether there are others.
    pub(super) async fn count(
        &self,
        executor: impl SqliteExecutor<'_> + Copy,
    ) -> Result<BoundedCount, sqlx::Error> {
        let end = self.end_of_look(executor, COUNT_LOOKED).await?;
        let mut sql = QueryBuilder::new("SELECT count(*)");
        self.push_matching(&mut sql, end);
        let counted: i64 = sql.build_query_scalar().fetch_one(executor).await?;
        let beyond = self.end_of_look(executor, COUNT_LOOKED + 1).await?;
        Ok(BoundedCount { count: u64::try_from(counted).unwrap_or(0), more: beyond.is_some() })
    }

    /// Adds where deliveries are looked at, joined with what `join` says.
    fn push_looked(&self, sql: &mut QueryBuilder<Sqlite>, join: &str, end: Option<Uuid>) {
        let only_dead = !self.query.delivered;
        let index = if only_dead { "deliveries_dead_of" } else { "deliveries_registration" };
        sql.push(" FROM deliveries AS d INDEXED BY ").push(index).push(join);
        sql.push(" WHERE d.registration_id = ").push_bind(self.registration.0);
        if only_dead {
            sql.push(" AND d.state = 'dead'");
        }
        let range = self.range();
        sql.push(" AND d.id >= ").push_bind(range.first);
        sql.push(" AND d.id <= ").push_bind(end.map_or(range.last, |end| range.last.min(end)));
    }

    /// What is left to look at.
    fn range(&self) -> IdRange {
        let range = IdRange::between(self.query.from, self.query.to);
        self.after.map_or(range, |after| range.after(after))
    }

    fn push_matching(&self, sql: &mut QueryBuilder<Sqlite>, end: Option<Uuid>) {
        self.push_looked(sql, " CROSS JOIN events AS e ON e.id = d.event_id", end);
        let query = self.query;
        sql.push(" AND d.created_at <= ").push_bind(self.made_by.as_micros());
        sql.push(" AND CASE d.state WHEN 'delivered' THEN ").push_bind(query.delivered);
        sql.push(" WHEN 'dead' THEN ").push_bind(query.dead);
        if !query.reasons.is_empty() {
            sql.push(" AND d.dead_reason IN (SELECT value FROM json_each(");
            sql.push_bind(json(&query.reasons)).push("))");
        }
        sql.push(" ELSE false END AND e.expunged_at IS NULL");
        if let Some(filter) = query.filter.as_ref().map(FilterName::key) {
            sql.push(" AND lower(e.filter) = ").push_bind(filter);
        }
        if let Some(event_type) = query.event_type.as_ref().map(EventType::as_str) {
            sql.push(" AND e.event_type = ").push_bind(event_type.to_owned());
        }
    }
}
