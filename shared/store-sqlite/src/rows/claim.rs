//! What a claim reads.

use postrider_domain::ports::{Claimed, ClaimedFlow, StoreError};
use postrider_domain::{DeliveryId, Event, Registration};
use uuid::Uuid;

use super::EventRow;
use crate::errors::corrupt;

/// A delivery that may be claimed, with its event.
pub(crate) struct ClaimRow {
    pub(crate) delivery_id: Uuid,
    pub(crate) registration_id: Uuid,
    pub(crate) attempts: i64,
    pub(crate) earlier_rounds: i64,
    pub(crate) replays: i64,
    pub(crate) bundle_size: i64,
    pub(crate) released_at: Option<i64>,
    pub(crate) event_id: Uuid,
    pub(crate) filter: String,
    pub(crate) event_type: String,
    pub(crate) resource_id: String,
    pub(crate) resource_name: Option<String>,
    pub(crate) resource_category: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) occurred_at: i64,
    pub(crate) accepted_at: i64,
    pub(crate) data: Option<String>,
    pub(crate) publisher_id: Option<Uuid>,
    pub(crate) audience: Option<String>,
}

impl ClaimRow {
    /// The claim, which goes to `registration` and carries the events of `members` beside its own.
    pub(crate) fn into_claimed(
        self,
        registration: Registration,
        flow: ClaimedFlow,
        members: Vec<Event>,
    ) -> Result<Claimed, StoreError> {
        let own = EventRow {
            id: self.event_id,
            filter: self.filter,
            event_type: self.event_type,
            resource_id: self.resource_id,
            resource_name: self.resource_name,
            resource_category: self.resource_category,
            actor: self.actor,
            occurred_at: self.occurred_at,
            accepted_at: self.accepted_at,
            data: self.data,
            publisher_id: self.publisher_id,
            audience: self.audience,
        };
        // The one that carries the others is the oldest of them.
        let mut events = vec![Event::try_from(own)?];
        events.extend(members);
        Ok(Claimed {
            delivery: DeliveryId(self.delivery_id),
            attempts: self.attempts.try_into().map_err(corrupt("deliveries"))?,
            earlier_rounds: self.earlier_rounds.try_into().map_err(corrupt("deliveries"))?,
            replays: self.replays.try_into().map_err(corrupt("deliveries"))?,
            events,
            registration,
            flow,
        })
    }
}
