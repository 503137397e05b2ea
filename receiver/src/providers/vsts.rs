//! Azure DevOps, once VSTS: the URL carries a secret as `?code=`, or its password is one. Source:
//! Azure DevOps' "webhooks" for service hooks.

use async_trait::async_trait;
use http::header::AUTHORIZATION;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::check::{body, code, encoding, mac};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::request::CODE;
use crate::{Refusal, RefusalKind, Request};

/// As it is written in texts.
const HEADER: &str = "Authorization";

/// The subscription of a test from the settings page, which sends the same sample every time.
const TEST: &str = "00000000-0000-0000-0000-000000000000";

/// See the module.
pub(super) struct Vsts;

#[async_trait]
impl Provider for Vsts {
    fn names(&self) -> &'static [&'static str] {
        &["vsts", "azuredevops"]
    }

    fn class(&self) -> &'static str {
        "VstsWebHookReceiver"
    }

    fn requires_https(&self) -> bool {
        true
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let request = incoming.request;
        let Some(authorization) = request.header(AUTHORIZATION.as_str()) else {
            return code::verify(incoming).map(|()| Verified::Genuine);
        };
        if request.query().get(CODE).is_some() {
            return code::verify(incoming).map(|()| Verified::Genuine);
        }
        if !mac::is_one_of(incoming.secrets()?, &password(authorization)?) {
            return Err(Refusal::new(
                RefusalKind::Mismatch,
                format!(
                    "The password provided by the '{HEADER}' header field did not match the expected value."
                ),
            ));
        }
        Ok(Verified::Genuine)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let data = Value::Object(body::json_object(request)?);
        let event = body::required(data.get("eventType"), "eventType").map_err(|_| {
            Refusal::new(
                RefusalKind::Body,
                "No property 'eventType' was found in root of the object.",
            )
        })?;
        let subscription = data.get("subscriptionId").and_then(Value::as_str);
        let key = match subscription {
            Some(TEST) => None,
            Some(_) => body::key(&data, &["/subscriptionId", "/id"]),
            None => body::key(&data, &["/id"]),
        };
        Ok(Reading::Webhook(Notification::new([event], Data::Json(data)).named(key)))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let credentials = format!("postrider:{}", draft.secret.expose_secret());
        let authorization = format!("Basic {}", encoding::to_base64(credentials.as_bytes()));
        Ok(draft.to_request(body::JSON)?.with("authorization", authorization))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"subscriptionId":"6f1b5f34-2d0e-4f0c-9a53-0c4e9c1d7a10","notificationId":3,"id":"27646e0e-b520-4d2b-9411-bba7524947cd","eventType":"workitem.created","publisherId":"tfs","resource":{"id":5}}"#,
            content_type: body::JSON,
            event: None,
        }
    }
}

/// The password of `Basic <user>:<password>`, in base64; the name of the user says nothing.
fn password(authorization: &str) -> Result<String, Refusal> {
    let bad = || {
        Refusal::new(
            RefusalKind::Malformed,
            format!("Invalid '{HEADER}' header value. Expecting a value of 'Basic <value>'."),
        )
    };
    let (scheme, credentials) = authorization.trim().split_once(' ').ok_or_else(bad)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(bad());
    }
    let credentials = encoding::base64(HEADER, credentials.trim())?;
    let credentials = String::from_utf8(credentials).map_err(|_| bad())?;
    let (_, password) = credentials.split_once(':').ok_or_else(bad)?;
    Ok(password.to_owned())
}
