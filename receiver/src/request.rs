//! A request as a provider sent it.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use postrider_domain::{HeaderList, ReceivedRequest};
use url::Url;

use crate::Pairs;

/// A whole request to a receiver: all that verification and handlers may look at.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The URL as its sender knows it, query included: behind a proxy or a tunnel not the one that the
    /// server sees.
    pub url: Url,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: Bytes,
    /// Whether nobody could listen on the way: it came by TLS, or from this machine itself.
    pub secure: bool,
}

/// Headers that are never kept: they prove who somebody is.
const CREDENTIALS: [HeaderName; 3] =
    [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION];

/// The parameter that many providers carry their secret in.
pub(crate) const CODE: &str = "code";

impl Request {
    /// A request without headers, as secure as its URL says.
    pub fn new(method: Method, url: Url, body: impl Into<Bytes>) -> Self {
        let secure = url.scheme() == "https";
        Self { method, url, headers: HeaderMap::new(), body: body.into(), secure }
    }

    /// The same request with one more header.
    ///
    /// # Panics
    /// When `value` cannot be the value of a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("the value of a header");
        self.headers.append(name, value);
        self
    }

    /// The parameters of the query.
    pub fn query(&self) -> Pairs {
        Pairs::parse(self.url.query().unwrap_or_default().as_bytes())
    }

    /// The first value of a header, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What of it is kept: without the headers and the parameter that prove who sent it.
    pub fn to_received(&self) -> ReceivedRequest {
        let kept = || self.headers.iter().filter(|(name, _)| !CREDENTIALS.contains(name));
        let bytes = kept().map(|(name, value)| name.as_str().len() + value.len()).sum();
        let mut headers = HeaderList::with_capacity(self.headers.len(), bytes);
        for (name, value) in kept() {
            headers.push(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
        }
        let query = self.query().without(CODE);
        ReceivedRequest {
            method: self.method.to_string(),
            query: query.encode(),
            headers,
            body: self.body.clone(),
        }
    }

    /// The request that was kept, as far as it was. What was no method or header is left out.
    pub fn from_received(received: &ReceivedRequest, mut url: Url) -> Self {
        url.set_query((!received.query.is_empty()).then_some(received.query.as_str()));
        let header = |(name, value)| {
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        };
        Self {
            method: received.method.parse().unwrap_or(Method::POST),
            url,
            headers: received.headers.iter().filter_map(header).collect(),
            body: received.body.clone(),
            secure: true,
        }
    }
}

/// Without what may hold a secret: the query, the headers and the body.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.url.path())
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_has_no_credentials_and_is_read_back_as_it_was() {
        let url: Url = "https://example.com/api/webhooks/incoming/kudu?code=secret&action=a%26b"
            .parse()
            .unwrap();
        let request = Request::new(Method::POST, url.clone(), "{}")
            .with("authorization", "Basic c2VjcmV0")
            .with("cookie", "secret")
            .with("x-event", "a")
            .with("x-event", "b");
        let kept = request.to_received();
        assert_eq!(kept.query, "action=a%26b");
        assert!(!format!("{kept:?}").contains("secret"));

        let again = Request::from_received(&kept, url);
        assert_eq!(again.query().get("ACTION").as_deref(), Some("a&b"));
        assert_eq!(again.headers.get_all("x-event").iter().count(), 2);
        assert_eq!((again.method, again.body), (request.method, request.body));
    }

    #[test]
    fn the_debug_form_of_a_request_shows_no_code_no_header_and_no_body() {
        let url = "https://example.com/api/webhooks/incoming/kudu?code=secret".parse().unwrap();
        let request =
            Request::new(Method::POST, url, "a secret").with("authorization", "Basic secret");
        let expected =
            "Request { method: POST, path: \"/api/webhooks/incoming/kudu\", body: 8 bytes, .. }";
        assert_eq!(format!("{request:?}"), expected);
    }
}
