//! Postgres and RabbitMQ, with processes and the broker killed under load.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use postrider_domain::Clock;
use postrider_runtime::SystemClock;
use postrider_testkit::brokers::RabbitBroker;
use postrider_testkit::endpoint::Reply;
use postrider_tests::daemon::{client, command};
use postrider_tests::node::RabbitNode;
use postrider_tests::wait::until_within;
use postrider_tests::world::Sink;

use super::fleet::Fleet;

/// Recovery takes leases, rescue times and a broker's start: seconds each, on a busy machine more.
const RECOVERY: Duration = Duration::from_mins(2);

/// The ids of the events that arrived, each with the `webhook-id`s it arrived under.
fn arrived(endpoint: &Sink) -> HashMap<String, HashSet<String>> {
    let mut events: HashMap<String, HashSet<String>> = HashMap::new();
    for request in endpoint.requests() {
        for notification in request.notifications() {
            let event = format!("evt_{}", notification["EventId"].as_str().unwrap());
            events.entry(event).or_default().insert(request.header("webhook-id").to_owned());
        }
    }
    events
}

async fn wait_for_all(fleet: &Fleet, endpoint: &Sink, published: &[String]) {
    let store = fleet.database.store();
    let what = format!(
        "every event arrives and nothing is pending; logs are in {}",
        fleet.folder().display()
    );
    until_within(RECOVERY, &what, || async {
        let backlog = store.backlog(SystemClock.now()).await.ok()?;
        let all = arrived(endpoint).len() >= published.len();
        (all && backlog.is_idle() && backlog.waiting == 0).then_some(())
    })
    .await;
    let arrived = arrived(endpoint);
    for event in published {
        assert!(arrived.contains_key(event), "{event} did not arrive");
    }
    for (event, ids) in &arrived {
        assert_eq!(ids.len(), 1, "{event} arrived under different ids: {ids:?}");
    }
    assert_eq!(arrived.len(), published.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_worker_dispatcher_and_broker_are_killed_under_load() {
    let mut broker = RabbitNode::start().await;
    let fleet = Fleet::new(&broker.url(), "postrider").await;
    let api = fleet.start("api");
    let mut dispatcher = fleet.start("dispatcher");
    let mut worker = fleet.start("worker");
    let other_worker = fleet.start("worker");
    for daemon in [&api, &dispatcher, &worker, &other_worker] {
        daemon.ready().await;
    }
    let endpoint = Sink::start([Reply::status(200).after(Duration::from_millis(20))]).await;
    fleet.register(&api, &endpoint.url("/")).await;

    let mut published = fleet.publish(&api, 0..300).await;
    worker.kill();
    published.extend(fleet.publish(&api, 300..500).await);
    dispatcher.kill();
    published.extend(fleet.publish(&api, 500..700).await);
    worker = fleet.start("worker");
    dispatcher = fleet.start("dispatcher");
    broker.restart().await;
    published.extend(fleet.publish(&api, 700..1_000).await);

    assert_eq!(published.len(), 1_000);
    wait_for_all(&fleet, &endpoint, &published).await;
    for daemon in &mut [worker, dispatcher, other_worker, api] {
        daemon.ready().await;
        daemon.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_whose_queues_were_deleted_arrive_after_the_rescue_time() {
    let broker = RabbitBroker::create_for_processes().await;
    let fleet = Fleet::new(&broker.settings().url, &broker.settings().namespace).await;
    let api = fleet.start("api");
    let dispatcher = fleet.start("dispatcher");
    api.ready().await;
    dispatcher.ready().await;
    let endpoint = Sink::start([Reply::status(200)]).await;
    fleet.register(&api, &endpoint.url("/")).await;
    let published = fleet.publish(&api, 0..500).await;
    let store = fleet.database.store();
    until_within(RECOVERY, "every event is dispatched", || async {
        let backlog = store.backlog(SystemClock.now()).await.ok()?;
        (backlog.undispatched == 0 && backlog.wanted == 500).then_some(())
    })
    .await;

    broker.delete_queues().await;
    let worker = fleet.start("worker");
    worker.ready().await;
    wait_for_all(&fleet, &endpoint, &published).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_says_why_it_is_not_ready_and_is_ready_once_the_broker_is_there() {
    let mut broker = RabbitNode::start().await;
    let fleet = Fleet::new(&broker.url(), "postrider").await;
    broker.kill();
    let worker = fleet.start("worker");
    let url = format!("{}/readyz", worker.url());
    let report = until_within(RECOVERY, "the worker answers", || async {
        let answer = client().get(&url).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    })
    .await;
    assert_eq!(report.0, 503, "{}", report.1);
    assert!(report.1.contains("store: ok") && !report.1.contains("queue: ok"), "{}", report.1);
    let alive = client().get(format!("{}/healthz", worker.url())).send().await.unwrap();
    assert_eq!(alive.status(), 200);

    broker.restart().await;
    worker.ready().await;
}

#[test]
fn a_role_without_services_configured_says_what_to_do() {
    for (binary, arguments) in [
        ("postrider-api", &[][..]),
        ("postrider-dispatcher", &[]),
        ("postrider-worker", &[]),
        ("postrider-receiver", &["serve"]),
        ("postrider-receiver", &["work"]),
    ] {
        let mut role = command(binary);
        let output = role.args(arguments).current_dir(std::env::temp_dir()).output().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("POSTRIDER_DATABASE=postgres://"), "{said}");
        assert!(said.contains("POSTRIDER_QUEUE=amqp://"), "{said}");
    }
}
