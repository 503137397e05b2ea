//! Lists of deliveries. Each is read in the order of an index and stops at its limit; nothing is
//! counted.

mod page;
mod pending;
mod source;

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{DeliveryFilter, EventReport, ListedDelivery, StoreError};
use postrider_domain::{
    Delivery, DeliveryId, DeliveryState, EventId, HoldReason, IdRange, Page, PageRequest, UserId,
    Visibility,
};
use sqlx::{Postgres, QueryBuilder};

use self::page::listed;
use self::source::Source;
use super::walk::Walk;
use crate::PostgresStore;
use crate::errors::store_error;
use crate::rows::DeliveryRow;

const COLUMNS: &str = "w.id, w.event_id, w.registration_id, w.state, w.hold_reason, w.attempts, \
    w.replays, w.bundle_id, w.bundle_size, w.created_at, w.wanted_at, w.settled_at, w.dead_reason, \
    w.last_status, w.last_cause";

/// The event of the delivery `d`. Looked up for one delivery after the other, whatever the planner
/// thinks of it: the events are many more than those that are wanted.
const EVENT: &str = "LEFT JOIN LATERAL (\
    SELECT e.filter, e.event_type FROM events AS e WHERE e.id = d.event_id OFFSET 0) AS e ON true ";

/// How many deliveries a page looks at.
const LOOK: i64 = DeliveryFilter::WALK_LIMIT as i64;

impl PostgresStore {
    /// The newest deliveries of an event, and one more than are shown with it, if there are more:
    /// neighbours in the primary key, since their ids share its time.
    pub(super) async fn deliveries_of(
        &self,
        visibility: Visibility,
        event: EventId,
    ) -> Result<Vec<Delivery>, StoreError> {
        let (first, last) = DeliveryId::range_of(event);
        sqlx::query_as!(
            DeliveryRow,
            r#"
            SELECT
                d.id, d.event_id, d.registration_id, d.state, d.hold_reason, d.attempts, d.replays,
                d.bundle_id, d.bundle_size, d.created_at, d.wanted_at, d.settled_at, d.dead_reason,
                d.last_status, d.last_cause
            FROM deliveries AS d
            WHERE d.id BETWEEN $1 AND $2
                AND d.event_id = $3
                AND (
                    $4::uuid IS NULL
                    OR EXISTS (
                        SELECT FROM registrations AS r
                        WHERE r.id = d.registration_id AND r.owner_id = $4
                    )
                )
            ORDER BY d.id DESC
            LIMIT $5
            "#,
            first.0,
            last.0,
            event.0,
            visibility.owner().map(|owner| owner.0),
            i64::from(EventReport::MAX_DELIVERIES) + 1,
        )
        .fetch_all(&self.durable)
        .await
        .map_err(store_error("find_event"))?
        .into_iter()
        .map(Delivery::try_from)
        .collect()
    }

    pub(super) async fn read_deliveries(
        &self,
        visibility: Visibility,
        filter: &DeliveryFilter,
        page: PageRequest,
    ) -> Result<Page<ListedDelivery>, StoreError> {
        let failed = store_error("list_deliveries");
        let source = self.source(visibility, filter).await.map_err(&failed)?;
        let range = range(filter).before(page.before);
        let look = match &source {
            // No more is looked at than shown.
            source if source.knows(filter) => 0,
            Source::RegistrationsOf(owner) => self.look(*owner, range).await.map_err(&failed)?,
            Source::Held(reasons) => LOOK / i64::try_from(reasons.len()).unwrap_or(1).max(1),
            _ => LOOK,
        };
        let rows = statement(&source, visibility, filter, page, look)
            .build_query_as()
            .fetch_all(&self.lists)
            .await
            .map_err(failed)?;
        listed(rows, page)
    }

    /// What has to be looked at for what is asked for, as little as an index allows.
    async fn source(
        &self,
        visibility: Visibility,
        filter: &DeliveryFilter,
    ) -> Result<Source, sqlx::Error> {
        if filter.registration.is_some() {
            return Ok(Source::Registration);
        }
        if let Visibility::Own(owner) = visibility {
            return Ok(Source::RegistrationsOf(owner));
        }
        if filter.event.is_some() {
            return Ok(Source::All);
        }
        Ok(match filter.state() {
            Some(DeliveryState::Held) => {
                let all = || HoldReason::ALL.iter().copied().map(HoldReason::as_str).collect();
                Source::Held(filter.hold_reason.map_or_else(all, |reason| vec![reason.as_str()]))
            }
            Some(DeliveryState::Dead) => Source::Dead(filter.dead_reason.map(DeadReason::as_str)),
            Some(DeliveryState::Pending) if self.few_are_pending().await? => Source::Pending,
            _ => Source::All,
        })
    }

