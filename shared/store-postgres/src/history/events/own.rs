//! The events of one user: those they published, and those that were delivered to their registrations.
//!
//! Both are walked along an index, so that nobody else's are looked at; and what one of the walks has
//! not come to is not shown by the other. Deliveries are walked along their ids, which share nothing but
//! the millisecond with the ids of their events: where such a walk ends, that whole millisecond is read.

use postrider_domain::ports::{EventFilter, ListedEvent, StoreError};
use postrider_domain::{IdRange, Page, PageRequest, UserId};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::super::walk::Walk;
use super::{COLUMNS, LOOK, LookedRow, push_conditions};
use crate::PostgresStore;
use crate::errors::store_error;

/// The event of the delivery `d`, looked up for one after the other.
const EVENT: &str = "LEFT JOIN LATERAL (\
    SELECT e.id, e.filter, e.event_type, e.resource_id FROM events AS e WHERE e.id = d.event_id \
    OFFSET 0) AS e ON true ";

/// Where walks along deliveries ended, and down to where every walk has been.
const FLOOR: &str = "
milli AS (
    SELECT
        (left(id::text, 13) || '-0000-0000-000000000000')::uuid AS first,
        (left(id::text, 13) || '-ffff-ffff-ffffffffffff')::uuid AS last
    FROM received
    WHERE is_end
    ORDER BY id DESC
    LIMIT 1
),
floor AS (
    SELECT GREATEST(
        (SELECT first FROM milli), (SELECT id FROM published WHERE is_end LIMIT 1)
    ) AS id
)";

/// A page of the events of one user.
struct Search<'a> {
    owner: UserId,
    filter: &'a EventFilter,
    range: IdRange,
    find: i64,
    /// How many deliveries of each registration are looked at.
    look: i64,
}

impl PostgresStore {
    pub(super) async fn read_own_events(
        &self,
        owner: UserId,
        filter: &EventFilter,
        page: PageRequest,
    ) -> Result<Page<ListedEvent>, StoreError> {
        let failed = store_error("list_events");
        let find = i64::from(page.limit) + 1;
        let range = IdRange::between(filter.from, filter.to).before(page.before);
        let everything = EventFilter { from: filter.from, to: filter.to, ..EventFilter::default() };
        let look = if *filter == everything {
            find
        } else {
            find.max(self.look(owner, range.whole_millis()).await.map_err(&failed)?)
        };
        let mut search = Search { owner, filter, range, find, look }.statement();
        let found: Vec<(Option<Uuid>, Option<Uuid>)> =
            search.build_query_as().fetch_all(&self.lists).await.map_err(&failed)?;
        let floor = found.first().and_then(|(floor, _)| *floor);
        let ids = found.into_iter().filter_map(|(_, event)| event).collect();
        let ids = Page::from_rows(ids, page.limit, |id| *id);
        let mut looked = looked(&ids.items);
        let rows = looked.build_query_as::<LookedRow>().fetch_all(&self.lists).await;
        let items = rows.map_err(failed)?.into_iter().map(LookedRow::into_listed);
        Ok(Page { items: items.collect::<Result<_, _>>()?, next: ids.next.or(floor) })
    }
}

/// The statement that reads events.
fn looked(ids: &[Uuid]) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new(
        "-- list_own_events: rows
        SELECT d.*, true AS matches, false AS is_end,
            NOT EXISTS (SELECT FROM event_outbox AS o WHERE o.event_id = d.id) AS dispatched
        FROM (SELECT ",
    );
    sql.push(COLUMNS).push(" FROM events AS w WHERE w.id = ANY (").push_bind(ids.to_vec());
    sql.push(")) AS d ORDER BY d.id DESC");
    sql
}

