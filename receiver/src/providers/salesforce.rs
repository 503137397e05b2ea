//! Salesforce's outbound messages: SOAP, which carries the id of the organization as its only proof,
//! and wants SOAP in return. Source: Salesforce's "outbound messaging notifications".
//!
//! The id of an organization is no secret: it is in links and in every record's owner. What is known by
//! the ids of its notifications is therefore known by its body as well, or whoever guesses ids could
//! have the real ones taken for repetitions.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use async_trait::async_trait;
use http::StatusCode;
use quick_xml::escape::escape;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::check::xml::Element;
use crate::check::{body, mac};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Answer, Refusal, RefusalKind, Request, answer};

const ORGANIZATION: &str = "OrganizationId";
const ACTION: &str = "ActionId";
const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// An id of 18 characters is one of 15, with three behind it that make up for those who ignore case.
const LONG_ID: usize = 18;
const SHORT_ID: usize = 15;

/// See the module.
pub(super) struct Salesforce;

#[async_trait]
impl Provider for Salesforce {
    fn names(&self) -> &'static [&'static str] {
        &["sfsoap", "salesforce"]
    }

    fn class(&self) -> &'static str {
        "SalesforceSoapWebHookReceiver"
    }

    fn secret_length(&self) -> RangeInclusive<usize> {
        SHORT_ID..=LONG_ID
    }

    fn requires_https(&self) -> bool {
        true
    }

    /// A message has no more than a hundred notifications.
    fn max_body(&self) -> usize {
        1024 * 1024
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let secrets = incoming.secrets()?.iter();
        let secrets: Vec<SecretString> =
            secrets.map(|secret| short(secret.expose_secret()).into_owned().into()).collect();
        let message = message(incoming.request)?;
        if mac::is_one_of(&secrets, &short(message.text_of(ORGANIZATION))) {
            return Ok(Verified::Genuine);
        }
        Err(refused(
            RefusalKind::Mismatch,
            format!(
                "The '{ORGANIZATION}' parameter provided in the HTTP request did not match the expected value."
            ),
        ))
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let message = message(request)?;
        let action = message.text_of(ACTION);
        if action.is_empty() {
            let missing = body::missing(ACTION);
            return Err(refused(missing.kind, missing.message));
        }
        let ids = message.children_named("Notification").map(|one| one.text_of("Id"));
        let ids: Option<Vec<_>> = ids.map(|id| (!id.is_empty()).then_some(id)).collect();
        let body = hex::encode(Sha256::digest(&request.body));
        let key = ids.map(|ids| format!("{} {body}", ids.join(" ")));
        let data = Data::Json(data(&message));
        Ok(Reading::Webhook(Notification::new([action], data).named(key)))
    }

    /// An acknowledgement, unless a handler set something else: XML goes as it is, and what failed is
    /// a fault.
    fn answer(&self, response: Option<Answer>) -> Answer {
        let Some(response) = response else {
            return acknowledgement(StatusCode::OK);
        };
        let status = response.status();
        if body::are_of_xml(response.headers()) {
            return response;
        }
        if status.is_success() {
            return acknowledgement(status);
        }
        let reason = status.canonical_reason().unwrap_or_default();
        fault(&format!("Handler's status: {}, '{reason}'.", status.as_u16()))
    }

    /// Puts the secret into the body, in the place of the organization that is there.
    fn sign(&self, mut draft: Draft) -> Result<Request, Unsignable> {
        let text = std::str::from_utf8(&draft.body).ok();
        let parts = text.and_then(|text| {
            let (head, rest) = text.split_once("<OrganizationId>")?;
            let (_, tail) = rest.split_once("</OrganizationId>")?;
            Some((head, tail))
        });
        let (head, tail) = parts
            .ok_or_else(|| Unsignable(format!("The body has no element '{ORGANIZATION}'.")))?;
        let organization = escape(draft.secret.expose_secret());
        draft.body = format!("{head}<{ORGANIZATION}>{organization}</{ORGANIZATION}>{tail}").into();
        Ok(draft.to_request(CONTENT_TYPE)?.with("soapaction", "\"\""))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>00D000000000000EAA</OrganizationId><ActionId>04k000000000001AAA</ActionId><Notification><Id>04l000000000001AAA</Id><sObject xsi:type="sf:Lead" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>00Q000000000001AAA</sf:Id><sf:LastName>Lovelace</sf:LastName></sObject></Notification></notifications></soapenv:Body></soapenv:Envelope>"#,
            content_type: CONTENT_TYPE,
            event: None,
        }
    }
}

/// The message within the envelope; an empty one when there is none, which has no organization either.
fn message(request: &Request) -> Result<Element, Refusal> {
    let mut envelope = body::xml(request)?;
    let body = envelope.children.iter_mut().find(|child| child.name == "Body");
    let messages = body.map(|body| std::mem::take(&mut body.children)).unwrap_or_default();
    Ok(messages.into_iter().find(|child| child.name == "notifications").unwrap_or_default())
}

fn short(id: &str) -> Cow<'_, str> {
    if id.chars().count() == LONG_ID { id.chars().take(SHORT_ID).collect() } else { id.into() }
}

/// What the message says, under the names of the ASP.NET library.
fn data(message: &Element) -> Value {
    let notifications: Vec<Value> =
        message.children_named("Notification").map(notification).collect();
    json!({
        ORGANIZATION: message.text_of(ORGANIZATION),
        ACTION: message.text_of(ACTION),
        "SessionId": message.text_of("SessionId"),
        "EnterpriseUrl": message.text_of("EnterpriseUrl"),
        "PartnerUrl": message.text_of("PartnerUrl"),
        "Notifications": notifications,
    })
}

/// The fields of the object, and two that begin with an underscore, which no field of theirs does.
fn notification(notification: &Element) -> Value {
    let object = notification.child("sObject");
    let mut fields = object.map(fields).unwrap_or_default();
    let kind = object.and_then(|object| object.kind.as_deref()).unwrap_or_default();
    let kind = kind.rsplit(':').next().unwrap_or_default();
    fields.insert("_NotificationId".into(), notification.text_of("Id").into());
    fields.insert("_NotificationType".into(), kind.into());
    Value::Object(fields)
}

/// The fields of an object; a compound one is an object itself.
fn fields(object: &Element) -> Map<String, Value> {
    let value = |field: &Element| {
        if field.children.is_empty() {
            Value::from(field.text.as_str())
        } else {
            Value::Object(fields(field))
        }
    };
    object.children.iter().map(|field| (field.name.clone(), value(field))).collect()
}

fn refused(kind: RefusalKind, message: String) -> Refusal {
    let refusal = Refusal::new(kind, message);
    let answer = fault(&refusal.message);
    refusal.answered(answer)
}

fn acknowledgement(status: StatusCode) -> Answer {
    let body = "<notificationsResponse xmlns=\"http://soap.sforce.com/2005/09/outbound\"><Ack>true</Ack></notificationsResponse>";
    answer::xml(status, envelope(body))
}

fn fault(message: &str) -> Answer {
    let body = format!(
        "<soapenv:Fault><faultcode>soapenv:Client</faultcode><faultstring>{}</faultstring><detail /></soapenv:Fault>",
        escape(message)
    );
    answer::xml(StatusCode::BAD_REQUEST, envelope(&body))
}

fn envelope(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )
}