    /// How many deliveries of each registration of `owner` are looked at, so that together it is about
    /// [`LOOK`]: what those that have few leave over, the others share.
    pub(super) async fn look(&self, owner: UserId, range: IdRange) -> Result<i64, sqlx::Error> {
        let busy = sqlx::query_scalar!(
            r#"
            SELECT count(*) AS "busy!"
            FROM registrations AS r
            CROSS JOIN LATERAL (
                SELECT
                FROM deliveries AS d
                WHERE (d.registration_id, d.id) >= (r.id, $2)
                    AND (d.registration_id, d.id) <= (r.id, $3)
                ORDER BY d.registration_id DESC, d.id DESC
                OFFSET (
                    SELECT $4::bigint / GREATEST(count(*), 1)
                    FROM registrations WHERE owner_id = $1
                )
                LIMIT 1
            ) AS beyond
            WHERE r.owner_id = $1
            "#,
            owner.0,
            range.first,
            range.last,
            LOOK,
        )
        .fetch_one(&self.lists)
        .await?;
        Ok(LOOK / busy.max(1))
    }
}

/// The statement for a page, with the row that tells whether there are more.
fn statement(
    source: &Source,
    visibility: Visibility,
    filter: &DeliveryFilter,
    page: PageRequest,
    look: i64,
) -> QueryBuilder<Postgres> {
    let mut sql =
        QueryBuilder::new("-- list_deliveries\nSELECT d.*, e.filter, e.event_type, r.uri FROM (");
    push_source(&mut sql, source, visibility, filter, page, look);
    sql.push(") AS d ").push(EVENT);
    sql.push("LEFT JOIN registrations AS r ON r.id = d.registration_id ORDER BY d.id DESC");
    sql
}

fn push_source(
    sql: &mut QueryBuilder<Postgres>,
    source: &Source,
    visibility: Visibility,
    filter: &DeliveryFilter,
    page: PageRequest,
    look: i64,
) {
    let find = i64::from(page.limit) + 1;
    let walk = Walk {
        table: if matches!(source, Source::Pending) { pending::ALL } else { "deliveries" },
        columns: COLUMNS,
        key: source.key(),
        range: range(filter).before(page.before),
        look: find.max(look),
        find,
    };
    match source {
        Source::RegistrationsOf(_) => {
            sql.push("SELECT l.* FROM registrations AS r CROSS JOIN LATERAL (")
        }
        Source::Held(reasons) => sql
            .push("SELECT l.* FROM unnest(")
            .push_bind(reasons.iter().map(|&reason| reason.to_owned()).collect::<Vec<_>>())
            .push("::text[]) AS reason (name) CROSS JOIN LATERAL ("),
        _ => sql,
    };
    walk.push(
        sql,
        |sql| source.push_key(sql, filter),
        |sql| source.push_scope(sql, visibility, filter),
        if filter.filter.is_some() || filter.event_type.is_some() { EVENT } else { "" },
        |sql| push_conditions(sql, filter),
    );
    match source {
        Source::RegistrationsOf(owner) => {
            sql.push(") AS l WHERE r.owner_id = ").push_bind(owner.0);
            sql.push(" ORDER BY l.id DESC LIMIT ").push_bind(find);
        }
        Source::Held(_) => {
            sql.push(") AS l ORDER BY l.id DESC LIMIT ").push_bind(find);
        }
        _ => {}
    }
}

/// Adds what a delivery is looked at for.
fn push_conditions(sql: &mut QueryBuilder<Postgres>, filter: &DeliveryFilter) {
    if let Some(state) = filter.state() {
        sql.push(" AND d.state = ").push_bind(state.as_str());
    }
    if let Some(reason) = filter.hold_reason {
        sql.push(" AND d.hold_reason = ").push_bind(reason.as_str());
    }
    if let Some(reason) = filter.dead_reason {
        sql.push(" AND d.dead_reason = ").push_bind(reason.as_str());
    }
    if let Some(name) = &filter.filter {
        sql.push(" AND lower(e.filter COLLATE \"C\") = ").push_bind(name.key());
    }
    if let Some(event_type) = &filter.event_type {
        sql.push(" AND e.event_type = ").push_bind(event_type.as_str().to_owned());
    }
}

/// The ids of what is asked for.
fn range(filter: &DeliveryFilter) -> IdRange {
    let range = IdRange::between(filter.from, filter.to);
    filter.event.map_or(range, |event| range.of_event(event))
}