impl Search<'_> {
    /// The statement for the ids of a page, with the one that tells whether there are more, each beside
    /// where the walks ended.
    fn statement(&self) -> QueryBuilder<Postgres> {
        let mut sql = QueryBuilder::new("-- list_own_events\nWITH published AS MATERIALIZED (");
        self.push_walk(&mut sql, &self.published(), "", |sql| match &self.filter.resource {
            Some(resource) => {
                sql.push_bind(resource.clone());
            }
            None => {
                sql.push_bind(self.owner.0);
            }
        });
        sql.push(
            "), received AS MATERIALIZED (SELECT l.* FROM registrations AS r CROSS JOIN LATERAL (",
        );
        self.push_walk(&mut sql, &self.received(), EVENT, |sql| {
            sql.push("r.id");
        });
        sql.push(") AS l WHERE r.owner_id = ").push_bind(self.owner.0);
        sql.push("),").push(FLOOR).push(", found AS (");
        self.push_found(&mut sql);
        sql.push(
            ") SELECT floor.id, page.id FROM floor LEFT JOIN LATERAL (
                SELECT found.id FROM found WHERE floor.id IS NULL OR found.id >= floor.id
                ORDER BY found.id DESC LIMIT ",
        );
        sql.push_bind(self.find).push(") AS page ON true ORDER BY page.id DESC");
        sql
    }

    /// What happened to a resource is less than what somebody publishes.
    fn published(&self) -> Walk {
        Walk {
            table: "events",
            columns: "w.id, w.publisher_id, w.filter, w.event_type, w.resource_id",
            key: Some(match self.filter.resource {
                Some(_) => "resource_id",
                None => "publisher_id",
            }),
            range: self.range,
            look: if self.look == self.find { self.find } else { LOOK },
            find: self.find,
        }
    }

    fn received(&self) -> Walk {
        Walk {
            table: "deliveries",
            columns: "w.id, w.event_id, w.registration_id",
            key: Some("registration_id"),
            range: self.range.whole_millis(),
            look: self.look,
            find: self.find,
        }
    }

    /// Adds a walk that has also ended where it has found enough.
    fn push_walk(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        walk: &Walk,
        joined: &str,
        key: impl Fn(&mut QueryBuilder<Postgres>),
    ) {
        let of_events = joined.is_empty();
        let (event, id) = if of_events { ("d", "id") } else { ("e", "event_id") };
        sql.push(format!("SELECT f.id, f.{id} AS event, f.matches, f.is_end OR "));
        sql.push("row_number() OVER (ORDER BY f.id DESC) = ").push_bind(self.find);
        sql.push(" AS is_end FROM (");
        walk.push(
            sql,
            key,
            |_| {},
            joined,
            |sql| {
                self.push_matches(sql, event);
                if of_events {
                    sql.push(" AND d.publisher_id = ").push_bind(self.owner.0);
                }
            },
        );
        sql.push(") AS f");
    }

    fn push_matches(&self, sql: &mut QueryBuilder<Postgres>, event: &str) {
        sql.push(format!(" AND {event}.id BETWEEN ")).push_bind(self.range.first);
        sql.push(" AND ").push_bind(self.range.last);
        push_conditions(sql, self.filter, event);
    }

    /// Adds the events that were found, and all of the millisecond in which a walk along deliveries
    /// ended.
    fn push_found(&self, sql: &mut QueryBuilder<Postgres>) {
        sql.push(
            "SELECT event AS id FROM received WHERE matches
            UNION SELECT event FROM published WHERE matches
            UNION SELECT d.event_id FROM milli CROSS JOIN registrations AS r CROSS JOIN LATERAL (
                SELECT w.event_id FROM deliveries AS w
                WHERE (w.registration_id, w.id) >= (r.id, milli.first)
                    AND (w.registration_id, w.id) <= (r.id, milli.last)
                ORDER BY w.registration_id, w.id
            ) AS d ",
        );
        sql.push(EVENT).push("WHERE r.owner_id = ").push_bind(self.owner.0);
        self.push_matches(sql, "e");
    }
}
