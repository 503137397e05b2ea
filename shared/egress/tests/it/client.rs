//! The client: the guard cannot be walked around.

use std::process::Stdio;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use postrider_domain::FailureCause;
use postrider_egress::{ClientSettings, EgressConfig, Guard, GuardedClient, Response, SendError};

use crate::lookup::Names;
use crate::server::Server;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";

const NAMES: &[(&str, &[&str])] = &[
    ("inside.example", &["127.0.0.1"]),
    ("both.example", &["10.255.255.1", "127.0.0.1"]),
    ("nowhere.example", &[]),
];

fn client(allow: &[&str]) -> GuardedClient {
    let allow = allow.iter().map(|net| net.parse().unwrap()).collect();
    let config = EgressConfig { allow, allow_http: true, ..EgressConfig::default() };
    Arc::new(Guard::with_lookup(&config, Arc::new(Names::new(NAMES))))
        .client(ClientSettings::default())
}

async fn post(client: &GuardedClient, url: &str) -> Result<Response, SendError> {
    client.post(url.parse().unwrap(), HeaderMap::new(), Bytes::from_static(b"{}")).await
}

async fn cause(client: &GuardedClient, url: &str) -> FailureCause {
    match post(client, url).await {
        Ok(answer) => panic!("`{url}` was answered with {}", answer.status()),
        Err(error) => error.cause,
    }
}

#[tokio::test]
async fn a_request_to_a_forbidden_literal_never_leaves() {
    let server = Server::start(OK).await;
    let port = server.address.port();
    for host in ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "0", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{port}/");
        assert_eq!(cause(&client(&[]), &url).await, FailureCause::Blocked, "{host}");
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_request_to_a_name_with_only_forbidden_addresses_never_leaves() {
    let server = Server::start(OK).await;
    let url = format!("http://inside.example:{}/", server.address.port());
    assert_eq!(cause(&client(&[]), &url).await, FailureCause::Blocked);
    assert_eq!(server.requests(), 0);

    assert_eq!(post(&client(&["127.0.0.0/8"]), &url).await.unwrap().status(), 200);
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn only_the_allowed_addresses_of_a_name_are_connected_to() {
    let server = Server::start(OK).await;
    let url = format!("http://both.example:{}/", server.address.port());
    assert_eq!(post(&client(&["127.0.0.1/32"]), &url).await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_systems_own_resolver_is_guarded_too() {
    let server = Server::start(OK).await;
    let url = format!("http://localhost:{}/", server.address.port());
    let config = EgressConfig { allow: Vec::new(), allow_http: true, ..EgressConfig::default() };
    let client = Arc::new(Guard::new(&config)).client(ClientSettings::default());
    assert_eq!(cause(&client, &url).await, FailureCause::Blocked);

    let config = EgressConfig {
        allow: vec!["127.0.0.0/8".parse().unwrap()],
        allow_http: true,
        ..EgressConfig::default()
    };
    let client = Arc::new(Guard::new(&config)).client(ClientSettings::default());
    assert_eq!(post(&client, &url).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let target = Server::start(OK).await;
    let places = [format!("http://{}/", target.address), "http://169.254.169.254/".to_owned()];
    for (status, place) in [301, 302, 303, 307, 308]
        .into_iter()
        .flat_map(|status| places.iter().map(move |place| (status, place)))
    {
        let reply =
            format!("HTTP/1.1 {status} Moved\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n");
        let redirecting = Server::start(reply.leak()).await;
        let url = format!("http://{}/", redirecting.address);
        assert_eq!(post(&client(&["127.0.0.0/8"]), &url).await.unwrap().status(), status);
    }
    assert_eq!(target.requests(), 0);
}

#[tokio::test]
async fn a_name_without_addresses_is_a_failure_to_connect_and_an_unknown_one_of_dns() {
    let client = client(&[]);
    assert_eq!(cause(&client, "https://nowhere.example/").await, FailureCause::Connect);
    assert_eq!(cause(&client, "https://unknown.example/").await, FailureCause::Dns);
}

#[tokio::test]
async fn an_answer_that_is_not_tls_is_a_failure_of_tls() {
    let server = Server::start(OK).await;
    let url = format!("https://{}/", server.address);
    assert_eq!(cause(&client(&["127.0.0.0/8"]), &url).await, FailureCause::Tls);
}

#[tokio::test]
async fn a_handshake_that_is_broken_off_is_a_failure_of_tls() {
    let server = Server::start("").await;
    let url = format!("https://{}/", server.address);
    assert_eq!(cause(&client(&["127.0.0.0/8"]), &url).await, FailureCause::Tls);
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_a_failure_of_the_protocol() {
    let server = Server::start("SSH-2.0-OpenSSH_9.2\r\n\r\n").await;
    let url = format!("http://{}/", server.address);
    assert_eq!(cause(&client(&["127.0.0.0/8"]), &url).await, FailureCause::Protocol);
}

#[tokio::test]
async fn the_explanation_of_a_failure_holds_no_url() {
    let server = Server::start("").await;
    let url = format!("http://{}/s3cr3t?code=s3cr3t", server.address);
    let error = post(&client(&["127.0.0.0/8"]), &url).await.err().unwrap();
    assert_eq!(error.cause, FailureCause::Reset);
    assert!(
        !error.to_string().contains("s3cr3t") && !error.to_string().contains("http:"),
        "{error}"
    );
}

/// The environment of a process cannot be changed while it runs, so the request is made by a second
/// one: this test binary again, limited to the test below.
#[tokio::test]
async fn a_proxy_in_the_environment_is_ignored() {
    let (proxy, target) = (Server::start(OK).await, Server::start(OK).await);
    let proxy_url = format!("http://{}", proxy.address);
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "client::posts_to_the_address_it_is_given", "--ignored"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    {
        child.env(name, &proxy_url);
    }
    child.env_remove("no_proxy").env_remove("NO_PROXY");
    child.env("POSTRIDER_TEST_TARGET", format!("http://{}/", target.address));
    let status = child.stdout(Stdio::null()).kill_on_drop(true).status().await.unwrap();

    assert!(status.success());
    assert_eq!((proxy.requests(), target.requests()), (0, 1));
}

#[tokio::test]
#[ignore = "a part of the test above, which runs it in a process of its own"]
async fn posts_to_the_address_it_is_given() {
    let url = std::env::var_os("POSTRIDER_TEST_TARGET").unwrap().into_string().unwrap();
    assert_eq!(post(&client(&["127.0.0.0/8"]), &url).await.unwrap().status(), 200);
}
