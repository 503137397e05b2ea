//! Another instance of the ASP.NET library, or of this product: `ms-signature` over the body, and a
//! `GET` with `?echo=` that proves at registration that somebody wants the webhooks.

use async_trait::async_trait;
use http::Method;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::check::mac::Algorithm;
use crate::check::signature::BodySignature;
use crate::check::{body, challenge, header};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Pairs, Refusal, RefusalKind, Request};

const SIGNATURE: BodySignature =
    BodySignature { header: "ms-signature", prefix: Some("sha256"), algorithm: Algorithm::Sha256 };
const PREVIOUS_SIGNATURE: &str = "ms-signature-previous";

/// See the module.
pub(super) struct Custom;

#[async_trait]
impl Provider for Custom {
    fn names(&self) -> &'static [&'static str] {
        &["custom"]
    }

    fn class(&self) -> &'static str {
        "CustomWebHookReceiver"
    }

    fn methods(&self) -> &'static [Method] {
        &[Method::GET, Method::POST]
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let secrets = incoming.secrets()?;
        let request = incoming.request;
        if request.method == Method::GET {
            return challenge::echo(request, "echo").map(Verified::Answered);
        }
        let mut claimed = vec![SIGNATURE.read(header::only_one(request, SIGNATURE.header)?)?];
        // While a secret is being changed, our own sender signs with both.
        let previous = request.header(PREVIOUS_SIGNATURE);
        claimed.extend(previous.and_then(|value| SIGNATURE.read(value).ok()));
        if !SIGNATURE.algorithm.is_one_made_with(secrets, &[&request.body], &claimed) {
            return Err(header::mismatch(SIGNATURE.header, self));
        }
        Ok(Verified::Genuine)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let notification = if body::is_form(request) {
            let form = body::form(request)?;
            let (actions, id) = (form_actions(&form), form.get("Id").map(String::from));
            Notification::new(actions, Data::Form(form)).named(id)
        } else {
            let data = body::json_object(request)?;
            let actions = json_actions(data.get("Notifications"))?;
            let id = data.get("Id").and_then(Value::as_str).map(str::to_owned);
            Notification::new(actions, Data::Json(Value::Object(data))).named(id)
        };
        Ok(Reading::Webhook(notification))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let key = draft.secret.expose_secret().as_bytes();
        let signature = hex::encode_upper(Algorithm::Sha256.sign(key, &[&draft.body]));
        Ok(draft.to_request(body::JSON)?.with(SIGNATURE.header, format!("sha256={signature}")))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"Id":"8f1d2c3b4a5968778695a4b3c2d1e0f0","Attempt":1,"Properties":{},"Notifications":[{"Action":"reports.Added","Id":"42"}]}"#,
            content_type: body::JSON,
            event: None,
        }
    }
}

/// The actions of the notifications; one without is passed over.
fn json_actions(notifications: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let refused =
        |why: &str| Refusal::new(RefusalKind::Body, format!("Could not parse WebHook data: {why}"));
    let notifications = match notifications {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(notifications)) => notifications,
        Some(_) => return Err(refused("'Notifications' is not an array.")),
    };
    let mut actions = Vec::with_capacity(notifications.len());
    for notification in notifications {
        let Value::Object(notification) = notification else {
            return Err(refused("'Notifications' holds something that is not an object."));
        };
        actions.extend(notification.get("Action").and_then(Value::as_str).map(str::to_owned));
    }
    Ok(actions)
}

/// The actions of our own sender's forms: `Action`, or `Notifications[0].Action` and so on.
fn form_actions(form: &Pairs) -> Vec<String> {
    let is_action = |name: &str| {
        let name = name.to_ascii_lowercase();
        name == "action" || (name.starts_with("notifications[") && name.ends_with("].action"))
    };
    form.0.iter().filter(|(name, _)| is_action(name)).map(|(_, value)| value.clone()).collect()
}
