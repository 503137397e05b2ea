//! What is posted for a delivery: the one place where a request is put together.
//!
//! Headers come from four sides, and a later one replaces an earlier one of the same name: those of
//! the registration, those of the format, the signatures, and `authorization`. Registering refuses
//! the names of the middle two, so that this matters for `authorization` alone.

mod authorization;
mod sent;
mod signing;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use postrider_domain::{
    Credentials, DeliveryId, Event, Invalid, PayloadFormat, Registration, SentRequest, Timestamp,
};
use url::Url;

pub use self::authorization::authenticate;
use crate::{aspnet, cloudevents, form, standard};

/// The header that a replay carries: the number of the replay.
pub const REPLAY_HEADER: &str = "postrider-replay";

/// The most headers that a request has besides those of its registration.
const OWN_HEADERS: usize = 12;

/// An attempt that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Outbound<'a> {
    /// The delivery.
    pub delivery: DeliveryId,
    /// 1 for the first attempt of the delivery.
    pub attempt: u16,
    /// Which replay of the delivery it belongs to; 0 when it was not asked for.
    pub replay: u16,
    /// Where to, and how.
    pub registration: &'a Registration,
    /// What happened: one event, or those of a bundle in their order. Never none.
    pub events: &'a [Event],
}

/// A request that is ready to be posted.
pub struct Request {
    /// Where to.
    pub url: Url,
    /// Its headers, without those that belong to the connection. What may be a credential is marked
    /// sensitive.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Request {
    /// Makes the request, signed at `now`: a signature that is as old as the first attempt would be
    /// refused by receivers that check its age.
    ///
    /// A token of OAuth 2 is not known here; the caller puts it in with [`Request::authorize`].
    ///
    /// # Errors
    /// When a key or a token of the registration is one that [`Request::check`] refuses. It was checked
    /// when it was registered, so only an edit behind the product's back can bring that about. Nothing
    /// is sent without it: a receiver that does not look would be told what it cannot trust. The error
    /// quotes none of it.
    pub fn new(outbound: &Outbound<'_>, now: Timestamp) -> Result<Self, Invalid> {
        let registration = outbound.registration;
        let registered = registration.headers.iter();
        let mut headers = HeaderMap::with_capacity(OWN_HEADERS + registered.size_hint().0);
        add_registered(&mut headers, registration);
        let body = compose(outbound, &mut headers);
        if outbound.replay > 0 {
            headers.insert(HeaderName::from_static(REPLAY_HEADER), outbound.replay.into());
        }
        signing::sign(&mut headers, outbound, &body, now)?;
        authenticate(&mut headers, registration.credentials.authentication.as_ref())?;
        Ok(Self { url: registration.uri.url().clone(), headers, body })
    }

    /// Checks that requests can be made with these credentials: that keys parse, and that tokens can
    /// be sent in a header. To be called before they are stored.
    ///
    /// # Errors
    /// Names what is wrong, and quotes none of it.
    pub fn check(credentials: &Credentials) -> Result<(), Invalid> {
        signing::check(credentials)?;
        credentials.authentication.as_ref().map_or(Ok(()), authorization::check)
    }

    /// Adds `Authorization: Bearer …`, in place of any other.
    ///
    /// # Errors
    /// When no header can carry the token; nothing is changed then. The error quotes none of it.
    pub fn authorize(&mut self, bearer: &str) -> Result<(), Invalid> {
        authorization::insert_bearer(&mut self.headers, bearer)
    }

    /// The request as the record keeps it: without its body, and with nothing in it that proves who
    /// sends it. Signatures are kept: they tell nothing of what they were made with.
    pub fn as_sent(&self) -> SentRequest {
        sent::describe(self)
    }
}

/// Adds the registration's own headers.
fn add_registered(headers: &mut HeaderMap, registration: &Registration) {
    for (name, text) in registration.headers.iter() {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("checked when it was registered");
        let mut value = value(text);
        // It may be a credential: HTTP/2 must not keep it in a compression table.
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

/// Makes the body, and adds the headers that its format prescribes.
fn compose(outbound: &Outbound<'_>, headers: &mut HeaderMap) -> Bytes {
    let &Outbound { delivery, attempt, registration, events, .. } = outbound;
    let (content_type, body) = match (registration.options.format, events) {
        (PayloadFormat::Aspnet, _) => {
            (aspnet::CONTENT_TYPE, aspnet::body(delivery, attempt, registration, events))
        }
        (PayloadFormat::Form, _) => {
            (form::CONTENT_TYPE, form::body(delivery, attempt, registration, events))
        }
        (PayloadFormat::Standard, _) => (standard::CONTENT_TYPE, standard::body(events)),
        (PayloadFormat::CloudEvents, [event]) => {
            (cloudevents::CONTENT_TYPE, cloudevents::encode_event(event))
        }
        (PayloadFormat::CloudEventsBinary, [event]) => {
            for (name, value) in cloudevents::attributes(event) {
                headers.insert(name, value);
            }
            (cloudevents::DATA_CONTENT_TYPE, cloudevents::encode_data(event))
        }
        // Headers are those of one event. A bundle that was formed before its registration changed
        // to binary mode goes as a batch, which every receiver tells by its media type.
        (PayloadFormat::CloudEvents | PayloadFormat::CloudEventsBinary, _) => {
            (cloudevents::BATCH_CONTENT_TYPE, cloudevents::encode_batch(events))
        }
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    body
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("ids and signatures are ASCII, the rest was checked")
}
