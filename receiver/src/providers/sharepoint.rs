//! SharePoint's list webhooks, and Microsoft Graph's change notifications, which came after them: each
//! notification carries the secret as its `clientState`. Before a URL is taken, a request with a
//! `validationtoken` has to be answered with it; the documents say `POST`, and in one place `GET`.
//! Sources: Microsoft's "overview of SharePoint webhooks" and Graph's "change notifications delivery".

use async_trait::async_trait;
use http::Method;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::check::{body, challenge, mac};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Refusal, RefusalKind, Request};

/// Compared ignoring case: SharePoint writes it in lower case.
const VALIDATION_TOKEN: &str = "validationToken";
const CLIENT_STATE: &str = "clientState";

/// What a notification is about, the most telling first. SharePoint's own say no more than the list.
const ACTIONS: &[&str] = &["changeType", "lifecycleEvent", "resource"];

/// See the module.
pub(super) struct SharePoint;

#[async_trait]
impl Provider for SharePoint {
    fn names(&self) -> &'static [&'static str] {
        &["sharepoint"]
    }

    fn class(&self) -> &'static str {
        "SharePointWebHookReceiver"
    }

    fn methods(&self) -> &'static [Method] {
        &[Method::GET, Method::POST]
    }

    fn requires_https(&self) -> bool {
        true
    }

    /// A notification has less than one KiB, and Graph puts no more than some hundreds together.
    fn max_body(&self) -> usize {
        1024 * 1024
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let secrets = incoming.secrets()?;
        let request = incoming.request;
        // With a token there is no body.
        let asks = request.query().get(VALIDATION_TOKEN).is_some_and(|token| !token.is_empty());
        if asks || request.method == Method::GET {
            return challenge::echo(request, VALIDATION_TOKEN).map(Verified::Answered);
        }
        let data = body::strict_json(request)?;
        // Every one is checked: what nobody vouches for must not come in with others.
        for notification in notifications(&data)? {
            let claimed = notification.get(CLIENT_STATE).and_then(Value::as_str);
            let claimed = claimed.ok_or_else(|| {
                Refusal::new(RefusalKind::Malformed, body::missing(CLIENT_STATE).message)
            })?;
            if !mac::is_one_of(secrets, claimed) {
                return Err(Refusal::new(
                    RefusalKind::Mismatch,
                    format!(
                        "The '{CLIENT_STATE}' property provided in the HTTP request did not match the expected value."
                    ),
                ));
            }
        }
        Ok(Verified::Genuine)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let data = body::json(request)?;
        let notifications = notifications(&data)?;
        let texts =
            |of: &Value| ACTIONS.iter().find_map(|name| of.get(name)?.as_str().map(str::to_owned));
        let actions: Vec<String> = notifications.iter().filter_map(texts).collect();
        // Graph gives each an id. Two of SharePoint's that are alike tell of two changes.
        let ids: Option<Vec<_>> =
            notifications.iter().map(|one| body::key(one, &["/id"])).collect();
        let key = ids.map(|ids| ids.join(" "));
        Ok(Reading::Webhook(Notification::new(actions, Data::Json(data)).named(key)))
    }

    fn sign(&self, mut draft: Draft) -> Result<Request, Unsignable> {
        let unsignable = |why: &dyn std::fmt::Display| {
            Unsignable(format!("The body has no notifications: {why}"))
        };
        let mut data: Value =
            serde_json::from_slice(&draft.body).map_err(|error| unsignable(&error))?;
        let value = data.get_mut("value").and_then(Value::as_array_mut);
        for notification in value.ok_or_else(|| unsignable(&"'value' is not an array."))? {
            let Value::Object(notification) = notification else {
                return Err(unsignable(&"'value' holds something that is not an object."));
            };
            notification.insert(CLIENT_STATE.into(), draft.secret.expose_secret().into());
        }
        draft.body = data.to_string().into();
        draft.to_request(body::JSON)
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"value":[{"subscriptionId":"91779246-afe9-4525-b122-6c199ae89211","clientState":"the secret goes here","expirationDateTime":"2026-04-30T17:27:00.0000000Z","resource":"b9f6f714-9df8-470b-b22e-653855e1c181","tenantId":"00000000-0000-0000-0000-000000000000","siteUrl":"/","webId":"dbc5a806-e4d4-46e5-951c-6344d70b62fa"}]}"#,
            content_type: body::JSON,
            event: None,
        }
    }
}

/// The notifications of a request, of which there has to be one.
fn notifications(data: &Value) -> Result<&Vec<Value>, Refusal> {
    let notifications = data.get("value").and_then(Value::as_array);
    notifications
        .filter(|notifications| !notifications.is_empty())
        .ok_or_else(|| body::missing("value"))
}
