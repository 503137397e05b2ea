//! The list of deliveries.
//!
//! It is read in two steps, the ids of the page and then its rows, so that what is only looked at to
//! be left out is looked at in an index. Which index depends on what is asked for, and the planner
//! cannot know: few deliveries are in any state but `delivered`, and those have indexes of their own.

use postrider_domain::ports::{DeliveryFilter, ListedDelivery, StoreError};
use postrider_domain::{DeliveryState, IdRange, Page, PageRequest, UserId, Visibility};
use sqlx::{FromRow, QueryBuilder, Sqlite, SqlitePool};
use uuid::Uuid;

use crate::errors::{corrupt, store_error};
use crate::rows::DeliveryRow;

/// A delivery with what tells which one it is.
#[derive(FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    delivery: DeliveryRow,
    filter: Option<String>,
    event_type: Option<String>,
    uri: Option<String>,
}

pub(super) async fn page(
    readers: &SqlitePool,
    visibility: Visibility,
    filter: &DeliveryFilter,
    page: PageRequest,
) -> Result<Page<ListedDelivery>, StoreError> {
    let failed = store_error("list_deliveries");
    let floor = floor(readers, visibility, filter, page).await.map_err(&failed)?;
    let rows = statement(visibility, filter, page, floor)
        .build_query_as::<ListedRow>()
        .fetch_all(readers)
        .await
        .map_err(failed)?;
    let listed = rows.into_iter().map(ListedDelivery::try_from).collect::<Result<_, _>>()?;
    let page = Page::from_rows(listed, page.limit, |listed: &ListedDelivery| listed.delivery.id.0);
    Ok(Page { next: page.next.or(floor), ..page })
}

/// The last that a page looks at, if there are more than it may look at.
async fn floor(
    readers: &SqlitePool,
    visibility: Visibility,
    filter: &DeliveryFilter,
    page: PageRequest,
) -> Result<Option<Uuid>, sqlx::Error> {
    let indexed = indexed(filter);
    if indexed == *filter {
        // No more is looked at than shown.
        return Ok(None);
    }
    let mut sql = QueryBuilder::new("SELECT p.id FROM deliveries AS p");
    push_index(&mut sql, &indexed);
    sql.push(" WHERE true");
    push_visibility(&mut sql, visibility, &indexed);
    push_conditions(&mut sql, &indexed, page, None);
    sql.push(" ORDER BY p.id DESC LIMIT 1 OFFSET ");
    sql.push_bind(i64::from(DeliveryFilter::WALK_LIMIT) - 1);
    sql.build_query_scalar().fetch_optional(readers).await
}

/// The part of a filter that an index knows.
fn indexed(filter: &DeliveryFilter) -> DeliveryFilter {
    DeliveryFilter {
        registration: filter.registration,
        event: filter.event,
        state: filter.state().filter(|state| *state != DeliveryState::Delivered),
        from: filter.from,
        to: filter.to,
        ..DeliveryFilter::default()
    }
}

/// The statement for a page of deliveries, with the row that tells whether there are more.
fn statement(
    visibility: Visibility,
    filter: &DeliveryFilter,
    page: PageRequest,
    floor: Option<Uuid>,
) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(
        "SELECT d.id, d.event_id, d.registration_id, d.state, d.hold_reason, d.attempts, d.replays, \
         d.bundle_id, d.bundle_size, d.created_at, d.wanted_at, d.settled_at, d.dead_reason, \
         d.last_status, d.last_cause, e.filter, e.event_type, g.uri FROM ",
    );
    let narrow = index(filter).is_some() || filter.event.is_some() || filter.registration.is_some();
    match visibility {
        Visibility::Own(owner) if !narrow => {
            push_newest_of_each(&mut sql, owner, filter, page, floor);
        }
        _ => {
            sql.push("deliveries AS d").push(BESIDE);
            sql.push(" WHERE d.id IN (SELECT p.id FROM deliveries AS p");
            push_index(&mut sql, filter);
            sql.push(" WHERE true");
            push_visibility(&mut sql, visibility, filter);
            push_conditions(&mut sql, filter, page, floor);
            push_end(&mut sql, page);
            sql.push(")");
        }
    }
    sql.push(" ORDER BY d.id DESC LIMIT ").push_bind(rows(page));
    sql
}

/// What is shown of others beside the delivery `d`.
const BESIDE: &str = " LEFT JOIN events AS e ON e.id = d.event_id \
    LEFT JOIN registrations AS g ON g.id = d.registration_id";

fn push_index(sql: &mut QueryBuilder<Sqlite>, filter: &DeliveryFilter) {
    if let Some(index) = index(filter) {
        sql.push(" INDEXED BY ").push(index);
    }
}

