//! The files beside the document: scripts, styles and pictures.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use super::PageFile;

/// Where the build puts files whose names have a digest of their content: what is found there never
/// changes.
const ASSETS: &str = "assets/";

/// A file, ready to be sent.
#[derive(Debug)]
pub(super) struct File {
    path: &'static str,
    content_type: &'static str,
    cache_control: &'static str,
    /// In every form, the one to be preferred first.
    forms: Vec<Form>,
}

/// A file as it is sent.
#[derive(Debug)]
struct Form {
    /// None for the file itself.
    encoding: Option<&'static str>,
    etag: HeaderValue,
    bytes: Bytes,
}

impl File {
    pub(super) fn new(file: PageFile) -> Self {
        let digest = hex::encode(&Sha256::digest(file.plain)[..16]);
        let form = |encoding: Option<&'static str>, bytes: &'static [u8]| {
            let suffix = encoding.map(|encoding| format!("-{encoding}")).unwrap_or_default();
            let etag = HeaderValue::try_from(format!("\"{digest}{suffix}\""));
            let etag = etag.expect("hexadecimal digits are plain ASCII");
            Form { encoding, etag, bytes: Bytes::from_static(bytes) }
        };
        let forms = [
            file.brotli.map(|bytes| form(Some("br"), bytes)),
            file.gzip.map(|bytes| form(Some("gzip"), bytes)),
            Some(form(None, file.plain)),
        ];
        Self {
            path: file.path,
            content_type: content_type(file.path),
            cache_control: if file.path.starts_with(ASSETS) {
                "public, max-age=31536000, immutable"
            } else {
                "no-cache"
            },
            forms: forms.into_iter().flatten().collect(),
        }
    }

    pub(super) fn path(&self) -> &'static str {
        self.path
    }

    /// Answers a request for it.
    pub(super) fn serve(&self, headers: &HeaderMap) -> Response {
        let accepted = |form: &&Form| form.encoding.is_none_or(|name| accepts(headers, name));
        let form = self.forms.iter().find(accepted).expect("the file itself is always accepted");
        let described = [
            (CACHE_CONTROL, HeaderValue::from_static(self.cache_control)),
            (ETAG, form.etag.clone()),
            (VARY, HeaderValue::from_static("accept-encoding")),
        ];
        if is_known(headers, &form.etag) {
            return (StatusCode::NOT_MODIFIED, described).into_response();
        }
        let content_type = [(CONTENT_TYPE, HeaderValue::from_static(self.content_type))];
        let mut response = (described, content_type, form.bytes.clone()).into_response();
        if let Some(encoding) = form.encoding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }
}

/// The elements of a header that is a list, over all its lines.
fn elements<'a>(
    headers: &'a HeaderMap,
    name: &http::HeaderName,
) -> impl Iterator<Item = &'a str> + use<'a> {
    let lines = headers.get_all(name).iter();
    lines.flat_map(|line| line.to_str().unwrap_or_default().split(',')).map(str::trim)
}

/// Whether a client takes this encoding: it is named, and not with a weight of zero.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    elements(headers, &ACCEPT_ENCODING).any(|element| {
        let (name, weight) = element.split_once(';').unwrap_or((element, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1").trim();
        name.trim().eq_ignore_ascii_case(encoding) && weight.parse().is_ok_and(|q: f32| q > 0.0)
    })
}

/// Whether the client has it already (RFC 9110, section 13.1.2).
fn is_known(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    elements(headers, &IF_NONE_MATCH)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == *etag)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_accepted_when_it_is_named_and_not_with_zero() {
        for (said, accepted) in [
            ("gzip, deflate, br, zstd", true),
            ("BR;q=0.5", true),
            ("gzip;q=1.0, br; q=0.1", true),
            ("gzip, br;q=0", false),
            ("br;q=0.000", false),
            ("br;q=often", false),
            ("gzip", false),
            ("brotli", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, said.parse().unwrap())]);
            assert_eq!(accepts(&headers, "br"), accepted, "{said}");
        }
        assert!(!accepts(&HeaderMap::new(), "gzip"));
    }
}
