//! Requests of every kind: those that are nearly right, and those that are nothing at all.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use postrider_receiver::{Provider, Request};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::kit::{NOW, PROVIDERS, url};

/// Every header that a provider reads.
const HEADERS: &[&str] = &[
    "authorization",
    "content-type",
    "ms-signature",
    "ms-signature-previous",
    "paypal-auth-algo",
    "paypal-cert-url",
    "paypal-transmission-id",
    "paypal-transmission-sig",
    "paypal-transmission-time",
    "stripe-signature",
    "svix-id",
    "svix-signature",
    "svix-timestamp",
    "webhook-event",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
    "x-dropbox-signature",
    "x-event-key",
    "x-github-delivery",
    "x-github-event",
    "x-hook-uuid",
    "x-hub-signature",
    "x-hub-signature-256",
    "x-pusher-key",
    "x-pusher-signature",
    "x-request-id",
    "x-request-uuid",
    "x-shopify-event-id",
    "x-shopify-hmac-sha256",
    "x-shopify-topic",
    "x-shopify-webhook-id",
    "x-slack-request-timestamp",
    "x-slack-signature",
    "x-trello-webhook",
    "x-wc-webhook-delivery-id",
    "x-wc-webhook-signature",
    "x-wc-webhook-topic",
    "x-zendesk-webhook-invocation-id",
    "x-zendesk-webhook-signature",
    "x-zendesk-webhook-signature-timestamp",
];

/// Every parameter that a provider reads.
const PARAMETERS: &[&str] = &[
    "code",
    "echo",
    "challenge",
    "hub.mode",
    "hub.challenge",
    "hub.verify_token",
    "validationToken",
    "action",
];

const TYPES: &[&str] = &[
    "application/json",
    "application/json; charset=utf-8",
    "application/x-www-form-urlencoded",
    "text/xml; charset=utf-8",
    "application/soap+xml",
    "application/cloudevents+json",
    "TEXT/JSON",
    "multipart/form-data",
    "json",
    "/",
    ";",
];

/// What documents are made of; a few of them make nearly one.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "'",
    "\\",
    "\\u0000",
    "\\ud800",
    "//",
    "/*",
    "*/",
    "null",
    "true",
    "-",
    "+",
    "0",
    "1e999",
    "1e-999",
    "Infinity",
    "0x1",
    "9007199254740993",
    "\"a\":",
    "{\"value\":[",
    "\"clientState\":",
    "\"Notifications\":",
    "\"events\":[",
    "\"id\":",
    "\"type\":",
    "a=b&",
    "&",
    "=",
    "%",
    "%00",
    "%zz",
    "+",
    "token=",
    "payload=",
    "ssl_check=1&",
    "command=%2Fx&",
    "webhook_id=1",
    "<",
    ">",
    "</",
    "/>",
    "<a>",
    "</a>",
    "<a b='c'/>",
    "&amp;",
    "&x;",
    "&#0;",
    "&#x110000;",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "<?xml version=\"1.0\"?>",
    "<soapenv:Envelope xmlns:soapenv=\"x\"><soapenv:Body><notifications>",
    "<OrganizationId>",
    "</OrganizationId>",
    "<Notification>",
    "<sObject xsi:type='sf:Lead'>",
    "\u{feff}",
    "\u{0}",
    "é",
];

/// One of the providers.
pub(crate) fn provider() -> impl Strategy<Value = &'static dyn Provider> {
    select(PROVIDERS.iter().map(|provider| &**provider).collect::<Vec<_>>())
}

/// A request to `provider` that nobody signed.
pub(crate) fn stray(provider: &'static dyn Provider) -> impl Strategy<Value = Request> {
    let methods =
        vec![Method::POST, Method::POST, Method::POST, Method::GET, Method::HEAD, Method::PUT];
    let content_type = prop_oneof![
        4 => Just(provider.sample().content_type.as_bytes().to_vec()),
        2 => select(TYPES).prop_map(|text| text.as_bytes().to_vec()),
        1 => value(),
    ];
    let headers = vec((select(HEADERS), value()), 0..8);
    (select(methods), query(), content_type, headers, body(provider)).prop_map(
        move |(method, query, content_type, headers, body)| {
            let mut url = url(provider);
            url.set_query(query.as_deref());
            let mut request = Request::new(method, url, Bytes::from(body));
            let content_type = (header::CONTENT_TYPE.as_str(), content_type);
            for (name, value) in std::iter::once(content_type).chain(headers) {
                if let Ok(value) = HeaderValue::from_bytes(&value) {
                    request.headers.append(HeaderName::from_static(name), value);
                }
            }
            request
        },
    )
}

