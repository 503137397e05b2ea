//! Attempting deliveries: the claim before, and the record after.

use std::collections::HashMap;

use async_trait::async_trait;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{Claimed, ClaimedFlow, DeliveryStore, Lease, Recorded, StoreError};
use postrider_domain::{DeliveryId, Event, Registration, RegistrationId, Timestamp};
use tracing::instrument;
use uuid::Uuid;

use crate::SqliteStore;
use crate::errors::store_error;
use crate::flow;
use crate::json::id_list;
use crate::pools::Commit;
use crate::rows::{ClaimRow, readable};

mod claim;
mod give_up;
mod judge;
mod record;

pub(crate) use give_up::{Given, give_up};

#[async_trait]
impl DeliveryStore for SqliteStore {
    #[instrument(name = "store.deliveries.claim", level = "debug", skip_all)]
    async fn claim_deliveries(
        &self,
        deliveries: &[DeliveryId],
        busy: &[RegistrationId],
        lease: Lease,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, StoreError> {
        let failed = store_error("claim_deliveries");
        let deliveries = id_list(deliveries.iter().map(|delivery| delivery.0));

        // Relaxed: what follows from losing a lease is that a delivery is attempted once more.
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        let wanted =
            claim::find_wanted(&mut transaction, &deliveries, now).await.map_err(&failed)?;
        let standings = claim::find_standings(&mut transaction, &wanted).await.map_err(&failed)?;
        let judged = judge::Judged::new(wanted, &standings, busy, now);
        let leased = judged.leased.iter().map(|(row, _)| row.delivery_id);
        claim::lease(&mut transaction, leased, lease).await.map_err(&failed)?;
        claim::hold(&mut transaction, &judged.held).await.map_err(&failed)?;
        for (given, reason) in [
            (&judged.orphaned, DeadReason::RegistrationDeleted),
            (&judged.discarded, DeadReason::Discarded),
        ] {
            give_up(&mut transaction, given, reason, now).await.map_err(&failed)?;
        }
        flow::look_after(&mut transaction, &judged.waiting, &judged.busy, now)
            .await
            .map_err(&failed)?;
        let members =
            claim::find_members(&mut transaction, &judged.carriers()).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;

        let registrations =
            standings.into_iter().map(|standing| standing.registration.open(&self.keyring));
        Ok(claims(judged.leased, &readable(registrations), members))
    }

    #[instrument(name = "store.deliveries.record", level = "debug", skip_all)]
    async fn record_attempts(&self, batch: &[Recorded], now: Timestamp) -> Result<(), StoreError> {
        let failed = store_error("record_attempts");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        for round in record::rounds(batch) {
            record::record(&mut transaction, round, now).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(failed)
    }
}

/// The claims on `rows`, each with its registration and what goes with it.
fn claims(
    rows: Vec<(ClaimRow, ClaimedFlow)>,
    registrations: &[Registration],
    mut members: HashMap<Uuid, Vec<Event>>,
) -> Vec<Claimed> {
    let registrations: HashMap<Uuid, &Registration> =
        registrations.iter().map(|registration| (registration.id.0, registration)).collect();
    readable(rows.into_iter().filter_map(|(row, flow)| {
        let registration = (*registrations.get(&row.registration_id)?).clone();
        let members = members.remove(&row.delivery_id).unwrap_or_default();
        Some(row.into_claimed(registration, flow, members))
    }))
}
