//! Which of the deliveries that are wanted may be attempted, and what becomes of the others.

use std::collections::{BTreeSet, HashMap};

use postrider_domain::ports::ClaimedFlow;
use postrider_domain::{HoldReason, RegistrationId, Timestamp};
use uuid::Uuid;

use super::give_up::Given;
use crate::rows::{ClaimRow, RegistrationRow};

/// What a claim depends on besides the delivery.
pub(super) struct Standing {
    pub(super) registration: RegistrationRow,
    pub(super) owner_disabled: bool,
    pub(super) paced: bool,
    pub(super) discards: bool,
    pub(super) breaker: String,
    pub(super) probe_id: Option<Uuid>,
    pub(super) failing_since: Option<i64>,
}

/// What becomes of the deliveries of a claim.
#[derive(Default)]
pub(super) struct Judged {
    /// They go.
    pub(super) leased: Vec<(ClaimRow, ClaimedFlow)>,
    /// They wait.
    pub(super) held: Vec<(Uuid, HoldReason)>,
    /// Their registration is gone.
    pub(super) orphaned: Vec<Given>,
    /// Their registration is paused and wants none meanwhile.
    pub(super) discarded: Vec<Given>,
    /// Registrations whose deliveries wait for their turn, or for a receiver that is left alone.
    pub(super) waiting: BTreeSet<Uuid>,
    /// Registrations whose receiver has as much as it may have.
    pub(super) busy: BTreeSet<Uuid>,
}

impl Judged {
    /// Judges `wanted` by what there is of their registrations.
    pub(super) fn new(
        wanted: Vec<ClaimRow>,
        standings: &[Standing],
        busy: &[RegistrationId],
        now: Timestamp,
    ) -> Self {
        let standings: HashMap<_, _> =
            standings.iter().map(|standing| (standing.registration.id, standing)).collect();
        let mut judged = Self::default();
        for row in wanted {
            let given = Given { id: row.delivery_id, bundle_size: row.bundle_size };
            let Some(standing) = standings.get(&row.registration_id) else {
                judged.orphaned.push(given);
                continue;
            };
            if standing.registration.paused && standing.discards {
                judged.discarded.push(given);
                continue;
            }
            let is_busy = busy.contains(&RegistrationId(row.registration_id));
            match standing.hold_reason(&row, is_busy, now) {
                Some(reason) => judged.hold(&row, reason),
                None => judged.leased.push((row, standing.flow(given.id))),
            }
        }
        judged
    }

    fn hold(&mut self, row: &ClaimRow, reason: HoldReason) {
        self.held.push((row.delivery_id, reason));
        match reason {
            HoldReason::Breaker | HoldReason::Paced => self.waiting.insert(row.registration_id),
            HoldReason::Busy => self.busy.insert(row.registration_id),
            // Whoever ends these has the scheduler look after the registration.
            HoldReason::Bundled
            | HoldReason::OwnerDisabled
            | HoldReason::Disabled
            | HoldReason::Paused
            | HoldReason::SecretExpired => false,
        };
    }

    /// Those of the leased that carry others.
    pub(super) fn carriers(&self) -> Vec<Uuid> {
        let carriers = self.leased.iter().filter(|(row, _)| row.bundle_size > 1);
        carriers.map(|(row, _)| row.delivery_id).collect()
    }
}

impl Standing {
    /// Why a delivery may not go: the first reason in the order of [`HoldReason`].
    fn hold_reason(&self, row: &ClaimRow, is_busy: bool, now: Timestamp) -> Option<HoldReason> {
        let (registration, is_probe) = (&self.registration, self.is_probe(row.delivery_id));
        let expired = registration.secret_expires_at.is_some_and(|at| at <= now.as_micros());
        [
            (self.owner_disabled, HoldReason::OwnerDisabled),
            (registration.disabled_at.is_some(), HoldReason::Disabled),
            (registration.paused, HoldReason::Paused),
            (expired, HoldReason::SecretExpired),
            (self.breaker != "closed" && !is_probe, HoldReason::Breaker),
            (self.paced && row.released_at.is_none(), HoldReason::Paced),
            (is_busy && !is_probe, HoldReason::Busy),
        ]
        .into_iter()
        .find_map(|(applies, reason)| applies.then_some(reason))
    }

    fn is_probe(&self, delivery: Uuid) -> bool {
        self.breaker == "half_open" && self.probe_id == Some(delivery)
    }

    fn flow(&self, delivery: Uuid) -> ClaimedFlow {
        ClaimedFlow {
            failing_since: self.failing_since.map(Timestamp::from_micros),
            is_probe: self.is_probe(delivery),
        }
    }
}
