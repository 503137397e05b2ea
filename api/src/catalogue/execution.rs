use postrider_domain::{CatalogueEntry, EventKey, UserId};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};

/// A run of a task, an alert, or a resource of a custom kind. Its members are those of the
/// notification.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Execution {
    #[serde(rename = "ExecutionId")]
    pub(crate) id: String,
    pub(crate) document_ids: Vec<String>,
    /// Of an alert: whether its condition held.
    pub(crate) alert_triggered: Option<bool>,
    /// Whatever else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<Box<RawValue>>,
}

impl Execution {
    /// The data of the event.
    pub(super) fn data(&self) -> Box<RawValue> {
        to_raw_value(self).expect("texts and JSON can be written as JSON")
    }

    /// What makes a repeated report of the same execution harmless, with the hash of what it says.
    pub(crate) fn key(&self, reporter: UserId, entry: &CatalogueEntry) -> (EventKey, [u8; 32]) {
        let mut execution = Sha256::new();
        for part in [entry.kind.key().as_str(), entry.id.as_str(), self.id.as_str()] {
            // The length keeps neighbours apart.
            execution.update((part.len() as u64).to_be_bytes());
            execution.update(part);
        }
        let key = format!("execution:{}", hex::encode(execution.finalize()));
        let content = Sha256::digest(self.data().get()).into();
        (EventKey { scope: reporter.0, key }, content)
    }
}
