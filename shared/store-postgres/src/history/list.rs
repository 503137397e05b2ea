//! Lists of deliveries. Each is read in the order of an index and stops at its limit; nothing is
//! counted.

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{DeliveryFilter, EventReport, StoreError};
use postrider_domain::{
    Delivery, DeliveryId, DeliveryState, EventId, HoldReason, IdRange, PageRequest, UserId,
    Visibility,
};

use crate::PostgresStore;
use crate::errors::store_error;
use crate::rows::DeliveryRow;

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

    /// The newest of all.
    pub(super) async fn all_deliveries(
        &self,
        filter: DeliveryFilter,
        page: PageRequest,
    ) -> Result<Vec<DeliveryRow>, sqlx::Error> {
        let range = range(filter);
        sqlx::query_as!(
            DeliveryRow,
            r#"
            SELECT
                id, event_id, registration_id, state, hold_reason, attempts, replays, bundle_id,
                bundle_size, created_at, wanted_at, settled_at, dead_reason, last_status, last_cause
            FROM deliveries
            WHERE ($1::uuid IS NULL OR registration_id = $1)
                AND ($2::text IS NULL OR state = $2)
                AND ($3::text IS NULL OR hold_reason = $3)
                AND ($4::text IS NULL OR dead_reason = $4)
                AND ($5::uuid IS NULL OR event_id = $5)
                AND id BETWEEN $6 AND $7
                AND ($8::uuid IS NULL OR id < $8)
            ORDER BY id DESC
            LIMIT $9
            "#,
            filter.registration.map(|registration| registration.0),
            state(filter),
            filter.hold_reason.map(HoldReason::as_str),
            filter.dead_reason.map(DeadReason::as_str),
            filter.event.map(|event| event.0),
            range.first,
            range.last,
            page.before,
            i64::from(page.limit) + 1,
        )
        .fetch_all(&self.durable)
        .await
    }

    /// The newest of each registration of `owner`, and of these the newest: nobody's deliveries are
    /// read in order to be left out.
    pub(super) async fn own_deliveries(
        &self,
        owner: UserId,
        filter: DeliveryFilter,
        page: PageRequest,
    ) -> Result<Vec<DeliveryRow>, sqlx::Error> {
        let range = range(filter);
        sqlx::query_as!(
            DeliveryRow,
            r#"
            SELECT
                own.id, own.event_id, own.registration_id, own.state, own.hold_reason, own.attempts,
                own.replays, own.bundle_id, own.bundle_size, own.created_at, own.wanted_at,
                own.settled_at, own.dead_reason, own.last_status, own.last_cause
            FROM registrations AS r
            CROSS JOIN LATERAL (
                SELECT
                    id, event_id, registration_id, state, hold_reason, attempts, replays, bundle_id,
                    bundle_size, created_at, wanted_at, settled_at, dead_reason, last_status,
                    last_cause
                FROM deliveries
                WHERE registration_id = r.id
                    AND ($3::text IS NULL OR state = $3)
                    AND ($4::text IS NULL OR hold_reason = $4)
                    AND ($5::text IS NULL OR dead_reason = $5)
                    AND ($6::uuid IS NULL OR event_id = $6)
                    AND id BETWEEN $7 AND $8
                    AND ($9::uuid IS NULL OR id < $9)
                ORDER BY id DESC
                LIMIT $10
            ) AS own
            WHERE r.owner_id = $1 AND ($2::uuid IS NULL OR r.id = $2)
            ORDER BY own.id DESC
            LIMIT $10
            "#,
            owner.0,
            filter.registration.map(|registration| registration.0),
            state(filter),
            filter.hold_reason.map(HoldReason::as_str),
            filter.dead_reason.map(DeadReason::as_str),
            filter.event.map(|event| event.0),
            range.first,
            range.last,
            page.before,
            i64::from(page.limit) + 1,
        )
        .fetch_all(&self.durable)
        .await
    }
}

/// The ids of what is asked for.
fn range(filter: DeliveryFilter) -> IdRange {
    let range = IdRange::between(filter.from, filter.to);
    filter.event.map_or(range, |event| range.of_event(event))
}

/// The state that is asked for. A reason stands for the state it is a reason for, so that few
/// deliveries are looked at: those of the index of that state.
fn state(filter: DeliveryFilter) -> Option<&'static str> {
    let held = filter.hold_reason.map(|_| DeliveryState::Held);
    let dead = filter.dead_reason.map(|_| DeliveryState::Dead);
    filter.state.or(held).or(dead).map(DeliveryState::as_str)
}
