//! Holding deliveries, letting them go, and looking after receivers that fail.
//!
//! What workers and the scheduler share about a registration is a row of `registration_flow`: it is
//! loaded under a lock, changed by a function of the domain, and written back. Nobody who holds such a
//! row waits for a delivery, and those who wait for several rows take them in the order of the
//! registrations: so nobody waits for each other. Who needs the registration as well locks it first.

mod bundles;
mod discard;
mod health;
mod notices;
mod overflow;
mod release;
mod report;

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

use crate::PostgresStore;
use crate::errors::store_error;

#[async_trait]
impl FlowStore for PostgresStore {
    #[instrument(name = "store.flow.park", level = "debug", skip_all)]
    async fn park_deliveries(
        &self,
        deliveries: &[(DeliveryId, LeaseToken)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (deliveries, tokens): (Vec<_>, Vec<_>) =
            deliveries.iter().map(|(delivery, token)| (delivery.0, token.0)).unzip();
        sqlx::query_file!("queries/park_deliveries.sql", &deliveries, &tokens, now.to_utc())
            .execute(&self.relaxed)
            .await
            .map_err(store_error("park_deliveries"))?;
        Ok(())
    }

    #[instrument(name = "store.flow.release_held", level = "debug", skip_all)]
    async fn release_held(
        &self,
        policy: &ReleasePolicy,
        now: Timestamp,
        limit: u32,
    ) -> Result<Released, StoreError> {
        release::release(&self.relaxed, policy, now, limit).await
    }

    #[instrument(name = "store.flow.report_health", level = "debug", skip_all)]
    async fn report_health(
        &self,
        reports: &[HealthReport],
        policy: &BreakerPolicy,
        ids: &Ids,
        now: Timestamp,
    ) -> Result<Vec<(RegistrationId, Transition)>, StoreError> {
        health::take_in(&self.durable_keyed, reports, policy, ids, now).await
    }

    #[instrument(name = "store.flow.find_overflow", level = "debug", skip_all)]
    async fn find_overflow(
        &self,
        policy: &HoldPolicy,
        now: Timestamp,
    ) -> Result<Vec<Overfull>, StoreError> {
        overflow::find(&self.durable_keyed, policy, now).await.map_err(store_error("find_overflow"))
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
        overflow::give_up(&self.durable_keyed, overfull, policy, ids, now, limit).await
    }

    #[instrument(name = "store.flow.of", level = "debug", skip_all)]
    async fn flow_of(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
    ) -> Result<Option<FlowReport>, StoreError> {
        report::report(&self.durable_keyed, visibility, registration).await
    }

    #[instrument(name = "store.flow.health_of", level = "debug", skip_all)]
    async fn health_of(
        &self,
        visibility: Visibility,
        registrations: &[RegistrationId],
    ) -> Result<Vec<RegistrationHealth>, StoreError> {
        report::health(&self.durable_keyed, visibility, registrations).await
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
        discard::discard(&self.durable_keyed, visibility, registration, reason, now, limit)
            .await
            .map_err(store_error("discard_held"))
    }

    #[instrument(name = "store.flow.open_breakers", level = "debug", skip_all)]
    async fn open_breakers(&self) -> Result<BoundedCount, StoreError> {
        report::open_breakers(&self.relaxed).await.map_err(store_error("open_breakers"))
    }
}