/// The index of the state that is asked for. The deliveries of an event need none: they are
/// neighbours in the table.
fn index(filter: &DeliveryFilter) -> Option<&'static str> {
    match filter.state()? {
        _ if filter.event.is_some() => None,
        DeliveryState::Pending => Some("deliveries_wanted_at"),
        DeliveryState::Dead if filter.registration.is_some() => Some("deliveries_dead_of"),
        DeliveryState::Held if filter.registration.is_none() && filter.hold_reason.is_some() => {
            Some("deliveries_held_for")
        }
        DeliveryState::Held => Some("deliveries_held"),
        DeliveryState::Dead if filter.dead_reason.is_some() => Some("deliveries_dead_for"),
        DeliveryState::Dead => Some("deliveries_dead"),
        DeliveryState::Delivered => None,
    }
}

/// The newest of each registration of `owner`, to take the newest from: nobody else's are read.
fn push_newest_of_each(
    sql: &mut QueryBuilder<Sqlite>,
    owner: UserId,
    filter: &DeliveryFilter,
    page: PageRequest,
    floor: Option<Uuid>,
) {
    sql.push(
        "registrations AS r JOIN deliveries AS d ON d.id IN (\
         SELECT p.id FROM deliveries AS p WHERE p.registration_id = r.id",
    );
    push_conditions(sql, filter, page, floor);
    push_end(sql, page);
    sql.push(")").push(BESIDE).push(" WHERE r.owner_id = ").push_bind(owner.0);
}

fn push_visibility(
    sql: &mut QueryBuilder<Sqlite>,
    visibility: Visibility,
    filter: &DeliveryFilter,
) {
    if let Some(registration) = filter.registration {
        sql.push(" AND p.registration_id = ").push_bind(registration.0);
    }
    let Some(owner) = visibility.owner() else { return };
    // About one registration, the question is asked once, and not of each delivery.
    if let Some(registration) = filter.registration {
        sql.push(" AND EXISTS (SELECT 1 FROM registrations WHERE id = ").push_bind(registration.0);
    } else {
        sql.push(" AND p.registration_id IN (SELECT id FROM registrations WHERE true");
    }
    sql.push(" AND owner_id = ").push_bind(owner.0).push(")");
}

/// Adds the conditions on a delivery itself.
fn push_conditions(
    sql: &mut QueryBuilder<Sqlite>,
    filter: &DeliveryFilter,
    page: PageRequest,
    floor: Option<Uuid>,
) {
    let mut range = IdRange::between(filter.from, filter.to);
    if let Some(event) = filter.event {
        range = range.of_event(event);
        sql.push(" AND p.event_id = ").push_bind(event.0);
    }
    if range != IdRange::between(None, None) {
        sql.push(" AND p.id BETWEEN ").push_bind(range.first);
        sql.push(" AND ").push_bind(range.last);
    }
    if let Some(reason) = filter.hold_reason {
        sql.push(" AND p.hold_reason = ").push_bind(reason.as_str());
    }
    if let Some(reason) = filter.dead_reason {
        sql.push(" AND p.dead_reason = ").push_bind(reason.as_str());
    }
    if filter.filter.is_some() || filter.event_type.is_some() {
        push_event(sql, filter);
    }
    if let Some(state) = filter.state() {
        // Not a parameter: only the text itself tells that the index of a state will do.
        sql.push(" AND p.state = '").push(state.as_str()).push("'");
    }
    if let Some(before) = page.before {
        sql.push(" AND p.id < ").push_bind(before);
    }
    if let Some(floor) = floor {
        sql.push(" AND p.id >= ").push_bind(floor);
    }
}

/// Adds the conditions on the event of a delivery.
fn push_event(sql: &mut QueryBuilder<Sqlite>, filter: &DeliveryFilter) {
    sql.push(" AND EXISTS (SELECT 1 FROM events AS w WHERE w.id = p.event_id");
    if let Some(name) = &filter.filter {
        sql.push(" AND lower(w.filter) = ").push_bind(name.key());
    }
    if let Some(event_type) = &filter.event_type {
        sql.push(" AND w.event_type = ").push_bind(event_type.as_str().to_owned());
    }
    sql.push(")");
}

/// Adds the order and the limit of a page.
fn push_end(sql: &mut QueryBuilder<Sqlite>, page: PageRequest) {
    sql.push(" ORDER BY p.id DESC LIMIT ").push_bind(rows(page));
}

fn rows(page: PageRequest) -> i64 {
    i64::from(page.limit) + 1
}

impl TryFrom<ListedRow> for ListedDelivery {
    type Error = StoreError;

    fn try_from(row: ListedRow) -> Result<Self, StoreError> {
        let event = row.filter.zip(row.event_type).map(|(filter, event_type)| {
            let filter = filter.parse().map_err(corrupt("events"))?;
            Ok((filter, event_type.parse().map_err(corrupt("events"))?))
        });
        let uri = row.uri.map(|uri| uri.parse().map_err(corrupt("registrations")));
        Ok(Self {
            delivery: row.delivery.try_into()?,
            event: event.transpose()?,
            uri: uri.transpose()?,
        })
    }
}