fn query() -> impl Strategy<Value = Option<String>> {
    let pair =
        (select(PARAMETERS), "[ -~é]{0,12}").prop_map(|(name, value)| format!("{name}={value}"));
    prop_oneof![
        3 => Just(None),
        3 => vec(pair, 1..4).prop_map(|pairs| Some(pairs.join("&"))),
        1 => any::<String>().prop_map(Some),
    ]
}

/// The value of a header: one that a provider might send, or any.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let prefix =
        select(&["", "sha1=", "sha256=", "SHA256 = ", "v0=", "v1,", "v1a,", "v1=", "Basic "][..]);
    let signature = prop_oneof!["[0-9a-fA-F]{0,66}", "[A-Za-z0-9+/_-]{0,90}={0,3}", "[ -~]{0,30}",];
    let time = prop_oneof![
        Just(NOW.to_string()),
        any::<i64>().prop_map(|time| time.to_string()),
        Just("2023-11-14T22:13:20Z".to_owned()),
        Just("-292277022657-01-27T08:29:52Z".to_owned()),
    ];
    prop_oneof![
        4 => (prefix, signature.clone()).prop_map(|(prefix, text)| format!("{prefix}{text}").into_bytes()),
        2 => time.clone().prop_map(String::into_bytes),
        1 => (time, vec(signature, 0..20)).prop_map(|(time, all)| {
            format!("t={time},v1={}", all.join(",v1=")).into_bytes()
        }),
        1 => Just(b"https://api.paypal.com/v1/notifications/certs/CERT-1".to_vec()),
        1 => Just(b"SHA256withRSA".to_vec()),
        1 => vec(any::<u8>(), 0..40),
    ]
}

/// A body: the provider's sample with changes, pieces in any order, one piece very often, or any bytes.
pub(crate) fn body(provider: &'static dyn Provider) -> impl Strategy<Value = Vec<u8>> {
    let sample = provider.sample().body.as_bytes();
    prop_oneof![
        4 => mutated(sample),
        3 => vec(select(PIECES), 0..40).prop_map(|pieces| pieces.concat().into_bytes()),
        2 => (select(PIECES), 0..3_000_usize, select(PIECES))
            .prop_map(|(piece, times, end)| (piece.repeat(times) + end).into_bytes()),
        1 => nested(),
        1 => vec(any::<u8>(), 0..200),
    ]
}

/// A document that is well-formed, and too deep or nearly so.
fn nested() -> impl Strategy<Value = Vec<u8>> {
    let pairs = select(&[("[", "]"), ("{\"a\":", "}"), ("{a:", "}"), ("<a>", "</a>")][..]);
    (pairs, prop_oneof![0..40_usize, 100..140_usize, 1_000..5_000_usize]).prop_map(
        |((open, close), depth)| {
            [open.repeat(depth), "1".into(), close.repeat(depth)].concat().into_bytes()
        },
    )
}

/// A text with a few changes.
pub(crate) fn mutated(text: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0..5_u8, any::<u8>(), select(PIECES));
    vec(change, 0..6).prop_map(move |changes| {
        let mut text = text.to_vec();
        for (index, kind, byte, piece) in changes {
            let at = index.index(text.len() + 1);
            let end = (at + usize::from(byte)).min(text.len());
            match kind {
                0 => text.insert(at, byte),
                1 => text.truncate(at),
                2 => drop(text.drain(at..end)),
                3 => drop(text.splice(at..at, piece.bytes())),
                _ => text.extend_from_within(at..end),
            }
        }
        text
    })
}
