//! What a claim returns.

use chrono::{DateTime, Utc};
use postrider_domain::ports::{Claimed, ClaimedFlow, StoreError};
use postrider_domain::{DeliveryId, Event};
use uuid::Uuid;

use super::{EventRow, RegistrationCache, RegistrationRow};
use crate::errors::corrupt;

/// A claimed delivery with its event and its registration.
pub(crate) struct ClaimRow {
    pub(crate) delivery_id: Uuid,
    pub(crate) attempts: i16,
    pub(crate) earlier_rounds: i16,
    pub(crate) replays: i16,
    pub(crate) bundle_size: i16,
    pub(crate) failing_since: Option<DateTime<Utc>>,
    pub(crate) is_probe: bool,
    pub(crate) event_id: Uuid,
    pub(crate) filter: String,
    pub(crate) event_type: String,
    pub(crate) resource_id: String,
    pub(crate) resource_name: Option<String>,
    pub(crate) resource_category: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) accepted_at: DateTime<Utc>,
    pub(crate) data: Option<String>,
    pub(crate) publisher_id: Option<Uuid>,
    pub(crate) audience: Option<String>,
    pub(crate) registration_id: Uuid,
    pub(crate) owner_id: Uuid,
    pub(crate) uri: String,
    pub(crate) secret: String,
    pub(crate) previous_secret: Option<String>,
    pub(crate) previous_secret_ends_at: Option<DateTime<Utc>>,
    pub(crate) description: Option<String>,
    pub(crate) filters: String,
    pub(crate) headers: String,
    pub(crate) properties: String,
    pub(crate) paused: bool,
    pub(crate) secret_expires_at: Option<DateTime<Utc>>,
    pub(crate) disabled_at: Option<DateTime<Utc>>,
    pub(crate) disabled_reason: Option<String>,
    pub(crate) condition: Option<String>,
    pub(crate) options: String,
    pub(crate) credentials: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl ClaimRow {
    /// Whether others go with it.
    pub(crate) fn is_bundle(&self) -> bool {
        self.bundle_size > 1
    }

    /// The claim, with its registration from `registrations` if it is there. The events of its
    /// members follow its own.
    pub(crate) fn into_claimed(
        self,
        registrations: &mut RegistrationCache<'_>,
        members: Vec<EventRow>,
    ) -> Result<Claimed, StoreError> {
        let event = EventRow {
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
        let registration = RegistrationRow {
            id: self.registration_id,
            owner_id: self.owner_id,
            uri: self.uri,
            secret: self.secret,
            previous_secret: self.previous_secret,
            previous_secret_ends_at: self.previous_secret_ends_at,
            description: self.description,
            filters: self.filters,
            headers: self.headers,
            properties: self.properties,
            paused: self.paused,
            secret_expires_at: self.secret_expires_at,
            disabled_at: self.disabled_at,
            disabled_reason: self.disabled_reason,
            condition: self.condition,
            options: self.options,
            credentials: self.credentials,
            created_at: self.created_at,
            updated_at: self.updated_at,
        };
        let events = std::iter::once(event).chain(members).map(Event::try_from);
        Ok(Claimed {
            delivery: DeliveryId(self.delivery_id),
            attempts: self.attempts.try_into().map_err(corrupt("deliveries"))?,
            earlier_rounds: self.earlier_rounds.try_into().map_err(corrupt("deliveries"))?,
            replays: self.replays.try_into().map_err(corrupt("deliveries"))?,
            events: events.collect::<Result<_, _>>()?,
            registration: registrations.read(registration)?,
            flow: ClaimedFlow {
                failing_since: self.failing_since.map(Into::into),
                is_probe: self.is_probe,
            },
        })
    }
}
