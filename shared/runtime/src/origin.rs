//! Where a request came from: the client's address, and the host it asked for.
//!
//! Forwarding headers can be written by anybody, so they are read only when the peer is one of the
//! proxies that the configuration names, and only as far as such proxies wrote them: each adds to the
//! right of what it was sent.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{Extensions, HeaderMap, Uri};
use ipnet::IpNet;
use url::Url;

/// Where a request came from, as far as it can be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestOrigin {
    /// The client's address; none where the listener does not tell.
    pub address: Option<IpAddr>,
    /// How the client reaches this process, without a slash at the end; none when it did not say.
    base: Option<String>,
}

impl RequestOrigin {
    /// Reads it from a request: `public_url` is how everybody reaches this process, if that is
    /// configured, and `trusted` are the proxies that are believed.
    pub fn of(
        public_url: Option<&Url>,
        trusted: &[IpNet],
        extensions: &Extensions,
        headers: &HeaderMap,
        uri: &Uri,
    ) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|ConnectInfo(address)| address.ip().to_canonical());
        let is_trusted = |address| trusted.iter().any(|network| network.contains(&address));
        let proxied = peer.is_some_and(is_trusted);
        let address =
            if proxied { peer.map(|peer| client(peer, headers, is_trusted)) } else { peer };

        let base = match public_url {
            Some(url) => Some(url.as_str().trim_end_matches('/').to_owned()),
            None => asked_for(headers, uri, proxied),
        };
        Self { address, base }
    }

    /// The absolute URL of a path, as the client would write it; the path alone when nobody said how
    /// this process is reached.
    pub fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_deref().unwrap_or_default())
    }
}

/// The nearest address that is not a trusted proxy; what is further to the left, that one may have
/// made up.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: impl Fn(IpAddr) -> bool) -> IpAddr {
    let mut nearest = peer;
    for hop in hops(headers, "x-forwarded-for").rev() {
        let Some(address) = read_address(hop) else { break };
        nearest = address;
        if !trusted(address) {
            break;
        }
    }
    nearest
}

/// An address as proxies write it: with a port or without one, version 6 in brackets or not.
fn read_address(hop: &str) -> Option<IpAddr> {
    let address = hop.parse().or_else(|_| hop.parse().map(|address: SocketAddr| address.ip()));
    let address = address.or_else(|_| hop.trim_matches(['[', ']']).parse());
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// Scheme and host that the client asked for.
fn asked_for(headers: &HeaderMap, uri: &Uri, proxied: bool) -> Option<String> {
    let forwarded = |name| if proxied { hops(headers, name).next_back() } else { None };
    let scheme = forwarded("x-forwarded-proto");
    let scheme = scheme.filter(|scheme| matches!(*scheme, "http" | "https")).unwrap_or("http");
    // HTTP/2 has the host in the request's URI.
    let host = forwarded("x-forwarded-host")
        .or_else(|| uri.authority().map(Authority::as_str))
        .or_else(|| headers.get(HOST)?.to_str().ok())?;
    // Whatever is in there goes into a header and into links.
    let host = host.parse::<Authority>().ok().filter(|host| !host.as_str().contains('@'))?;
    Some(format!("{scheme}://{host}"))
}

/// The entries of a header that is a list, over all its lines.
fn hops<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
) -> impl DoubleEndedIterator<Item = &'a str> + use<'a> {
    let values = headers.get_all(name).iter();
    values.flat_map(|value| value.to_str().unwrap_or_default().split(',')).map(str::trim)
}

#[cfg(test)]
mod tests;
