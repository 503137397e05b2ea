//! Kudu, which deploys the sites of Azure: its event `PostDeployment`, which it sends once. Source:
//! Kudu's "web hooks" page.

use serde_json::Value;

use super::coded::Coded;
use crate::check::body;
use crate::provider::{Data, Notification, Reading, Sample};
use crate::{Refusal, Request};

/// See the module.
pub(super) const KUDU: Coded = Coded::new(
    &["kudu"],
    "KuduWebHookReceiver",
    Sample {
        body: r#"{"id":"ff17489fbcb7e2dda9012ec285811b9b751ebb5e","status":"success","complete":true,"siteName":"test"}"#,
        content_type: body::JSON,
        event: None,
    },
    read,
);

fn read(request: &Request) -> Result<Reading, Refusal> {
    let data = Value::Object(body::json_object(request)?);
    let status = body::required(data.get("status"), "status")?;
    Ok(Reading::Webhook(Notification::new([status], Data::Json(data))))
}
