//! What is held and can be let go or given up.

use postrider_domain::flow::Candidate;
use postrider_domain::{DeliveryId, RegistrationId};
use sqlx::SqliteConnection;
use uuid::Uuid;

/// A held delivery that goes with no other.
pub(super) struct WaitingRow {
    pub(super) id: Uuid,
    /// How many events it carries.
    pub(super) bundle_size: i64,
    /// It takes no others along.
    goes_alone: bool,
    /// The size of its event's data.
    bytes: i64,
}

impl WaitingRow {
    pub(super) fn candidate(&self) -> Candidate {
        Candidate {
            delivery: DeliveryId(self.id),
            bytes: self.bytes.cast_unsigned(),
            goes_alone: self.goes_alone,
        }
    }
}

/// The oldest of a registration.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    registration: RegistrationId,
    limit: u32,
) -> Result<Vec<WaitingRow>, sqlx::Error> {
    sqlx::query_file_as!(WaitingRow, "queries/find_waiting.sql", registration.0, limit)
        .fetch_all(connection)
        .await
}
