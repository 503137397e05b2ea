use axum::http::{HeaderName, HeaderValue};

use super::*;

fn proxies() -> Vec<IpNet> {
    vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()]
}

fn origin(peer: &str, headers: &[(&'static str, &'static str)]) -> RequestOrigin {
    origin_at(None, peer, headers)
}

fn origin_at(
    public_url: Option<&Url>,
    peer: &str,
    headers: &[(&'static str, &'static str)],
) -> RequestOrigin {
    let mut extensions = Extensions::new();
    extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4711)));
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    RequestOrigin::of(public_url, &proxies(), &extensions, &map, &Uri::from_static("/Token"))
}

#[test]
fn only_a_trusted_proxy_is_believed() {
    let forged = [
        ("host", "hooks.example"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "evil.example"),
    ];
    let direct = origin("203.0.113.9", &forged);
    assert_eq!(direct.address, Some("203.0.113.9".parse().unwrap()));
    assert_eq!(direct.absolute("/x"), "http://hooks.example/x");
    let proxied = origin("10.0.0.1", &forged);
    assert_eq!(proxied.address, Some("192.0.2.1".parse().unwrap()));
    assert_eq!(proxied.absolute("/x"), "https://evil.example/x");
}

#[test]
fn the_client_is_the_rightmost_address_that_is_no_trusted_proxy() {
    for (forwarded, client) in [
        ("192.0.2.1", "192.0.2.1"),
        ("198.51.100.7, 192.0.2.1", "192.0.2.1"),
        ("198.51.100.7, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
        ("192.0.2.1:5555", "192.0.2.1"),
        ("[2001:db9::1]:5555, 10.0.0.2", "2001:db9::1"),
        ("[2001:db9::1]", "2001:db9::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        // Nobody but the proxies has been seen.
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("", "10.0.0.1"),
        // What is left of nonsense may be made up.
        ("192.0.2.1, unknown, 10.0.0.2", "10.0.0.2"),
    ] {
        let seen = origin("10.0.0.1", &[("x-forwarded-for", forwarded)]);
        assert_eq!(seen.address, Some(client.parse().unwrap()), "{forwarded}");
    }
    let lines = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "192.0.2.2, 10.0.0.2")];
    let seen = origin("::ffff:10.0.0.1", &lines);
    assert_eq!(seen.address, Some("192.0.2.2".parse().unwrap()));
}

#[test]
fn the_public_url_of_the_configuration_wins() {
    let public_url = Some("https://a.example/base/".parse().unwrap());
    let seen = origin_at(public_url.as_ref(), "10.0.0.1", &[("x-forwarded-host", "b.example")]);
    assert_eq!(seen.absolute("/x"), "https://a.example/base/x");
}

#[test]
fn a_host_that_is_none_is_left_out() {
    for host in ["", "a b", "user@a.example", "a.example/path"] {
        assert_eq!(origin("203.0.113.9", &[("host", host)]).absolute("/x"), "/x", "{host}");
    }
    let uri = Uri::from_static("http://two.example:81/api");
    let seen = RequestOrigin::of(None, &proxies(), &Extensions::new(), &HeaderMap::new(), &uri);
    assert_eq!(seen.absolute("/x"), "http://two.example:81/x");
}
