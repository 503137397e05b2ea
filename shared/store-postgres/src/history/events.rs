//! Lists of events.

mod own;

use chrono::{DateTime, Utc};
use postrider_domain::ports::{EventFilter, ListedEvent, StoreError};
use postrider_domain::{Event, IdRange, Page, PageRequest, Timestamp, Visibility};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::walk::Walk;
use crate::PostgresStore;
use crate::errors::store_error;
use crate::rows::EventRow;

/// What is shown of the event `w`.
const COLUMNS: &str = "w.id, w.filter, w.event_type, w.resource_id, w.resource_name, \
    w.resource_category, w.actor, w.occurred_at, w.accepted_at, NULL::text AS data, w.publisher_id, \
    w.audience, w.expunged_at";

/// How many events a page looks at.
const LOOK: i64 = EventFilter::WALK_LIMIT as i64;

/// An event that was looked at.
#[derive(FromRow)]
struct LookedRow {
    #[sqlx(flatten)]
    event: EventRow,
    expunged_at: Option<DateTime<Utc>>,
    dispatched: bool,
    matches: bool,
    is_end: bool,
}

impl PostgresStore {
    pub(super) async fn read_events(
        &self,
        visibility: Visibility,
        filter: &EventFilter,
        page: PageRequest,
    ) -> Result<Page<ListedEvent>, StoreError> {
        if let Visibility::Own(owner) = visibility {
            return self.read_own_events(owner, filter, page).await;
        }
        let rows = statement(filter, page)
            .build_query_as()
            .fetch_all(&self.lists)
            .await
            .map_err(store_error("list_events"))?;
        listed(rows, page)
    }
}

/// The statement for a page, with the row that tells whether there are more.
fn statement(filter: &EventFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new(
        "-- list_events
        SELECT d.*, NOT EXISTS (SELECT FROM event_outbox AS o WHERE o.event_id = d.id) AS dispatched
        FROM (",
    );
    let find = i64::from(page.limit) + 1;
    let walk = Walk {
        table: "events",
        columns: COLUMNS,
        key: filter.resource.as_ref().map(|_| "resource_id"),
        range: IdRange::between(filter.from, filter.to).before(page.before),
        look: if filter.indexed() == *filter { find } else { LOOK },
        find,
    };
    walk.push(
        &mut sql,
        |sql| {
            sql.push_bind(filter.resource.clone());
        },
        |_| {},
        "",
        |sql| push_conditions(sql, filter, "d"),
    );
    sql.push(") AS d ORDER BY d.id DESC");
    sql
}

/// Adds what the event `event` is looked at for.
fn push_conditions(sql: &mut QueryBuilder<Postgres>, filter: &EventFilter, event: &str) {
    if let Some(name) = &filter.filter {
        sql.push(format!(" AND lower({event}.filter COLLATE \"C\") = ")).push_bind(name.key());
    }
    if let Some(event_type) = &filter.event_type {
        sql.push(format!(" AND {event}.event_type = "));
        sql.push_bind(event_type.as_str().to_owned());
    }
    if let Some(resource) = &filter.resource {
        sql.push(format!(" AND {event}.resource_id = ")).push_bind(resource.clone());
    }
}

/// The page that rows make: it ends with as many as are asked for, or where the walk ended.
fn listed(rows: Vec<LookedRow>, page: PageRequest) -> Result<Page<ListedEvent>, StoreError> {
    let end: Option<Uuid> = rows.iter().find(|row| row.is_end).map(|row| row.event.id);
    let found = rows.into_iter().filter(|row| row.matches).map(LookedRow::into_listed);
    let found = found.collect::<Result<Vec<_>, _>>()?;
    let page = Page::from_rows(found, page.limit, |listed| listed.event.id.0);
    Ok(Page { next: page.next.or(end), ..page })
}

impl LookedRow {
    fn into_listed(self) -> Result<ListedEvent, StoreError> {
        Ok(ListedEvent {
            event: Event::try_from(self.event)?,
            dispatched: self.dispatched,
            expunged_at: self.expunged_at.map(Timestamp::from),
        })
    }
}
