//! Conditions: which of the events of its filters a registration is told of.

use axum::http::StatusCode;
use postrider_tests::world::{Person, World};
use serde_json::{Value, json};

postrider_tests::on_both_pairs! {
    a_registration_is_told_of_the_events_its_condition_holds_for,
    a_condition_that_cannot_be_judged_leaves_a_dead_delivery_that_says_so,
    a_condition_that_makes_no_sense_is_refused_and_says_where,
    explaining_says_why_a_registration_does_or_does_not_get_an_event,
}

async fn publish(world: &World, data: Value) -> postrider_domain::EventId {
    let body = json!({
        "filter": "reports", "type": "Executed", "resource": { "id": "42" }, "data": data,
    });
    let answer = world.call(&world.administrator.key, "POST /api/v1/events", Some(body)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    answer.json()["events"][0]["id"].as_str().unwrap().parse().unwrap()
}

async fn a_registration_is_told_of_the_events_its_condition_holds_for(world: &World) {
    let (long, all) = (world.endpoint().await, world.endpoint().await);
    let admin = &world.administrator;
    let condition = json!({ "condition": "@.data.pages > 5 && @.type == 'Executed'" });
    world.register_with(admin, &long.url("/"), &["reports"], condition).await;
    world.register(admin, &all.url("/"), &["reports"]).await;
    for pages in [3, 5, 6, 12] {
        publish(world, json!({ "pages": pages })).await;
    }
    publish(world, json!({ "pages": "many" })).await;
    all.wait_for(5).await;
    world.run_until_idle().await;
    let pages = |request: &postrider_tests::world::SinkRequest| {
        request.notifications()[0]["Data"]["pages"].as_i64().unwrap()
    };
    let mut told: Vec<i64> = long.requests().iter().map(pages).collect();
    told.sort_unstable();
    assert_eq!(told, [6, 12]);
}

async fn a_condition_that_cannot_be_judged_leaves_a_dead_delivery_that_says_so(world: &World) {
    let sink = world.endpoint().await;
    let condition = json!({ "condition": "search(@.data.text, '(a|b|c)*d(e|f)*')" });
    let admin = &world.administrator;
    let registration = world.register_with(admin, &sink.url("/"), &["reports"], condition).await;
    let event = publish(world, json!({ "text": "abc".repeat(60_000) })).await;
    world.run_until_idle().await;
    assert_eq!(world.timeline(event, registration).await, "dead condition_failed");
    assert_eq!(sink.requests().len(), 0);
}

async fn a_condition_that_makes_no_sense_is_refused_and_says_where(world: &World) {
    let body = |condition: &str| {
        json!({
            "uri": "http://127.0.0.1:9/", "secret": Person::SECRET, "filters": ["reports"],
            "condition": condition,
        })
    };
    for condition in ["@.data.pages >", "true)] , $[?(true", "@..pages > 1", "$.pages", ""] {
        let register = "POST /api/v1/registrations";
        let answer = world.call(&world.administrator.key, register, Some(body(condition))).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{condition}: {answer:?}");
        assert!(answer.json().to_string().contains("condition"), "{condition}: {answer:?}");
    }
}

async fn explaining_says_why_a_registration_does_or_does_not_get_an_event(world: &World) {
    let ada = world.user("ada").await;
    let sink = world.endpoint().await;
    let condition = json!({ "condition": "@.data.pages > 5" });
    let registration = world.register_with(&ada, &sink.url("/"), &["reports"], condition).await;
    let line = format!("POST /api/v1/registrations/{registration}/explain");
    let explain = async |filter: &str, pages: u32| {
        let event = json!({
            "filter": filter, "type": "Added", "resource": { "id": "42" },
            "data": { "pages": pages },
        });
        let answer = world.call(&ada.key, &line, Some(json!({ "event": event }))).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.json()
    };
    let answer = explain("reports", 12).await;
    assert_eq!(answer["wouldReceive"], false);
    assert!(answer.to_string().contains("no Read on report"), "{answer}");

    world.grant_read(&ada, "reports", Some("42")).await;
    assert_eq!(explain("reports", 12).await["wouldReceive"], true);
    let failed = |answer: &Value| -> Vec<String> {
        let reasons = answer["reasons"].as_array().unwrap().iter();
        let failed = reasons.filter(|reason| reason["passed"] == false);
        failed.map(|reason| reason["check"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(failed(&explain("reports", 5).await), ["condition"]);
    let tasks = explain("tasks", 12).await;
    assert_eq!(tasks["wouldReceive"], false);
    assert!(failed(&tasks).contains(&"filter".to_owned()), "{tasks}");
}
