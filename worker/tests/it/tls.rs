//! Receivers that have an authority of their own, and want to know who calls.

use std::sync::Arc;

use postrider_domain::{
    Authentication, ClientTls, Credentials, DeliveryState, FailureCause, Registration, SecretText,
};
use postrider_testkit::authority::{Authority, Callers};
use postrider_testkit::endpoint::{FakeEndpoint, Reply};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::world::{RECEIVER, World};

/// TLS before an endpoint that has none.
struct Front {
    port: u16,
    _task: AbortOnDropHandle<()>,
}

impl Front {
    async fn start(config: ServerConfig, endpoint: &FakeEndpoint) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let behind = endpoint.port();
        let task = TaskTracker::new().spawn(async move {
            let connections = TaskTracker::new();
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                connections.spawn(async move {
                    // A handshake that fails is the caller's to report.
                    let Ok(mut tls) = acceptor.accept(tcp).await else { return };
                    let mut plain = TcpStream::connect(("127.0.0.1", behind)).await.unwrap();
                    tokio::io::copy_bidirectional(&mut tls, &mut plain).await.ok();
                });
            }
        });
        Self { port, _task: AbortOnDropHandle::new(task) }
    }

    fn registration(&self, world: &World, tls: Option<ClientTls>) -> Registration {
        let target = format!("https://{RECEIVER}:{}/hook?code=s3cr3t", self.port);
        let mut registration = world.registration(target.parse().unwrap());
        registration.credentials = Credentials { tls, ..Credentials::default() };
        registration
    }
}

#[tokio::test]
async fn a_receiver_that_wants_a_certificate_gets_it_and_nobody_is_served_without() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let authority = Authority::new("authority");
    let front = Front::start(authority.server(RECEIVER, Callers::MustShow), &endpoint).await;
    let worker = world.worker();

    let known = front.registration(&world, Some(authority.client()));
    let deliveries = world.deliveries_of(&known, 3).await;
    for delivery in &deliveries {
        worker.deliver(&[*delivery]).await;
        let report = world.report(*delivery).await;
        assert_eq!(report.delivery.state, DeliveryState::Delivered, "{report:?}");
    }
    assert_eq!(endpoint.connections(), 1, "the client is kept, and its connection with it");

    let only_trusting = ClientTls { certificate: None, key: None, ..authority.client() };
    for tls in [None, Some(only_trusting), Some(Authority::new("other").client())] {
        let unknown = front.registration(&world, tls);
        let delivery = world.deliveries_of(&unknown, 1).await[0];
        worker.deliver(&[delivery]).await;
        let [attempt] = world.report(delivery).await.attempts.try_into().unwrap();
        assert_eq!(attempt.outcome.cause(), Some(FailureCause::Tls), "{attempt:?}");
    }
    assert_eq!(endpoint.requests().len(), 3);
}

#[tokio::test]
async fn without_its_certificate_nothing_is_sent() {
    let world = World::new().await;
    // Neither of them asks for a certificate, and both would take the request.
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let server = FakeEndpoint::start([Reply::status(200)]).await;
    let broken = ClientTls {
        authorities: None,
        certificate: Some("-----BEGIN CERTIFICATE-----\nbroken".into()),
        key: Some(SecretText::parse("pr1vate").unwrap()),
    };
    let mut registration = world.registration(endpoint.target());
    registration.credentials = Credentials {
        tls: Some(broken),
        authentication: Some(Authentication::OAuth2 {
            token_uri: server.target(),
            client_id: "postrider".into(),
            client_secret: SecretText::parse("x").unwrap(),
            scopes: Vec::new(),
            audience: None,
        }),
        ..Credentials::default()
    };
    let delivery = world.deliveries_of(&registration, 1).await[0];
    world.worker().deliver(&[delivery]).await;

    let report = world.report(delivery).await;
    assert_eq!(report.delivery.state, DeliveryState::Pending, "a retry follows");
    let [attempt] = report.attempts.try_into().unwrap();
    assert_eq!((attempt.outcome.cause(), attempt.request), (Some(FailureCause::Tls), None));
    let explained = format!("{:?}", attempt.outcome);
    assert!(explained.contains("certificate") && !explained.contains("pr1vate"), "{explained}");
    assert_eq!((endpoint.connections(), server.connections()), (0, 0));
}
