//! From a claimed delivery to the request that is posted.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use postrider_domain::ports::Claimed;
use postrider_domain::{Registration, Timestamp};
use postrider_wire::{aspnet, standard};
use url::Url;

const ASPNET_SIGNATURE: HeaderName = HeaderName::from_static(aspnet::SIGNATURE_HEADER);
const ASPNET_PREVIOUS_SIGNATURE: HeaderName =
    HeaderName::from_static(aspnet::PREVIOUS_SIGNATURE_HEADER);
const STANDARD_ID: HeaderName = HeaderName::from_static(standard::ID_HEADER);
const STANDARD_TIMESTAMP: HeaderName = HeaderName::from_static(standard::TIMESTAMP_HEADER);
const STANDARD_SIGNATURE: HeaderName = HeaderName::from_static(standard::SIGNATURE_HEADER);
/// The headers that a request can have besides those of its registration.
const OWN_HEADERS: usize = 6;

/// A request that is ready to be posted.
pub(crate) struct Request {
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// Makes the request of attempt `number`, signed at `now`: a signature that is as old as the
    /// first attempt would be refused by receivers that check its age.
    pub(crate) fn new(claimed: &Claimed, number: u16, now: Timestamp) -> Self {
        let Claimed { delivery, event, registration, .. } = claimed;
        let body = aspnet::body(*delivery, number, registration, std::slice::from_ref(event));
        let id = delivery.to_string();
        let timestamp = now.as_seconds();
        let secret = &registration.secret;

        let mut headers =
            HeaderMap::with_capacity(OWN_HEADERS + registration.headers.iter().count());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(aspnet::CONTENT_TYPE));
        headers.insert(ASPNET_SIGNATURE, value(&aspnet::signature(secret, &body)));
        let mut signatures = standard::signature(secret, &id, timestamp, &body);
        // While a rotation lasts both secrets sign, so that the receiver may switch at any moment.
        if let Some(previous) = registration.previous_secret_at(now) {
            headers.insert(ASPNET_PREVIOUS_SIGNATURE, value(&aspnet::signature(previous, &body)));
            signatures.push(' ');
            signatures.push_str(&standard::signature(previous, &id, timestamp, &body));
        }
        headers.insert(STANDARD_SIGNATURE, value(&signatures));
        headers.insert(STANDARD_ID, value(&id));
        headers.insert(STANDARD_TIMESTAMP, timestamp.into());
        add_registered(&mut headers, registration);
        Self { url: registration.uri.url().clone(), headers, body }
    }
}

/// Adds the registration's own headers. None of them can replace one of ours: those are reserved.
fn add_registered(headers: &mut HeaderMap, registration: &Registration) {
    for (name, text) in registration.headers.iter() {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("checked when it was registered");
        let mut value = value(text);
        // It may be a credential: HTTP/2 must not keep it in a compression table.
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("ids and signatures are ASCII, the rest was checked")
}
