//! Answers that are too slow, too many or too much.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use postrider_domain::FailureCause;
use postrider_egress::{ClientSettings, EgressConfig, Guard, GuardedClient, SendError};
use postrider_testkit::authority::{Authority, Callers};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::connections::{client, exchange, post, trusting};
use crate::receiver::{NAME, Receiver, ok};
use crate::server::Server;

fn hasty_client() -> GuardedClient {
    let config = EgressConfig {
        allow: vec!["127.0.0.1/32".parse().unwrap()],
        allow_http: true,
        ..EgressConfig::default()
    };
    let settings =
        ClientSettings { timeout: Duration::from_millis(300), ..ClientSettings::default() };
    Arc::new(Guard::new(&config)).client(settings)
}

/// Answers one request with a body without end: a byte at each `interval`, or without pause.
async fn endless(interval: Option<Duration>) -> (String, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let task = TaskTracker::new().spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        let mut next: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";
        while stream.write_all(next).await.is_ok() {
            match interval {
                Some(interval) => {
                    tokio::time::sleep(interval).await;
                    next = b".";
                }
                None => next = &[b'.'; 8 * 1024],
            }
        }
    });
    (url, AbortOnDropHandle::new(task))
}

async fn assert_cut_off(interval: Option<Duration>) {
    let (url, _server) = endless(interval).await;
    let mut answer = post(&hasty_client(), &url).await.unwrap();
    let error = loop {
        match answer.chunk().await {
            Ok(piece) => assert!(piece.is_some(), "the body has no end"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.cause, FailureCause::Timeout);
    assert_eq!(error.timings, answer.timings());
    assert!(error.timings.first_byte.is_some());
}

#[tokio::test]
async fn a_body_that_drips_is_cut_off_at_the_deadline() {
    assert_cut_off(Some(Duration::from_millis(10))).await;
}

#[tokio::test]
async fn a_body_that_floods_is_cut_off_at_the_deadline() {
    assert_cut_off(None).await;
}

#[tokio::test]
async fn an_answer_that_never_begins_is_a_timeout_that_tells_of_the_connection() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let error = exchange(&hasty_client(), &url).await.unwrap_err();
    assert_eq!(error.cause, FailureCause::Timeout);
    assert!(error.timings.connect.is_some() && error.timings.first_byte.is_none(), "{error:?}");
}

#[tokio::test]
async fn a_body_that_ends_before_its_length_is_a_reset() {
    for body in ["content-length: 10\r\n\r\nhalf", "transfer-encoding: chunked\r\n\r\na\r\nhalf"] {
        let server = Server::start(format!("HTTP/1.1 200 OK\r\n{body}").leak()).await;
        let error = exchange(&client(), &format!("http://{}/", server.address)).await.unwrap_err();
        assert_eq!(error.cause, FailureCause::Reset, "{body}: {error}");
        assert!(error.timings.first_byte.is_some());
    }
}

#[tokio::test]
async fn a_body_whose_chunks_are_none_is_a_failure_of_the_protocol() {
    let reply = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nhalf\r\n";
    let server = Server::start(reply).await;
    let error = exchange(&client(), &format!("http://{}/", server.address)).await.unwrap_err();
    assert_eq!(error.cause, FailureCause::Protocol, "{error}");
}

fn assert_head_refused(error: &SendError) {
    assert_eq!(error.cause, FailureCause::Protocol, "{error}");
    assert!(error.detail.contains("too many headers or too long ones"), "{error}");
}

#[tokio::test]
async fn ten_thousand_headers_are_refused() {
    let headers = "x: y\r\n".repeat(10_000);
    let server = Server::start(format!("HTTP/1.1 200 OK\r\n{headers}\r\n").leak()).await;
    let error = exchange(&client(), &format!("http://{}/", server.address)).await.unwrap_err();
    assert_head_refused(&error);
}

#[tokio::test]
async fn a_header_that_never_ends_is_refused() {
    let value = "y".repeat(100 * 1024);
    let server = Server::start(format!("HTTP/1.1 200 OK\r\nx: {value}\r\n\r\n").leak()).await;
    let error = exchange(&client(), &format!("http://{}/", server.address)).await.unwrap_err();
    assert_head_refused(&error);
}

#[tokio::test]
async fn a_hundred_headers_are_taken() {
    let headers = "x: y\r\n".repeat(99);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{headers}\r\n");
    let server = Server::start(head.leak()).await;
    let answer = post(&client(), &format!("http://{}/", server.address)).await.unwrap();
    assert_eq!(answer.headers().len(), 100);
}

#[tokio::test]
async fn a_hundred_and_one_headers_are_refused_and_so_are_fewer_long_ones() {
    for headers in ["x: y\r\n".repeat(100), format!("x: {}\r\n", "y".repeat(2048)).repeat(50)] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{headers}\r\n");
        let server = Server::start(head.leak()).await;
        let error = exchange(&client(), &format!("http://{}/", server.address)).await.unwrap_err();
        assert_head_refused(&error);
    }
}

#[tokio::test]
async fn a_large_request_is_sent_whole() {
    let receiver = Receiver::plain(ok).await;
    let url = format!("http://{}/?a=b#part", receiver.address).parse().unwrap();
    let body = Bytes::from(vec![b'x'; 1024 * 1024]);
    client().post(url, HeaderMap::new(), body).await.unwrap();
    assert_eq!(receiver.seen()[0].body, 1024 * 1024);
}

#[tokio::test]
async fn an_encrypted_connection_that_ends_without_an_answer_is_a_reset_too() {
    let authority = Authority::new("authority");
    let acceptor = TlsAcceptor::from(Arc::new(authority.server(NAME, Callers::Anybody)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{NAME}:{}/", listener.local_addr().unwrap().port());
    let task = TaskTracker::new().spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut tls = acceptor.accept(tcp).await.unwrap();
        // Dropped with no more ado when the request is there, as by a process that is killed.
        assert!(tls.read(&mut [0; 1024]).await.unwrap() > 0);
    });
    let _server = AbortOnDropHandle::new(task);
    let error = exchange(&trusting(&authority), &url).await.unwrap_err();
    assert_eq!(error.cause, FailureCause::Reset, "{error}");
    assert!(error.timings.tls.is_some() && error.timings.first_byte.is_none(), "{error:?}");
}
