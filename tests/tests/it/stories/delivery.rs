//! An event goes in, a signed POST comes out.

use axum::http::{Method, StatusCode};
use postrider_domain::{Clock, Secret};
use postrider_tests::world::{Person, World};
use postrider_wire::{aspnet, standard};
use serde_json::json;

postrider_tests::on_both_pairs! {
    an_event_reaches_every_registration_that_asked_for_it_signed_both_ways,
    a_publish_that_is_repeated_is_delivered_once,
    what_became_of_an_event_can_be_seen,
    a_batch_of_a_thousand_events_is_delivered_whole,
}

async fn an_event_reaches_every_registration_that_asked_for_it_signed_both_ways(world: &World) {
    let sink = world.endpoint().await;
    let admin = &world.administrator;
    let asked = world.register(admin, &sink.url("/asked?code=1"), &["RePorTs"]).await;
    world.register(admin, &sink.url("/all"), &[]).await;
    world.register(admin, &sink.url("/other"), &["tasks"]).await;

    let event = world.publish("reports", "Added", "42").await;
    world.run_until_idle().await;

    let mut paths: Vec<String> = sink.requests().into_iter().map(|request| request.path).collect();
    paths.sort();
    assert_eq!(paths, ["/all", "/asked?code=1"]);

    let request =
        sink.requests().into_iter().find(|request| request.path.starts_with("/asked")).unwrap();
    let secret = Secret::parse(Person::SECRET).unwrap();
    aspnet::verify(&secret, request.header("ms-signature"), &request.body).unwrap();
    let headers = standard::SignatureHeaders {
        id: request.header("webhook-id"),
        timestamp: request.header("webhook-timestamp"),
        signature: request.header("webhook-signature"),
    };
    standard::verify(&secret, headers, &request.body, world.clock.now(), standard::TOLERANCE)
        .unwrap();
    assert_eq!(headers.id, world.delivery(event, asked).await.delivery.id.to_string());

    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["Attempt"], 1);
    assert_eq!(body["Notifications"][0]["Action"], "reports");
    assert_eq!(body["Notifications"][0]["Type"], "Added");
    assert_eq!(body["Notifications"][0]["ResourceId"], "42");
}

async fn a_publish_that_is_repeated_is_delivered_once(world: &World) {
    let sink = world.endpoint().await;
    world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    let body =
        json!({ "id": "mine-1", "filter": "reports", "type": "Added", "resource": { "id": "1" } });
    let mut answers = Vec::new();
    for _ in 0..2 {
        let (status, answer) = world
            .request(&world.administrator, Method::POST, "/api/v1/events", Some(body.clone()))
            .await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        world.run_until_idle().await;
        answers.push(answer["events"][0].clone());
    }
    assert_eq!(answers[0]["id"], answers[1]["id"]);
    assert_eq!((&answers[0]["duplicate"], &answers[1]["duplicate"]), (&json!(false), &json!(true)));
    assert_eq!(sink.requests().len(), 1);
}

async fn what_became_of_an_event_can_be_seen(world: &World) {
    let sink = world.endpoint().await;
    let registration = world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    let event = world.publish("reports", "Added", "42").await;
    world.run_until_idle().await;

    let path = format!("/api/v1/events/{event}");
    let (status, answer) = world.request(&world.administrator, Method::GET, &path, None).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["dispatched"], true, "{answer}");
    assert_eq!(answer["deliveries"][0]["registrationId"], registration.to_string(), "{answer}");
    assert_eq!(answer["deliveries"][0]["state"], "delivered", "{answer}");
}

async fn a_batch_of_a_thousand_events_is_delivered_whole(world: &World) {
    let sink = world.endpoint().await;
    world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    let events: Vec<_> = (0..1_000)
        .map(|n| json!({ "filter": "reports", "type": "Added", "resource": { "id": n.to_string() } }))
        .collect();
    let (status, answer) = world
        .request(&world.administrator, Method::POST, "/api/v1/events", Some(json!(events)))
        .await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    world.run_until_idle().await;
    let ids: std::collections::HashSet<String> =
        sink.requests().iter().map(|request| request.header("webhook-id").to_owned()).collect();
    assert_eq!((ids.len(), sink.requests().len()), (1_000, 1_000));
}
