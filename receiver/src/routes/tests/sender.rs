//! What is known of how a request came in.

use axum::extract::ConnectInfo;

use super::*;

fn to_test(headers: &[(&str, &str)]) -> HttpRequest {
    let mut request = HttpRequest::builder().method(Method::POST).uri(format!("{PATH}/test?a=b"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

/// The URL that the handler was shown.
async fn url_shown(settings: HttpSettings, request: HttpRequest) -> String {
    let recorder = Arc::new(Recorder::default());
    assert_eq!(send(&app(handling(&recorder), settings), request).await.0, StatusCode::OK);
    let seen = recorder.seen.lock().unwrap();
    seen[0].request.url.to_string()
}

#[tokio::test]
async fn behind_a_tunnel_the_url_is_the_one_that_the_sender_knows() {
    let direct = url_shown(HttpSettings::default(), to_test(&[("host", "127.0.0.1:8083")])).await;
    assert_eq!(direct, format!("http://127.0.0.1:8083{PATH}/test?a=b"));

    let public_url = Some("https://hooks.example.com/tunnel/".parse().unwrap());
    let settings = HttpSettings { public_url, ..HttpSettings::default() };
    let tunnelled = url_shown(settings, to_test(&[("host", "127.0.0.1:8083")])).await;
    assert_eq!(tunnelled, format!("https://hooks.example.com/tunnel{PATH}/test?a=b"));
}

#[tokio::test]
async fn only_a_request_from_this_machine_itself_may_do_without_tls() {
    let generic = |peer: &str, more: &[(&str, &str)]| {
        let mut request = HttpRequest::builder()
            .method(Method::POST)
            .uri(format!("{PATH}/genericjson?code={SECRET}"))
            .header("host", "hooks.example.com")
            .header("content-type", "application/json");
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let peer: std::net::SocketAddr = peer.parse().unwrap();
        request.extension(ConnectInfo(peer)).body(Body::from("{}")).unwrap()
    };
    let through_tls = [("x-forwarded-proto", "https")];
    let bare = HttpSettings::default();
    let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let proxied = HttpSettings { trusted_proxies, ..HttpSettings::default() };
    let public_url = Some("https://hooks.example.com".parse().unwrap());
    let public = HttpSettings { public_url: public_url.clone(), ..HttpSettings::default() };
    let both = HttpSettings { public_url, ..proxied.clone() };
    for (settings, request, status) in [
        (&bare, generic("127.0.0.1:9", &[]), StatusCode::OK),
        (&bare, generic("127.0.0.1:9", &[("via", "1.1 tunnel")]), StatusCode::BAD_REQUEST),
        (&bare, generic("192.0.2.1:9", &[]), StatusCode::BAD_REQUEST),
        (&bare, generic("192.0.2.1:9", &through_tls), StatusCode::BAD_REQUEST),
        (&proxied, generic("10.0.0.1:9", &through_tls), StatusCode::OK),
        (&proxied, generic("10.0.0.1:9", &[]), StatusCode::BAD_REQUEST),
        (&proxied, generic("192.0.2.1:9", &through_tls), StatusCode::BAD_REQUEST),
        // A proxy on this machine that says nothing would make everybody local.
        (&proxied, generic("127.0.0.1:9", &[]), StatusCode::BAD_REQUEST),
        (&public, generic("192.0.2.1:9", &[]), StatusCode::OK),
        (&both, generic("192.0.2.1:9", &[]), StatusCode::BAD_REQUEST),
    ] {
        let answer = send(&app(handling(&Arc::default()), settings.clone()), request).await;
        assert_eq!(answer.0, status, "{settings:?}: {}", answer.1);
    }
}
