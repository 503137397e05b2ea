//! Whether a request comes from our own pages. A browser sends its cookies along whoever made it send a
//! request, and `SameSite` knows nothing of neighbours in the same domain.

use http::header::ORIGIN;
use http::{Extensions, HeaderMap, Uri};
use postrider_runtime::RequestOrigin;
use url::Url;

use crate::error::{ApiError, Code};

/// Refuses what did not come from a page of this origin, or from the visitor's own hand.
///
/// A browser says where a request comes from in `Sec-Fetch-Site`; an old one, or one that came by http,
/// in `Origin`. Who says nothing is no browser and has no use for a cookie.
pub(crate) fn require_same_origin(
    origin: &RequestOrigin,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<(), ApiError> {
    let same = match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin" || site == "none",
        None => headers.get(ORIGIN).and_then(|page| page.to_str().ok()).is_some_and(|page| {
            is_origin_of(page, origin) || is_origin_of(page, &as_asked(headers, uri))
        }),
    };
    if same {
        return Ok(());
    }
    Err(ApiError::new(Code::CrossSite)
        .detail("with a session, what changes something has to come from a page of this origin"))
}

/// The origin by the request's own words, whatever the configuration calls it: a page that was opened
/// under another address of this process is ours as well.
fn as_asked(headers: &HeaderMap, uri: &Uri) -> RequestOrigin {
    RequestOrigin::of(None, &[], &Extensions::new(), headers, uri)
}

fn is_origin_of(page: &str, origin: &RequestOrigin) -> bool {
    Url::parse(&origin.absolute("/")).is_ok_and(|own| own.origin().ascii_serialization() == page)
}

#[cfg(test)]
mod tests {

    use super::*;

    fn is_ours(public_url: Option<&str>, headers: &[(&str, &str)]) -> bool {
        let mut request = http::Request::builder().method("POST").uri("/api/v1/session");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let public_url = public_url.map(|url| url.parse().unwrap());
        let (headers, uri) = (request.headers(), request.uri());
        let origin = RequestOrigin::of(public_url.as_ref(), &[], &Extensions::new(), headers, uri);
        require_same_origin(&origin, headers, uri).is_ok()
    }

    #[test]
    fn what_the_browser_says_of_the_site_decides() {
        for (site, ours) in
            [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)]
        {
            let headers = [("sec-fetch-site", site), ("host", "hooks.example:8080")];
            assert_eq!(is_ours(None, &headers), ours, "{site}");
            // Whatever the origin says.
            let with_origin = [headers[0], headers[1], ("origin", "http://hooks.example:8080")];
            assert_eq!(is_ours(None, &with_origin), ours, "{site}");
        }
    }

    #[test]
    fn without_it_the_origin_has_to_be_our_own() {
        let host = ("host", "hooks.example:8080");
        for (page, ours) in [
            ("http://hooks.example:8080", true),
            ("http://hooks.example", false),
            ("https://hooks.example:8080", false),
            ("http://evil.example", false),
            ("http://hooks.example:8080.evil.example", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(is_ours(None, &[host, ("origin", page)]), ours, "{page}");
        }
        let public = Some("https://public.example/base/");
        assert!(is_ours(public, &[host, ("origin", "https://public.example")]));
        assert!(is_ours(public, &[host, ("origin", "http://hooks.example:8080")]));
        assert!(!is_ours(public, &[host, ("origin", "https://evil.example")]));
    }

    #[test]
    fn who_says_nothing_is_refused() {
        assert!(!is_ours(None, &[("host", "hooks.example:8080")]));
        assert!(!is_ours(None, &[("origin", "null")]));
    }
}
