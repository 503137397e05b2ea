//! Holding deliveries, letting them go, and looking after receivers that fail.
//!
//! What is decided is decided by the domain; here its state is read, and written back in the same
//! transaction, in which nobody else can write.

use std::collections::BTreeSet;

use async_trait::async_trait;
use postrider_domain::delivery::DeadReason;
use postrider_domain::flow::ReleasePolicy;
use postrider_domain::ports::{
    FlowReport, FlowStore, OverflowProgress, Overfull, RegistrationHealth, Released, StoreError,
};
use postrider_domain::{
    BoundedCount, BreakerPolicy, DeliveryId, HealthReport, HoldPolicy, Ids, LeaseToken,
    RegistrationId, Timestamp, Transition, Visibility,
};
use tracing::instrument;

use crate::SqliteStore;
use crate::errors::store_error;
use crate::pools::Commit;

mod discard;
mod health;
mod notices;
mod overflow;
mod park;
mod release;
mod report;
mod state;
mod waiting;

pub(crate) use state::{begin_anew, look_after};

#[async_trait]
impl FlowStore for SqliteStore {
    #[instrument(name = "store.flow.park", level = "debug", skip_all)]
    async fn park_deliveries(
        &self,
        deliveries: &[(DeliveryId, LeaseToken)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = store_error("park_deliveries");
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        let busy = park::hold(&mut transaction, deliveries).await.map_err(&failed)?;
        look_after(&mut transaction, &BTreeSet::new(), &busy, now).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }

    #[instrument(name = "store.flow.release_held", level = "debug", skip_all)]
    async fn release_held(
        &self,
        policy: &ReleasePolicy,
        now: Timestamp,
        limit: u32,
    ) -> Result<Released, StoreError> {
        // Relaxed: what a loss of power undoes is held again, and looked at again.
        let failed = store_error("release_held");
        let mut transaction = self.write(Commit::Relaxed).await.map_err(&failed)?;
        let released =
            release::release(&mut transaction, policy, now, limit).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(released)
    }

    #[instrument(name = "store.flow.report_health", level = "debug", skip_all)]
    async fn report_health(
        &self,
        reports: &[HealthReport],
        policy: &BreakerPolicy,
        ids: &Ids,
        now: Timestamp,
    ) -> Result<Vec<(RegistrationId, Transition)>, StoreError> {
        let failed = store_error("report_health");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let transitions =
            health::take_in(&mut transaction, reports, policy, ids, now).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(transitions)
    }

    #[instrument(name = "store.flow.find_overflow", level = "debug", skip_all)]
    async fn find_overflow(
        &self,
        policy: &HoldPolicy,
        now: Timestamp,
    ) -> Result<Vec<Overfull>, StoreError> {
        overflow::find(&self.readers, policy, now).await.map_err(store_error("find_overflow"))
    }

    #[instrument(name = "store.flow.give_up_overflow", level = "debug", skip_all)]
    async fn give_up_overflow(
        &self,
        overfull: &[Overfull],
        policy: &HoldPolicy,
        ids: &Ids,
        now: Timestamp,
        limit: u32,
    ) -> Result<OverflowProgress, StoreError> {
        if overfull.is_empty() {
            return Ok(OverflowProgress::default());
        }
        let failed = store_error("give_up_overflow");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        let progress = overflow::give_up(&mut transaction, overfull, policy, ids, now, limit)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(progress)
    }

    #[instrument(name = "store.flow.of", level = "debug", skip_all)]
    async fn flow_of(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
    ) -> Result<Option<FlowReport>, StoreError> {
        report::find(&self.readers, visibility, registration).await
    }

    #[instrument(name = "store.flow.health_of", level = "debug", skip_all)]
    async fn health_of(
        &self,
        visibility: Visibility,
        registrations: &[RegistrationId],
    ) -> Result<Vec<RegistrationHealth>, StoreError> {
        report::health(&self.readers, visibility, registrations).await
    }

    #[instrument(name = "store.flow.discard_held", level = "debug", skip_all)]
    async fn discard_held(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
        reason: DeadReason,
        now: Timestamp,
        limit: u32,
    ) -> Result<Option<u64>, StoreError> {
        let failed = store_error("discard_held");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        if !discard::is_visible(&mut transaction, visibility, registration)
            .await
            .map_err(&failed)?
        {
            return Ok(None);
        }
        let given = discard::discard(&mut transaction, registration, reason, now, limit)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(Some(given))
    }

    #[instrument(name = "store.flow.open_breakers", level = "debug", skip_all)]
    async fn open_breakers(&self) -> Result<BoundedCount, StoreError> {
        report::count_breakers(&self.readers).await.map_err(store_error("open_breakers"))
    }
}

#[cfg(test)]
mod tests;
