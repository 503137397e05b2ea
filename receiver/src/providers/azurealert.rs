//! Alerts of Azure Monitor. Today a rule sends the common schema, with the name of the rule in
//! `data.essentials.alertRule`, unless its action group asks for the schema of its own kind; rules of
//! the years before sent what the ASP.NET library knew. Source: Azure Monitor's "common alert schema"
//! and "non-common alert schema definitions".

use serde_json::Value;

use super::coded::Coded;
use crate::check::body;
use crate::provider::{Data, Notification, Reading, Sample};
use crate::{Refusal, Request};

/// Where an alert has the name of its rule, by schema: classic, common, metric, log.
const NAMES: &[&str] =
    &["/context/name", "/data/essentials/alertRule", "/data/context/name", "/data/AlertRuleName"];

/// What sets one alert apart, by schema. The end of an alert has the id of its beginning.
const KEYS: &[&[&str]] = &[
    &[
        "/data/essentials/alertId",
        "/data/essentials/monitorCondition",
        "/data/essentials/firedDateTime",
    ],
    &["/data/context/id", "/data/status", "/data/context/timestamp"],
    &["/context/id", "/status", "/context/timestamp"],
];

/// See the module.
pub(super) const AZURE_ALERT: Coded = Coded::new(
    &["azurealert", "azuremonitor"],
    "AzureAlertWebHookReceiver",
    Sample {
        body: r#"{"schemaId":"azureMonitorCommonAlertSchema","data":{"essentials":{"alertId":"/subscriptions/0/providers/Microsoft.AlertsManagement/alerts/1","alertRule":"cpu","severity":"Sev3","signalType":"Metric","monitorCondition":"Fired","firedDateTime":"2026-03-22T13:58:24.3713213Z"},"alertContext":{}}}"#,
        content_type: body::JSON,
        event: None,
    },
    read,
);

fn read(request: &Request) -> Result<Reading, Refusal> {
    let data = Value::Object(body::json_object(request)?);
    let name = NAMES.iter().find_map(|name| data.pointer(name));
    let name = body::required(name, "name")?;
    let key = KEYS.iter().find_map(|key| body::key(&data, key));
    Ok(Reading::Webhook(Notification::new([name], Data::Json(data)).named(key)))
}
