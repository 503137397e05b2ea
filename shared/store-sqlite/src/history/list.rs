//! The list of deliveries.
//!
//! It is read in two steps, the ids of the page and then its rows, so that what is only looked at to
//! be left out is looked at in an index. Which index depends on what is asked for, and the planner
//! cannot know: few deliveries are in any state but `delivered`, and those have indexes of their own.

use postrider_domain::ports::DeliveryFilter;
use postrider_domain::{DeliveryState, IdRange, PageRequest, UserId, Visibility};
use sqlx::{QueryBuilder, Sqlite};

/// The statement for a page of deliveries, with the row that tells whether there are more.
pub(super) fn statement(
    visibility: Visibility,
    filter: DeliveryFilter,
    page: PageRequest,
) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(
        "SELECT d.id, d.event_id, d.registration_id, d.state, d.hold_reason, d.attempts, d.replays, \
         d.bundle_id, d.bundle_size, d.created_at, d.wanted_at, d.settled_at, d.dead_reason, \
         d.last_status, d.last_cause FROM ",
    );
    let index = index(filter);
    let narrow = index.is_some() || filter.event.is_some() || filter.registration.is_some();
    match visibility {
        Visibility::Own(owner) if !narrow => push_newest_of_each(&mut sql, owner, filter, page),
        _ => {
            sql.push("deliveries AS d WHERE d.id IN (SELECT p.id FROM deliveries AS p");
            if let Some(index) = index {
                sql.push(" INDEXED BY ").push(index);
            }
            sql.push(" WHERE true");
            push_visibility(&mut sql, visibility, filter);
            push_page(&mut sql, filter, page);
            sql.push(")");
        }
    }
    sql.push(" ORDER BY d.id DESC LIMIT ").push_bind(rows(page));
    sql
}

/// The index of the state that is asked for. The deliveries of an event need none: they are
/// neighbours in the table.
fn index(filter: DeliveryFilter) -> Option<&'static str> {
    match state(filter)? {
        _ if filter.event.is_some() => None,
        DeliveryState::Pending => Some("deliveries_wanted_at"),
        DeliveryState::Held => Some("deliveries_held"),
        DeliveryState::Dead if filter.registration.is_some() => Some("deliveries_dead_of"),
        DeliveryState::Dead => Some("deliveries_dead"),
        DeliveryState::Delivered => None,
    }
}

/// The state that is asked for. A reason stands for the state it is a reason for.
fn state(filter: DeliveryFilter) -> Option<DeliveryState> {
    let held = filter.hold_reason.map(|_| DeliveryState::Held);
    let dead = filter.dead_reason.map(|_| DeliveryState::Dead);
    filter.state.or(held).or(dead)
}

/// The newest of each registration of `owner`, to take the newest from: nobody else's are read.
fn push_newest_of_each(
    sql: &mut QueryBuilder<Sqlite>,
    owner: UserId,
    filter: DeliveryFilter,
    page: PageRequest,
) {
    sql.push(
        "registrations AS r JOIN deliveries AS d ON d.id IN (\
         SELECT p.id FROM deliveries AS p WHERE p.registration_id = r.id",
    );
    push_page(sql, filter, page);
    sql.push(") WHERE r.owner_id = ").push_bind(owner.0);
}

fn push_visibility(sql: &mut QueryBuilder<Sqlite>, visibility: Visibility, filter: DeliveryFilter) {
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

/// Adds the conditions on a delivery itself, and the order and limit of a page.
fn push_page(sql: &mut QueryBuilder<Sqlite>, filter: DeliveryFilter, page: PageRequest) {
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
    if let Some(state) = state(filter) {
        // Not a parameter: only the text itself tells that the index of a state will do.
        sql.push(" AND p.state = '").push(state.as_str()).push("'");
    }
    if let Some(before) = page.before {
        sql.push(" AND p.id < ").push_bind(before);
    }
    sql.push(" ORDER BY p.id DESC LIMIT ").push_bind(rows(page));
}

fn rows(page: PageRequest) -> i64 {
    i64::from(page.limit) + 1
}
