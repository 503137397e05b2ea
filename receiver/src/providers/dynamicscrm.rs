//! Dataverse, once Dynamics CRM, registered with the option `WebhookKey`. Its other two options carry
//! a header or a parameter of any name; there is nothing to agree upon. Source: Microsoft's "register
//! a webhook".

use serde_json::Value;

use super::coded::Coded;
use crate::check::body;
use crate::provider::{Data, Notification, Reading, Sample};
use crate::{Refusal, Request};

/// What a step that runs with its operation has in the place of a system job.
const NO_OPERATION: &str = "00000000-0000-0000-0000-000000000000";

/// See the module.
pub(super) const DYNAMICS_CRM: Coded = Coded::new(
    &["dynamicscrm", "dynamics", "dataverse"],
    "DynamicsCRMWebHookReceiver",
    Sample {
        body: r#"{"MessageName":"Create","PrimaryEntityName":"account","PrimaryEntityId":"5f1f9d4c-7d3e-4e0c-8c0a-2b2f5c9f0a11","OperationId":"5e5c5a0e-4b8f-4b2a-9a39-0f3c7d1b6e22","Stage":40,"Mode":1}"#,
        content_type: body::JSON,
        event: None,
    },
    read,
);

fn read(request: &Request) -> Result<Reading, Refusal> {
    let data = Value::Object(body::json_object(request)?);
    // The library ran its handlers without one, too.
    let message = data.get("MessageName").and_then(Value::as_str).map(str::to_owned);
    let operation = body::key(&data, &["/OperationId"]).filter(|id| id != NO_OPERATION);
    Ok(Reading::Webhook(Notification::new(message, Data::Json(data)).named(operation)))
}
