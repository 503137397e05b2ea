//! What the sender of a request knows about it.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::request::Parts;
use postrider_runtime::RequestOrigin;
use url::Url;

use super::HttpSettings;

/// Headers by which a request shows that it came through a proxy or a tunnel.
const FORWARDED: [&str; 4] = ["forwarded", "via", "x-forwarded-for", "x-forwarded-proto"];

/// The URL that a request was sent to, and whether it came from this machine itself. `None` when it
/// names no host and no public URL is configured.
pub(super) fn url_of(settings: &HttpSettings, parts: &Parts) -> Option<(Url, bool)> {
    let (public_url, proxies) = (settings.public_url.as_ref(), &settings.trusted_proxies);
    let origin =
        RequestOrigin::of(public_url, proxies, &parts.extensions, &parts.headers, &parts.uri);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = origin.absolute(path).parse().ok()?;

    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let loopback = peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
    let forwarded = FORWARDED.iter().any(|name| parts.headers.contains_key(*name));
    Some((url, loopback && !forwarded))
}
