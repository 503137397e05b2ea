//! Attempting deliveries: the claim before, and the record after.

mod record;

use std::collections::HashMap;

use async_trait::async_trait;
use postrider_domain::ports::{Claimed, DeliveryStore, Lease, Recorded, StoreError};
use postrider_domain::{DeliveryId, RegistrationId, Timestamp};
use tracing::instrument;
use uuid::Uuid;

use crate::PostgresStore;
use crate::errors::store_error;
use crate::rows::{ClaimRow, EventRow, RegistrationCache, readable};

#[async_trait]
impl DeliveryStore for PostgresStore {
    #[instrument(name = "store.deliveries.claim", level = "debug", skip_all)]
    async fn claim_deliveries(
        &self,
        deliveries: &[DeliveryId],
        busy: &[RegistrationId],
        lease: Lease,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, StoreError> {
        let failed = store_error("claim_deliveries");
        let deliveries: Vec<_> = deliveries.iter().map(|delivery| delivery.0).collect();
        let busy: Vec<_> = busy.iter().map(|registration| registration.0).collect();
        let rows = sqlx::query_file_as!(
            ClaimRow,
            "queries/claim_deliveries.sql",
            &deliveries,
            now.to_utc(),
            lease.token.0,
            lease.until.to_utc(),
            &busy,
        )
        .fetch_all(&self.relaxed)
        .await
        .map_err(&failed)?;

        let mut members = self.members_of(&rows).await.map_err(&failed)?;
        let mut registrations = RegistrationCache::new(&self.keyring);
        Ok(readable(rows.into_iter().map(|row| {
            let members = members.remove(&row.delivery_id).unwrap_or_default();
            row.into_claimed(&mut registrations, members)
        })))
    }

    #[instrument(name = "store.deliveries.record", level = "debug", skip_all)]
    async fn record_attempts(&self, batch: &[Recorded], now: Timestamp) -> Result<(), StoreError> {
        record::record(&self.durable_keyed, batch, now)
            .await
            .map_err(store_error("record_attempts"))
    }
}

impl PostgresStore {
    /// The events that go with claimed bundles, by the deliveries that carry them. Asks nothing when
    /// there are none. What was removed on request goes with nothing any more.
    async fn members_of(
        &self,
        claims: &[ClaimRow],
    ) -> Result<HashMap<Uuid, Vec<EventRow>>, sqlx::Error> {
        let bundles: Vec<_> =
            claims.iter().filter(|row| row.is_bundle()).map(|row| row.delivery_id).collect();
        let mut members: HashMap<Uuid, Vec<EventRow>> = HashMap::new();
        if bundles.is_empty() {
            return Ok(members);
        }
        let rows = sqlx::query!(
            r#"
            -- members_of
            SELECT
                d.bundle_id AS "bundle_id!", e.id, e.filter, e.event_type, e.resource_id,
                e.resource_name, e.resource_category, e.actor, e.occurred_at, e.accepted_at, e.data,
                e.publisher_id, e.audience
            FROM deliveries AS d
            JOIN events AS e ON e.id = d.event_id
            WHERE d.bundle_id = ANY ($1) AND d.bundle_id IS NOT NULL AND e.expunged_at IS NULL
            ORDER BY d.bundle_id, d.id
            "#,
            &bundles,
        )
        .fetch_all(&self.relaxed)
        .await?;
        for row in rows {
            members.entry(row.bundle_id).or_default().push(EventRow {
                id: row.id,
                filter: row.filter,
                event_type: row.event_type,
                resource_id: row.resource_id,
                resource_name: row.resource_name,
                resource_category: row.resource_category,
                actor: row.actor,
                occurred_at: row.occurred_at,
                accepted_at: row.accepted_at,
                data: row.data,
                publisher_id: row.publisher_id,
                audience: row.audience,
            });
        }
        Ok(members)
    }
}
