//! The process is killed in the middle of its work, and is made to talk.

use std::collections::HashSet;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use postrider_testkit::endpoint::Reply;
use postrider_tests::daemon::free_address;
use postrider_tests::wait::{until, until_within};
use postrider_tests::world::Sink;
use serde_json::json;

use super::server::Server;

/// As long as a lease a killed worker's deliveries wait, and on a busy machine longer.
const RECOVERY: Duration = Duration::from_mins(2);

const QUICK: usize = 9;
const EVENTS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_repeats_only_what_it_had_not_recorded() {
    let mut server = Server::start(Vec::new()).await;
    let quick = Sink::start([Reply::status(200)]).await;
    for number in 0..QUICK {
        server.register(&quick.url(&format!("/{number}")), json!({})).await;
    }
    let unanswered = vec![Reply::status(200).held(); EVENTS];
    let slow = Sink::start(unanswered.into_iter().chain([Reply::status(200)])).await;
    server.register(&slow.url("/"), json!({ "timeoutSeconds": 25 })).await;

    let mut events = Vec::new();
    for number in 0..EVENTS {
        events.push(server.publish(&number.to_string()).await);
    }
    slow.wait_for(EVENTS).await;
    delivered_to(&server, &events, QUICK).await;
    server.kill_and_restart().await;

    delivered_to(&server, &events, QUICK + 1).await;
    assert_eq!(quick.requests().len(), QUICK * EVENTS);
    let repeated = slow.requests();
    assert_eq!(repeated.len(), 2 * EVENTS);
    let ids: HashSet<&str> = repeated.iter().map(|request| request.header("webhook-id")).collect();
    assert_eq!(ids.len(), EVENTS, "what is repeated keeps its id");
}

/// Waits until each event has arrived at so many receivers, and that is on record.
async fn delivered_to(server: &Server, events: &[String], receivers: usize) {
    for event in events {
        until_within(RECOVERY, "the deliveries are recorded", || async {
            (server.delivered(event).await == receivers).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_log_line_and_no_metric_tells_a_payload_a_secret_or_a_url() {
    let talkative = ("POSTRIDER_LOG", "info,postrider=trace".to_owned());
    let server = Server::start(vec![talkative]).await;
    let failing = Sink::start([Reply::status(500).body("answered-by-the-receiver")]).await;
    let more = || json!({ "secret": "signed-with-this-secret-of-32-characters" });
    let headers = json!({ "headers": { "authorization": "Bearer of-this-token" } });
    server.register(&failing.url("/in-the-path?code=in-the-query"), more()).await;
    server.register(&failing.url("/in-the-path"), headers).await;
    let refused = format!("http://{}/in-the-path?code=in-the-query", free_address());
    server.register(&refused, more()).await;

    let event = json!({
        "filter": "reports", "type": "Added", "resource": { "id": "1", "name": "named-like-this" },
        "data": { "note": "in-the-payload" },
    });
    let (status, answer) = server.call(Method::POST, "/api/v1/events", Some(&event)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    let path = format!("/api/v1/events/{}", answer["events"][0]["id"].as_str().unwrap());
    until("each was attempted", || async {
        let (_, shown) = server.call(Method::GET, &path, None).await;
        let deliveries = shown["deliveries"].as_array()?.iter();
        let attempted = deliveries.filter(|delivery| delivery["attemptCount"] == 1).count();
        (attempted == 3).then_some(())
    })
    .await;

    let (_, metrics) = server.probe("/metrics").await;
    let said = server.output();
    assert!(said.contains("DEBUG"), "it says all it can: {said}");
    for secret in [
        "in-the-path",
        "in-the-query",
        "in-the-payload",
        "named-like-this",
        "signed-with-this-secret",
        "of-this-token",
        "answered-by-the-receiver",
    ] {
        let line = said.lines().chain(metrics.lines()).find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
