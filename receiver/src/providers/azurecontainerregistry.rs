//! Azure Container Registry: images that were pushed or deleted. Source: its "webhook reference".

use http::StatusCode;
use serde_json::Value;

use super::coded::Coded;
use crate::check::body;
use crate::provider::{Data, Notification, Reading, Sample};
use crate::{Refusal, Request, answer};

/// See the module.
pub(super) const AZURE_CONTAINER_REGISTRY: Coded = Coded::new(
    &["azurecontainerregistry"],
    "AzureContainerRegistryWebHookReceiver",
    Sample {
        body: r#"{"id":"cb8c3971-9adc-488b-bdd8-43cbb4974ff5","timestamp":"2026-11-17T16:52:01.343145347Z","action":"push","target":{"repository":"hello-world","tag":"v1"},"request":{"host":"myregistry.azurecr.io","method":"PUT"}}"#,
        content_type: body::JSON,
        event: None,
    },
    read,
);

fn read(request: &Request) -> Result<Reading, Refusal> {
    let data = Value::Object(body::json_object(request)?);
    let action = body::required(data.get("action"), "action")?;
    // What `az acr webhook ping` sends.
    if action == "ping" {
        return Ok(Reading::Answered(answer::empty(StatusCode::OK)));
    }
    let key = body::key(&data, &["/id"]);
    Ok(Reading::Webhook(Notification::new([action], Data::Json(data)).named(key)))
}
