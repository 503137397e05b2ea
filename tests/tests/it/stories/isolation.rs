//! One bad receiver is nobody else's problem.

use axum::http::StatusCode;
use postrider_testkit::endpoint::Reply;
use postrider_tests::world::{Sink, World};
use serde_json::json;

postrider_tests::on_both_pairs! {
    receivers_that_hang_with_a_backlog_hold_up_nobody_else,
    a_test_event_goes_to_the_one_registration_and_a_preview_to_nobody,
}

async fn receivers_that_hang_with_a_backlog_hold_up_nobody_else(world: &World) {
    let hanging = Sink::start([Reply::status(200).held()]).await;
    let healthy = world.endpoint().await;
    let admin = &world.administrator;
    let stuck = world.register(admin, &hanging.url("/"), &["tasks"]).await;
    world.register(admin, &healthy.url("/"), &["reports"]).await;
    // Many more than a worker has slots.
    for round in 0..4 {
        let events: Vec<_> = (0..500)
            .map(|number| {
                json!({ "filter": "tasks", "type": "Added",
                        "resource": { "id": format!("{round}-{number}") } })
            })
            .collect();
        let line = "POST /api/v1/events";
        let answer = world.call(&admin.key, line, Some(json!(events))).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    }
    hanging.wait_for(1).await;
    for number in 0..20 {
        world.publish("reports", "Added", &number.to_string()).await;
    }
    // They arrive although not one request to the other has ended, which nobody lets end.
    healthy.wait_for(20).await;
    let in_flight = hanging.requests().len();
    assert!(in_flight <= 64, "{in_flight} requests to one receiver");
    let path = format!("/api/v1/registrations/{stuck}");
    let (status, _) = world.request(admin, axum::http::Method::DELETE, &path, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    hanging.release();
}

async fn a_test_event_goes_to_the_one_registration_and_a_preview_to_nobody(world: &World) {
    let (one, other) = (world.endpoint().await, world.endpoint().await);
    let admin = &world.administrator;
    let registration = world.register(admin, &one.url("/hook"), &["reports"]).await;
    world.register(admin, &other.url("/"), &["reports"]).await;

    let event = json!({ "filter": "reports", "type": "Added", "resource": { "id": "42" } });
    let preview = format!("POST /api/v1/registrations/{registration}/preview");
    let answer = world.call(&admin.key, &preview, Some(json!({ "event": event }))).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let preview = answer.json();
    assert_eq!(
        (preview["method"].as_str(), preview["uri"].as_str()),
        (Some("POST"), Some(&*one.url("/hook")))
    );
    assert!(preview["body"].as_str().unwrap().contains("\"ResourceId\": \"42\""), "{preview}");
    assert!(preview.to_string().contains("ms-signature"), "{preview}");

    let test = format!("POST /api/v1/registrations/{registration}/test");
    let answer = world.call(&admin.key, &test, Some(json!({}))).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    one.wait_for(1).await;
    world.run_until_idle().await;
    assert_eq!(one.told().len(), 1);
    assert!(one.told()[0].starts_with("reports Test "), "{:?}", one.told());
    assert_eq!(other.requests().len(), 0);
}
