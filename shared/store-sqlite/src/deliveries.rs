//! Attempting deliveries: the claim before, and the record after.

use std::collections::HashMap;

use async_trait::async_trait;
use postrider_domain::ports::{Claimed, DeliveryStore, Lease, Recorded, StoreError};
use postrider_domain::{DeliveryId, Registration, Timestamp};
use tracing::instrument;
use uuid::Uuid;

use crate::SqliteStore;
use crate::errors::store_error;
use crate::json::id_list;
use crate::pools::Commit;
use crate::rows::{ClaimRow, readable};

mod claim;
mod record;

#[async_trait]
impl DeliveryStore for SqliteStore {
    #[instrument(name = "store.deliveries.claim", level = "debug", skip_all)]
    async fn claim_deliveries(
        &self,
        deliveries: &[DeliveryId],
        lease: Lease,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, StoreError> {
        let failed = store_error("claim_deliveries");
        let deliveries = id_list(deliveries.iter().map(|delivery| delivery.0));

        // Relaxed: what follows from losing a lease is that a delivery is attempted once more.
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        let wanted =
            claim::find_wanted(&mut transaction, &deliveries, now).await.map_err(&failed)?;
        let registrations =
            claim::find_registrations(&mut transaction, &wanted).await.map_err(&failed)?;

        let paused: HashMap<Uuid, bool> =
            registrations.iter().map(|row| (row.id, row.paused)).collect();
        let (wanted, passed): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|row| paused.get(&row.registration_id) == Some(&false));
        let (held, dead): (Vec<_>, Vec<_>) =
            passed.into_iter().partition(|row| paused.contains_key(&row.registration_id));
        claim::lease(&mut transaction, &wanted, lease).await.map_err(&failed)?;
        claim::hold(&mut transaction, &held).await.map_err(&failed)?;
        claim::bury(&mut transaction, &dead, now).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;

        let registrations = readable(registrations.into_iter().map(|row| row.open(&self.keyring)));
        Ok(claims(wanted, &registrations))
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

/// The claims on `rows`, each with its registration.
fn claims(rows: Vec<ClaimRow>, registrations: &[Registration]) -> Vec<Claimed> {
    let registrations: HashMap<Uuid, &Registration> =
        registrations.iter().map(|registration| (registration.id.0, registration)).collect();
    readable(rows.into_iter().filter_map(|row| {
        let registration = (*registrations.get(&row.registration_id)?).clone();
        Some(row.into_claimed(registration))
    }))
}
