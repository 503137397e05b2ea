//! Connections: what they are made with, how long that takes, and who gets them again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Version};
use postrider_domain::FailureCause;
use postrider_egress::{
    ClientSettings, EgressConfig, Guard, GuardedClient, Lookup, Response, SendError, Timings,
    TlsIdentity,
};
use postrider_testkit::authority::{Authority, Callers};

use crate::lookup::{Changing, Silent};
use crate::receiver::{HANGING, NAME, Receiver, STREAMS, ok};
use crate::server::Server;

fn client_of(lookup: impl Lookup + 'static, settings: ClientSettings) -> GuardedClient {
    let config = EgressConfig {
        allow: vec!["127.0.0.0/30".parse().unwrap()],
        allow_http: true,
        ..EgressConfig::default()
    };
    Arc::new(Guard::with_lookup(&config, Arc::new(lookup))).client(settings)
}

/// Whose every name is this machine.
pub(crate) fn client() -> GuardedClient {
    client_of(Changing::new(&[&["127.0.0.1"]]), ClientSettings::default())
}

/// The same with `authority` trusted.
pub(crate) fn trusting(authority: &Authority) -> GuardedClient {
    client().with_identity(&TlsIdentity::parse(Some(&authority.pem()), None, None).unwrap())
}

pub(crate) async fn post(client: &GuardedClient, url: &str) -> Result<Response, SendError> {
    client.post(url.parse().unwrap(), HeaderMap::new(), Bytes::from_static(b"{}")).await
}

/// Posts and reads the answer to its end, so that the connection can be used again.
pub(crate) async fn exchange(client: &GuardedClient, url: &str) -> Result<Timings, SendError> {
    let mut answer = post(client, url).await?;
    while answer.chunk().await?.is_some() {}
    Ok(answer.timings())
}

#[tokio::test]
async fn a_kept_connection_is_used_again_and_costs_nothing() {
    let receiver = Receiver::plain(ok).await;
    let client = client();
    let url = format!("http://{NAME}:{}/", receiver.port());

    let first = exchange(&client, &url).await.unwrap();
    assert!(first.dns.is_some() && first.connect.is_some(), "{first:?}");
    assert!(first.tls.is_none() && first.first_byte.is_some(), "{first:?}");

    let second = exchange(&client, &url).await.unwrap();
    assert!(second.first_byte.is_some(), "{second:?}");
    assert_eq!((second.dns, second.connect, second.tls), (None, None, None));
    assert_eq!(receiver.seen().iter().map(|seen| seen.connection).collect::<Vec<_>>(), [0, 0]);
}

#[tokio::test]
async fn a_host_that_is_an_address_needs_no_name_service() {
    let receiver = Receiver::plain(ok).await;
    let client = client_of(Silent, ClientSettings::default());
    let timings = exchange(&client, &format!("http://{}/", receiver.address)).await.unwrap();
    assert!(timings.dns.is_none() && timings.connect.is_some(), "{timings:?}");
}

#[tokio::test]
async fn https_chooses_http_1_1_where_a_receiver_offers_http_2_too() {
    let authority = Authority::new("authority");
    let receiver = Receiver::tls(authority.server(NAME, Callers::Anybody)).await;
    let client = trusting(&authority);
    let url = format!("https://{NAME}:{}/", receiver.port());

    let first = exchange(&client, &url).await.unwrap();
    assert!(first.dns.is_some() && first.connect.is_some(), "{first:?}");
    assert!(first.tls.is_some() && first.first_byte.is_some(), "{first:?}");
    let second = exchange(&client, &url).await.unwrap();
    assert_eq!((second.dns, second.connect, second.tls), (None, None, None));

    let seen = receiver.seen();
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|seen| seen.connection == 0 && seen.version == Version::HTTP_11));
}

#[tokio::test]
async fn requests_that_hang_block_no_other_to_the_same_host() {
    let authority = Authority::new("authority");
    let receiver = Receiver::tls(authority.server(NAME, Callers::Anybody)).await;
    let client = trusting(&authority);
    let to = |path| format!("https://{NAME}:{}{path}", receiver.port());
    let hanging_url = to(HANGING);

    // More than the receiver takes at once on one connection.
    let hanging = (0..=STREAMS).map(|_| exchange(&client, &hanging_url));
    tokio::select! {
        biased;
        ended = futures_util::future::join_all(hanging) => panic!("they do not hang: {ended:?}"),
        () = async {
            receiver.reached_by(STREAMS as usize + 1).await;
            exchange(&client, &to("/")).await.unwrap();
        } => {}
    }
}

#[tokio::test]
async fn https_speaks_http_1_1_where_a_receiver_negotiates_nothing() {
    let authority = Authority::new("authority");
    let mut config = authority.server(NAME, Callers::Anybody);
    config.alpn_protocols.clear();
    let receiver = Receiver::tls(config).await;
    exchange(&trusting(&authority), &format!("https://{NAME}:{}/", receiver.port())).await.unwrap();
    assert_eq!(receiver.seen()[0].version, Version::HTTP_11);
}

