//! MyGet: packages and builds, as `application/vnd.myget.webhooks.v1+json`. Source: MyGet's webhooks
//! reference.

use http::StatusCode;
use serde_json::Value;

use super::coded::Coded;
use crate::check::body;
use crate::provider::{Data, Notification, Reading, Sample};
use crate::{Refusal, RefusalKind, Request, answer};

const PAYLOAD_TYPE: &str = "PayloadType";

/// See the module.
pub(super) const MYGET: Coded = Coded::new(
    &["myget"],
    "MyGetWebHookReceiver",
    Sample {
        body: r#"{"Identifier":"7a48ce8c-728d-4350-8da8-e283d6fce277","Username":"ada","When":"2026-09-08T12:59:53.1148196Z","PayloadType":"PackageAddedWebHookEventPayloadV1","Payload":{"PackageIdentifier":"Hello","PackageVersion":"1.0.0"}}"#,
        content_type: "application/vnd.myget.webhooks.v1+json",
        event: None,
    },
    read,
);

fn read(request: &Request) -> Result<Reading, Refusal> {
    let data = Value::Object(body::json_object(request)?);
    let payload = body::required(data.get(PAYLOAD_TYPE), PAYLOAD_TYPE).map_err(|_| {
        Refusal::new(
            RefusalKind::Body,
            format!(
                "The WebHook request must contain a '{PAYLOAD_TYPE}' JSON property indicating the type of event."
            ),
        )
    })?;
    if payload == "PingWebHookEventPayloadV1" {
        return Ok(Reading::Answered(answer::empty(StatusCode::OK)));
    }
    let key = body::key(&data, &["/Identifier"]);
    Ok(Reading::Webhook(Notification::new([payload], Data::Json(data)).named(key)))
}
