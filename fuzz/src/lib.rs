//! Receivers with a secret for each provider, and requests made of bytes.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use postrider_domain::{Clock, ReceiverAddress, Timestamp};
use postrider_receiver::{
    Outcome, Provider, ReceiverOptions, Receivers, Reception, Request, SecretTable, Secrets,
    providers,
};

/// What is configured. It is hashed out of nothing that a fuzzer sees, so that it finds it by guessing
/// or not at all.
const SECRET: &str = "kW4Jx0VqYt7LmZ2sRb9PfHc3NdGu8AeT";
const NOW: i64 = 1_700_000_000;

struct At;

impl Clock for At {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(NOW * 1_000_000)
    }
}

static PROVIDERS: LazyLock<Vec<Arc<dyn Provider>>> = LazyLock::new(providers::all);

/// Every receiver, with a usable secret.
pub static RECEIVERS: LazyLock<Receivers> = LazyLock::new(|| {
    let mut table = SecretTable::default();
    for provider in &*PROVIDERS {
        let name = provider.names()[0];
        let secret: String = SECRET.chars().take(*provider.secret_length().end()).collect();
        let secret = if name == "pusher" { format!("app_{}", &secret[4..]) } else { secret };
        table.insert(ReceiverAddress::new(name, ""), [secret.into()]);
    }
    Receivers::new(Arc::new(Secrets::new(table)), Arc::new(At), ReceiverOptions::default())
});

/// The provider of this number.
pub fn provider(number: u8) -> &'static dyn Provider {
    &*PROVIDERS[usize::from(number) % PROVIDERS.len()]
}

/// Where its webhooks come in.
pub fn address(provider: &dyn Provider) -> ReceiverAddress {
    ReceiverAddress::new(provider.names()[0], "")
}

/// A request to it with the media type that it sends.
pub fn with_body(provider: &dyn Provider, body: &[u8]) -> Request {
    let url = format!("https://hooks.example.com/api/webhooks/incoming/{}", address(provider));
    let url = url.parse().expect("the name of a provider fits into a URL");
    let mut request = Request::new(Method::POST, url, Bytes::copy_from_slice(body));
    let content_type = HeaderValue::from_static(provider.sample().content_type);
    request.headers.insert(http::header::CONTENT_TYPE, content_type);
    request
}

/// A request as a text has it: a line with the method and the query, lines of headers, an empty line,
/// the body.
pub fn request(provider: &dyn Provider, text: &[u8]) -> Request {
    let end = text.windows(2).position(|two| two == b"\n\n").unwrap_or(text.len());
    let (head, body) = (&text[..end], text.get(end + 2..).unwrap_or_default());
    let mut request = with_body(provider, body);
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let (method, query) = first.split_once(' ').unwrap_or((&first, ""));
    request.method = method.parse().unwrap_or(Method::POST);
    request.url.set_query((!query.is_empty()).then_some(query));
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            add(&mut request.headers, name, value);
        }
    }
    request
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    // A media type of the fuzzer's own takes the place of the provider's.
    if name == http::header::CONTENT_TYPE {
        headers.insert(name, value);
    } else {
        headers.append(name, value);
    }
}

/// Receives a request; nothing is waited for.
pub fn receive(provider: &dyn Provider, request: Request) -> Reception {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(RECEIVERS.receive(address(provider), request))
}

/// Reads a request without asking who sent it, and looks at what was read.
pub fn read(provider: &dyn Provider, request: Request) {
    let sent = request.body.len() + request.url.as_str().len();
    let Ok(reception) = RECEIVERS.read(address(provider), request) else { return };
    let Outcome::Webhook(webhook) = reception.outcome else { return };
    let json = webhook.notification.data.to_json().to_string();
    assert!(json.len() <= 8 * sent + 4_096, "{} bytes were made of {sent}", json.len());
}