#[tokio::test]
async fn a_connection_is_kept_for_its_own_host_only() {
    let receiver = Receiver::plain(ok).await;
    let client = client();
    for host in ["one.example", "other.example"] {
        let url = format!("http://{host}:{}/", receiver.port());
        assert!(exchange(&client, &url).await.unwrap().connect.is_some(), "{host}");
    }
    assert_eq!(receiver.seen()[1].connection, 1);
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_refuses() {
    let receiver = Receiver::plain(ok).await;
    let lookup = Changing::new(&[&["127.0.0.2", "127.0.0.3", "127.0.0.1"]]);
    let client = client_of(lookup, ClientSettings::default());
    let url = format!("http://{NAME}:{}/", receiver.port());
    assert!(exchange(&client, &url).await.unwrap().connect.is_some());
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_judged_again_for_each_connection() {
    let receiver = Receiver::plain(ok).await;
    // Only the first is allowed.
    let lookup = Changing::new(&[&["127.0.0.1"], &["127.0.0.4"]]);
    let settings = ClientSettings { max_idle_per_host: 0, ..ClientSettings::default() };
    let client = client_of(lookup, settings);
    let url = format!("http://{NAME}:{}/", receiver.port());
    exchange(&client, &url).await.unwrap();
    let error = exchange(&client, &url).await.unwrap_err();
    assert_eq!(error.cause, FailureCause::Blocked, "{error}");
    assert!(error.timings.dns.is_some() && error.timings.connect.is_none(), "{error:?}");
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn a_bad_address_among_good_ones_is_never_connected_to() {
    let bad = tokio::net::TcpListener::bind("127.0.0.4:0").await.unwrap();
    let port = bad.local_addr().unwrap().port();
    let lookup = Changing::new(&[&["127.0.0.4", "127.0.0.2"]]);
    let client = client_of(lookup, ClientSettings::default());
    let error = exchange(&client, &format!("http://{NAME}:{port}/")).await.unwrap_err();
    // The good one refuses the connection, and the bad one would have taken it.
    assert_eq!(error.cause, FailureCause::Connect, "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_name_service_that_hangs_is_a_failure_of_dns() {
    let error = exchange(&client_of(Silent, ClientSettings::default()), "https://a.example/").await;
    assert_eq!(error.unwrap_err().cause, FailureCause::Dns);
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_time_is_over_while_it_connects_is_a_timeout() {
    let settings = ClientSettings { timeout: Duration::from_secs(1), ..ClientSettings::default() };
    let error = exchange(&client_of(Silent, settings), "https://a.example/").await;
    assert_eq!(error.unwrap_err().cause, FailureCause::Timeout);
}

/// As many connections as the kernel takes for a listener that accepts none, so that the next one
/// is never answered.
#[tokio::test]
async fn a_connection_that_nobody_answers_is_a_failure_to_connect() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut filling = Vec::new();
    let patience = Duration::from_millis(200);
    while let Ok(stream) =
        tokio::time::timeout(patience, tokio::net::TcpStream::connect(address)).await
    {
        filling.push(stream.unwrap());
    }
    let settings = ClientSettings { connect_timeout: patience, ..ClientSettings::default() };
    let client = client_of(Changing::new(&[&["127.0.0.1"]]), settings);
    let error = exchange(&client, &format!("http://{NAME}:{}/", address.port())).await.unwrap_err();
    assert_eq!(error.cause, FailureCause::Connect, "{error}");
    assert!(error.timings.dns.is_some() && error.timings.connect.is_none(), "{error:?}");
}

#[tokio::test]
async fn a_handshake_that_is_never_answered_is_a_failure_of_tls() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connect_timeout = Duration::from_millis(200);
    let settings = ClientSettings { connect_timeout, ..ClientSettings::default() };
    let client = client_of(Changing::new(&[&["127.0.0.1"]]), settings);
    let url = format!("https://{NAME}:{}/", silent.local_addr().unwrap().port());
    let error = exchange(&client, &url).await.unwrap_err();
    assert_eq!(error.cause, FailureCause::Tls, "{error}");
}

#[tokio::test]
async fn a_failure_tells_how_far_it_came() {
    let server = Server::start("").await;
    let url = format!("https://{NAME}:{}/", server.address.port());
    let Timings { dns, connect, tls, first_byte } =
        exchange(&client(), &url).await.unwrap_err().timings;
    assert!(dns.is_some() && connect.is_some());
    assert!(tls.is_none() && first_byte.is_none());

    let url = format!("http://{NAME}:{}/", server.address.port());
    let error = exchange(&client(), &url).await.unwrap_err();
    assert_eq!(error.cause, FailureCause::Reset);
    assert!(error.timings.connect.is_some() && error.timings.first_byte.is_none());
}
