//! What an attempt leads to, and what it does not.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use postrider_domain::{RegistrationId, Secret};
use postrider_testkit::endpoint::{FakeEndpoint, Reply};
use postrider_tests::world::{Person, World};
use postrider_wire::standard::{self, SignatureHeaders};
use serde_json::{Value, json};

postrider_tests::on_both_pairs! {
    a_success_on_the_last_attempt_is_a_success_and_switches_nothing_off,
    what_comes_after_a_failed_delivery_does_not_wait_for_it,
    what_was_delivered_is_sent_again_as_often_as_somebody_asks,
    a_retry_hours_later_has_a_time_that_its_receiver_accepts,
    while_receivers_are_being_called_the_store_is_free_for_everybody,
    a_permission_that_is_taken_away_stops_what_comes_and_not_what_is_on_its_way,
    nobody_sees_what_belongs_to_another,
}

async fn registration(world: &World, id: RegistrationId) -> Value {
    let path = format!("/api/v1/registrations/{id}");
    let (status, shown) = world.request(&world.administrator, Method::GET, &path, None).await;
    assert_eq!(status, StatusCode::OK, "{shown}");
    shown
}

async fn a_success_on_the_last_attempt_is_a_success_and_switches_nothing_off(world: &World) {
    for (delays, statuses) in [(json!([]), vec![200]), (json!([5, 10]), vec![500, 500, 200])] {
        let sink = world.endpoint_that_answers(&statuses).await;
        let schedule = json!({ "retryDelaysSeconds": delays });
        let (admin, uri) = (&world.administrator, sink.url("/"));
        let id = world.register_with(admin, &uri, &["reports"], schedule).await;
        let event = world.publish("reports", "Added", "1").await;
        world.run_until_idle().await;
        world.advance(Duration::from_secs(5)).await;
        world.advance(Duration::from_secs(10)).await;

        let report = world.delivery(event, id).await;
        assert_eq!(report.attempts.len(), statuses.len());
        assert_eq!(
            (report.delivery.state.as_str(), report.delivery.dead_reason),
            ("delivered", None)
        );
        assert_eq!(registration(world, id).await["disabled"], Value::Null);
        let next = world.publish("reports", "Added", "2").await;
        world.run_until_idle().await;
        assert_eq!(world.delivery(next, id).await.delivery.state.as_str(), "delivered");
    }
}

async fn what_comes_after_a_failed_delivery_does_not_wait_for_it(world: &World) {
    let sink = world.endpoint_that_answers(&[500, 200]).await;
    world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    world.publish("reports", "Added", "first").await;
    world.run_until_idle().await;
    world.publish("reports", "Added", "second").await;
    world.run_until_idle().await;
    world.advance(Duration::from_secs(10)).await;
    let order: Vec<Value> = sink
        .requests()
        .iter()
        .map(|request| request.notifications()[0]["ResourceId"].clone())
        .collect();
    assert_eq!(order, ["first", "second", "first"]);
}

async fn what_was_delivered_is_sent_again_as_often_as_somebody_asks(world: &World) {
    let sink = world.endpoint().await;
    let admin = &world.administrator;
    let id = world.register(admin, &sink.url("/"), &["reports"]).await;
    let event = world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    let delivery = world.delivery(event, id).await.delivery.id;
    let path = format!("/api/v1/deliveries/{delivery}/replay");
    for replay in 1..=2 {
        let (status, answer) = world.request(admin, Method::POST, &path, None).await;
        assert!(status.is_success(), "{status} {answer}");
        sink.wait_for(replay + 1).await;
        world.run_until_idle().await;
    }

    let [first, second, third] = sink.requests().try_into().ok().unwrap();
    assert!(first.headers.iter().all(|(name, _)| name != "postrider-replay"));
    for (request, replay) in [(&second, "1"), (&third, "2")] {
        assert_eq!(request.header("postrider-replay"), replay);
        assert_eq!(request.header("webhook-id"), first.header("webhook-id"));
    }
    let report = world.delivery(event, id).await;
    assert_eq!((report.delivery.state.as_str(), report.attempts.len()), ("delivered", 3));
}

