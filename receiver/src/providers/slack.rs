//! Slack: HMAC of time and body in `X-Slack-Signature` (`v0`), for events, slash commands and
//! interactions; and for the outgoing webhooks of old, which are not signed, the `token` of the form.
//! Sources: Slack's "verifying requests", "Events API", "slash commands" and "handling user
//! interaction".
//!
//! What handlers answer with, and how they read a command, is in [`crate::slack`].

use std::borrow::Cow;
use std::ops::RangeInclusive;

use async_trait::async_trait;
use http::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use crate::check::mac::{self, Algorithm};
use crate::check::{body, encoding, header};
use crate::provider::{
    Data, Draft, Incoming, Notification, Provider, Reading, Sample, Unsignable, Verified,
};
use crate::{Pairs, Refusal, RefusalKind, Request, answer};

const SIGNATURE: &str = "X-Slack-Signature";
const TIMESTAMP: &str = "X-Slack-Request-Timestamp";
const TOKEN: &str = "token";
/// The text without the word that triggered the webhook, which the ASP.NET library adds to the form.
const SUBTEXT: &str = "subtext";

/// Slack does not repeat what somebody did, and gives each of it an id: what comes twice was copied.
const TRIGGER_ID: &str = "trigger_id";

/// See the module.
pub(super) struct Slack;

#[async_trait]
impl Provider for Slack {
    fn names(&self) -> &'static [&'static str] {
        &["slack"]
    }

    fn class(&self) -> &'static str {
        "SlackWebHookReceiver"
    }

    fn secret_length(&self) -> RangeInclusive<usize> {
        16..=128
    }

    fn requires_https(&self) -> bool {
        true
    }

    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        let request = incoming.request;
        let signed = request.headers.contains_key(SIGNATURE);
        // What is JSON is of today, and always signed.
        if !signed && !body::is_json(request) {
            verify_token(incoming)?;
            return Ok(Verified::Genuine);
        }
        let secrets = incoming.secrets()?;
        let value = header::only_one(request, SIGNATURE)?;
        let claimed = encoding::hex(SIGNATURE, header::prefixed(SIGNATURE, value, "v0")?)?;
        let time = header::only_one(request, TIMESTAMP)?;
        if !Algorithm::Sha256.is_made_with(secrets, &signed_parts(time, &request.body), &claimed) {
            return Err(header::mismatch(SIGNATURE, self));
        }
        incoming.check_time(header::seconds(request, TIMESTAMP)?)?;
        Ok(Verified::Genuine)
    }

    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        if !body::is_form(request) {
            return read_event(body::json_object(request)?);
        }
        let form = body::form(request)?;
        // Slack tries the certificate of the URL from time to time.
        if form.get("ssl_check").as_deref() == Some("1") {
            return Ok(Reading::Answered(answer::empty(StatusCode::OK)));
        }
        let notification = match form.get("payload") {
            Some(payload) => read_interaction(&payload)?,
            None => read_command(form)?,
        };
        Ok(Reading::Webhook(notification))
    }

    fn sign(&self, draft: Draft) -> Result<Request, Unsignable> {
        let key = draft.secret.expose_secret().as_bytes();
        let time = draft.now.as_seconds().to_string();
        let signature = hex::encode(Algorithm::Sha256.sign(key, &signed_parts(&time, &draft.body)));
        Ok(draft
            .to_request(body::JSON)?
            .with("x-slack-request-timestamp", time)
            .with("x-slack-signature", format!("v0={signature}")))
    }

    fn sample(&self) -> Sample {
        Sample {
            body: r#"{"type":"event_callback","team_id":"T123ABC456","event_id":"Ev123ABC456","event_time":1700000000,"event":{"type":"app_mention","user":"U123ABC456","text":"<@U0LAN0Z89> hello","channel":"C123ABC456"}}"#,
            content_type: body::JSON,
            event: None,
        }
    }
}

fn signed_parts<'a>(time: &'a str, body: &'a [u8]) -> [&'a [u8]; 4] {
    [b"v0:", time.as_bytes(), b":", body]
}

/// What is not signed carries the token that Slack gave its receiver.
fn verify_token(incoming: &Incoming<'_>) -> Result<(), Refusal> {
    let form = body::form(incoming.request)?;
    let token = form.get(TOKEN).unwrap_or_default();
    if mac::is_one_of(incoming.secrets()?, &token) {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalKind::Mismatch,
        format!(
            "The '{TOKEN}' parameter provided in the HTTP request did not match the expected value."
        ),
    ))
}

/// Reads what the Events API sends.
fn read_event(data: Map<String, Value>) -> Result<Reading, Refusal> {
    let kind = body::required(data.get("type"), "type")?;
    if kind == "url_verification" {
        let challenge = body::required(data.get("challenge"), "challenge")?;
        return Ok(Reading::Answered(answer::echo(challenge)));
    }
    let action = if kind == "event_callback" {
        body::required(data.get("event").and_then(|event| event.get("type")), "event.type")?
    } else {
        kind
    };
    let id = data.get("event_id").and_then(Value::as_str).map(str::to_owned);
    let data = Data::Json(Value::Object(data));
    Ok(Reading::Webhook(Notification::new([action], data).named(id)))
}

/// Reads what somebody did with a button, a menu or a dialogue.
fn read_interaction(payload: &str) -> Result<Notification, Refusal> {
    let data =
        crate::json::parse(payload.as_bytes()).map_err(|error| body::invalid_json(&error))?;
    let action = body::required(data.get("type"), "type")?;
    let id = data.get(TRIGGER_ID).and_then(Value::as_str).map(str::to_owned);
    Ok(Notification::new([action], Data::Json(data)).named(id))
}

/// Reads a slash command or an outgoing webhook.
fn read_command(form: Pairs) -> Result<Notification, Refusal> {
    let field = |name: &str| form.get(name).filter(|value| !value.is_empty());
    let text = field("text").unwrap_or_default().into_owned();
    let id = field(TRIGGER_ID).map(Cow::into_owned);
    let (action, subtext) = if let Some(trigger) = field("trigger_word") {
        let subtext = subtext(&trigger, &text);
        (trigger.into_owned(), Some(subtext))
    } else if let Some(command) = field("command") {
        (command.into_owned(), None)
    } else {
        (text.clone(), Some(text))
    };
    if action.is_empty() {
        return Err(Refusal::new(
            RefusalKind::Body,
            "The HTTP request body did not contain a required 'command' property indicating a slash command or contained an empty 'trigger_word' parameter indicating an outgoing WebHook.",
        ));
    }
    let form = match subtext {
        None => form,
        Some(subtext) => {
            let mut form = form.without(SUBTEXT);
            form.0.push((SUBTEXT.to_owned(), subtext));
            form
        }
    };
    Ok(Notification::new([action], Data::Form(form)).named(id))
}

/// The text after the word that triggered the webhook, or all of it when it does not begin with it.
pub(super) fn subtext(trigger: &str, text: &str) -> String {
    let mut rest = text.chars();
    let begins = trigger.chars().all(|expected| {
        rest.next().is_some_and(|found| found.to_lowercase().eq(expected.to_lowercase()))
    });
    if begins { rest.as_str().trim().to_owned() } else { text.to_owned() }
}
