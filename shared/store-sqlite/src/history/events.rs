//! Lists of events.

use postrider_domain::ports::{EventFilter, ListedEvent, StoreError};
use postrider_domain::{Event, IdRange, Page, PageRequest, Timestamp, UserId, Visibility};
use sqlx::{FromRow, QueryBuilder, Sqlite, SqlitePool};
use uuid::Uuid;

use crate::errors::store_error;
use crate::rows::EventRow;

#[derive(FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    event: EventRow,
    expunged_at: Option<i64>,
    dispatched: bool,
}

pub(super) async fn page(
    readers: &SqlitePool,
    visibility: Visibility,
    filter: &EventFilter,
    page: PageRequest,
) -> Result<Page<ListedEvent>, StoreError> {
    let failed = store_error("list_events");
    let floor = floor(readers, visibility, filter, page).await.map_err(&failed)?;
    let mut sql = QueryBuilder::new(
        "SELECT w.id, w.filter, w.event_type, w.resource_id, w.resource_name, w.resource_category, \
         w.actor, w.occurred_at, w.accepted_at, NULL AS data, w.publisher_id, w.audience, \
         w.expunged_at, \
         NOT EXISTS (SELECT 1 FROM event_outbox AS o WHERE o.event_id = w.id) AS dispatched",
    );
    push_walk(&mut sql, visibility, filter, page);
    push_conditions(&mut sql, filter);
    if let Some(floor) = floor {
        sql.push(" AND w.id >= ").push_bind(floor);
    }
    sql.push(" ORDER BY w.id DESC LIMIT ").push_bind(i64::from(page.limit) + 1);
    let rows = sql.build_query_as::<ListedRow>().fetch_all(readers).await.map_err(failed)?;
    let listed = rows.into_iter().map(ListedEvent::try_from).collect::<Result<_, _>>()?;
    let page = Page::from_rows(listed, page.limit, |listed: &ListedEvent| listed.event.id.0);
    Ok(Page { next: page.next.or(floor), ..page })
}

/// The last that a page looks at, if there are more than it may look at.
async fn floor(
    readers: &SqlitePool,
    visibility: Visibility,
    filter: &EventFilter,
    page: PageRequest,
) -> Result<Option<Uuid>, sqlx::Error> {
    let indexed = filter.indexed();
    if indexed == *filter {
        // No more is looked at than shown.
        return Ok(None);
    }
    let mut sql = QueryBuilder::new("SELECT w.id");
    push_walk(&mut sql, visibility, &indexed, page);
    sql.push(" ORDER BY w.id DESC LIMIT 1 OFFSET ");
    sql.push_bind(i64::from(EventFilter::WALK_LIMIT) - 1);
    sql.build_query_scalar().fetch_optional(readers).await
}

/// Adds which events are looked at.
fn push_walk(
    sql: &mut QueryBuilder<Sqlite>,
    visibility: Visibility,
    filter: &EventFilter,
    page: PageRequest,
) {
    let range = IdRange::between(filter.from, filter.to).before(page.before);
    sql.push(" FROM events AS w");
    match &filter.resource {
        Some(resource) => sql
            .push(" INDEXED BY events_resource WHERE w.resource_id = ")
            .push_bind(resource.clone()),
        None => sql.push(" WHERE true"),
    };
    sql.push(" AND w.id >= ").push_bind(range.first);
    sql.push(" AND w.id <= ").push_bind(range.last);
    if let Visibility::Own(owner) = visibility {
        push_own(sql, owner, range.whole_millis());
    }
}

/// Adds that the user published it, or that it was delivered to a registration of theirs. The cost
/// follows what is theirs, and not what there is.
fn push_own(sql: &mut QueryBuilder<Sqlite>, owner: UserId, deliveries: IdRange) {
    sql.push(" AND w.id IN (SELECT p.id FROM events AS p WHERE p.publisher_id = ");
    sql.push_bind(owner.0);
    sql.push(
        " UNION ALL SELECT d.event_id FROM registrations AS r CROSS JOIN deliveries AS d \
         INDEXED BY deliveries_registration ON d.registration_id = r.id WHERE r.owner_id = ",
    );
    sql.push_bind(owner.0);
    sql.push(" AND d.id >= ").push_bind(deliveries.first);
    sql.push(" AND d.id <= ").push_bind(deliveries.last).push(")");
}

/// Adds what an event is looked at for.
fn push_conditions(sql: &mut QueryBuilder<Sqlite>, filter: &EventFilter) {
    if let Some(name) = &filter.filter {
        sql.push(" AND lower(w.filter) = ").push_bind(name.key());
    }
    if let Some(event_type) = &filter.event_type {
        sql.push(" AND w.event_type = ").push_bind(event_type.as_str().to_owned());
    }
}

impl TryFrom<ListedRow> for ListedEvent {
    type Error = StoreError;

    fn try_from(row: ListedRow) -> Result<Self, StoreError> {
        Ok(Self {
            event: Event::try_from(row.event)?,
            dispatched: row.dispatched,
            expunged_at: row.expunged_at.map(Timestamp::from_micros),
        })
    }
}
