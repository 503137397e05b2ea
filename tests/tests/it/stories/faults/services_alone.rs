//! The broker goes away while events are published, and comes back with nothing in it.

use std::collections::HashSet;
use std::time::Duration;

use axum::http::StatusCode;
use postrider_testkit::brokers::RabbitBroker;
use postrider_testkit::databases::PostgresDatabase;
use postrider_testkit::endpoint::Reply;
use postrider_testkit::proxy::TcpProxy;
use postrider_tests::wait::{until, until_within};
use postrider_tests::world::Sink;
use postrider_vault::Keyring;
use secrecy::ExposeSecret;
use serde_json::json;

use super::server::Server;

/// Connections are tried again every few seconds, and what was not published waits for its rescue.
const RECOVERY: Duration = Duration::from_mins(2);

const EVENTS: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_broker_events_are_accepted_and_they_arrive_though_it_comes_back_empty() {
    let database = PostgresDatabase::create().await;
    let broker = RabbitBroker::create_for_processes().await;
    let proxy = TcpProxy::start(RabbitBroker::target()).await;
    let server = Server::start(vec![
        ("POSTRIDER_DATABASE", database.url().to_owned()),
        ("POSTRIDER_QUEUE", broker.settings_through(proxy.address()).url),
        ("POSTRIDER_QUEUE_NAMESPACE", broker.settings().namespace),
        ("POSTRIDER_SECRET_KEYS", Keyring::generate_key().expose_secret().to_owned()),
    ])
    .await;
    let sink = Sink::start([Reply::status(200)]).await;
    server.register(&sink.url("/"), json!({})).await;
    server.publish("before").await;
    sink.wait_for(1).await;

    proxy.refuse();
    until("the process says what it lacks", || async {
        let (status, report) = server.probe("/readyz").await;
        let lacks = report.contains("store: ok") && !report.contains("queue: ok");
        (status == StatusCode::SERVICE_UNAVAILABLE && lacks).then_some(())
    })
    .await;
    for number in 0..EVENTS {
        server.publish(&number.to_string()).await;
    }
    assert_eq!(sink.requests().len(), 1);
    assert_eq!(server.probe("/healthz").await.0, StatusCode::OK, "a restart would not help");
    let said = server.output();
    let complaints = said.lines().filter(|line| line.contains("WARN") || line.contains("ERROR"));
    assert!(said.contains("lost the connection to RabbitMQ"), "{said}");
    assert!(complaints.count() < 2 * EVENTS, "not a line for each event and try: {said}");

    broker.delete_queues().await;
    proxy.forward();
    until_within(RECOVERY, "everything arrives", || async {
        (sink.told().into_iter().collect::<HashSet<_>>().len() > EVENTS).then_some(())
    })
    .await;
    server.ready().await;
    let requests = sink.requests();
    let ids: HashSet<&str> = requests.iter().map(|request| request.header("webhook-id")).collect();
    assert_eq!(ids.len(), EVENTS + 1, "each under one id");
}