async fn a_retry_hours_later_has_a_time_that_its_receiver_accepts(world: &World) {
    let sink = world.endpoint_that_answers(&[500, 500, 200]).await;
    let hours = json!({ "retryDelaysSeconds": [3600, 86400] });
    world.register_with(&world.administrator, &sink.url("/"), &["reports"], hours).await;
    let mut attempted_at = vec![world.now()];
    world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    for hours in [1, 24] {
        world.advance(Duration::from_hours(hours)).await;
        attempted_at.push(world.now());
    }

    let secret = Secret::parse(Person::SECRET).unwrap();
    let requests = sink.requests();
    assert_eq!(requests.len(), 3);
    for (number, request) in requests.iter().enumerate() {
        let headers = SignatureHeaders {
            id: request.header("webhook-id"),
            timestamp: request.header("webhook-timestamp"),
            signature: request.header("webhook-signature"),
        };
        for (other, now) in attempted_at.iter().enumerate() {
            let verified =
                standard::verify(&secret, headers, &request.body, *now, standard::TOLERANCE);
            assert_eq!(verified.is_ok(), number == other, "attempt {number} at {other}");
        }
    }
}

async fn while_receivers_are_being_called_the_store_is_free_for_everybody(world: &World) {
    // Several times as many as the store has connections.
    const CALLED: usize = 48;
    let hanging = FakeEndpoint::start([Reply::status(200).held()]).await;
    let healthy = world.endpoint().await;
    let admin = &world.administrator;
    let patient = json!({ "timeoutSeconds": 25 });
    world.register_with(admin, hanging.target().as_str(), &["tasks"], patient).await;
    world.register(admin, &healthy.url("/"), &["reports"]).await;
    let events: Vec<Value> = (0..CALLED)
        .map(|n| json!({ "filter": "tasks", "type": "Added", "resource": { "id": n.to_string() } }))
        .collect();
    let answer = world.call(&admin.key, "POST /api/v1/events", Some(json!(events))).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    hanging.wait_for(CALLED).await;

    // A transaction of theirs would keep SQLite's one writer, and as many connections, for itself.
    for number in 0..20 {
        world.publish("reports", "Added", &number.to_string()).await;
    }
    healthy.wait_for(20).await;
    let wanted = world.store.backlog(world.now()).await.unwrap().wanted;
    assert!(wanted >= CALLED as u64, "only {wanted} are being attempted");
    hanging.release();
    world.run_until_idle().await;
    assert_eq!(hanging.requests().len(), CALLED);
}

async fn a_permission_that_is_taken_away_stops_what_comes_and_not_what_is_on_its_way(
    world: &World,
) {
    let (ada, sink) = (world.user("ada").await, world.endpoint_that_answers(&[500, 200]).await);
    let permissions = format!("/api/v1/users/{}/permissions", ada.id);
    let one = json!({ "kind": "reports", "scope": "one", "target": "1", "access": ["read"] });
    let key = &world.administrator.key;
    let granted = world.call(key, &format!("POST {permissions}"), Some(one)).await;
    assert_eq!(granted.status, StatusCode::CREATED, "{granted:?}");
    world.register(&ada, &sink.url("/"), &["reports"]).await;
    world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 1);

    let permission = granted.json()["id"].as_str().unwrap().to_owned();
    let revoked = world.call(key, &format!("DELETE {permissions}/{permission}"), None).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT, "{revoked:?}");
    world.publish("reports", "Edited", "1").await;
    world.run_until_idle().await;
    world.advance(Duration::from_secs(10)).await;
    assert_eq!(sink.told(), ["reports Added 1", "reports Added 1"]);
}

async fn nobody_sees_what_belongs_to_another(world: &World) {
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    world.grant_read(&ada, "reports", None).await;
    let sink = world.endpoint().await;
    let id = world.register(&ada, &sink.url("/"), &["reports"]).await;
    let event = world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    let delivery = world.delivery(event, id).await.delivery.id;

    for path in [
        format!("/api/v1/registrations/{id}"),
        format!("/api/v1/deliveries/{delivery}"),
        format!("/api/v1/events/{event}"),
    ] {
        for (person, expected) in [(&ada, StatusCode::OK), (&bob, StatusCode::NOT_FOUND)] {
            let (status, answer) = world.request(person, Method::GET, &path, None).await;
            assert_eq!(status, expected, "{path}: {answer}");
        }
    }
    for path in ["/api/v1/registrations", "/api/v1/deliveries"] {
        for (person, count) in [(&ada, 1), (&bob, 0)] {
            let (_, list) = world.request(person, Method::GET, path, None).await;
            assert_eq!(list["items"].as_array().unwrap().len(), count, "{path}: {list}");
        }
    }
    let replay = format!("/api/v1/deliveries/{delivery}/replay");
    let (status, _) = world.request(&bob, Method::POST, &replay, None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(sink.requests().len(), 1);
}
