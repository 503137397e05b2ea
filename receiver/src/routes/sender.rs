//! What the sender of a request knows about it.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::request::Parts;
use postrider_runtime::RequestOrigin;
use url::Url;

use super::HttpSettings;

/// Headers by which a request shows that it came through a proxy or a tunnel.
const FORWARDED: [&str; 4] = ["forwarded", "via", "x-forwarded-for", "x-forwarded-proto"];

/// The URL that a request was sent to, and whether nobody could listen on the way. `None` when it names
/// no host and no public URL is configured.
pub(super) fn url_of(settings: &HttpSettings, parts: &Parts) -> Option<(Url, bool)> {
    let (public_url, proxies) = (settings.public_url.as_ref(), &settings.trusted_proxies);
    let origin =
        RequestOrigin::of(public_url, proxies, &parts.extensions, &parts.headers, &parts.uri);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = origin.absolute(path).parse().ok()?;
    Some((url, is_secure(settings, parts)))
}

/// The proxies that are named say how a request came to them, and nobody else's word is taken. Without
/// any, the public URL is all that is known; and without that, what comes from this machine needs no
/// TLS, unless it shows that it was passed on.
fn is_secure(settings: &HttpSettings, parts: &Parts) -> bool {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(peer)| peer.ip().to_canonical());
    let forwarded = FORWARDED.iter().any(|name| parts.headers.contains_key(*name));
    let local = peer.is_some_and(|peer| peer.is_loopback()) && !forwarded;
    let (proxies, public_url) = (&settings.trusted_proxies, &settings.public_url);
    if !proxies.is_empty() {
        let trusted = |peer| proxies.iter().any(|network| network.contains(&peer));
        return peer.is_some_and(trusted) && last_scheme(parts) == Some("https");
    }
    public_url.as_ref().map_or(local, |url| url.scheme() == "https")
}

/// What the nearest proxy says.
fn last_scheme(parts: &Parts) -> Option<&str> {
    let mut values = parts.headers.get_all("x-forwarded-proto").iter();
    values.next_back()?.to_str().ok()?.rsplit(',').next().map(str::trim)
}
