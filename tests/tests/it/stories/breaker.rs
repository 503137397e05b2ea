//! Receivers that fail are left alone, tried carefully, and told of everything once they are back.

use std::time::Duration;

use axum::http::StatusCode;
use postrider_domain::RegistrationId;
use postrider_testkit::endpoint::Reply;
use postrider_tests::wait::until;
use postrider_tests::world::{Sink, World};
use serde_json::{Value, json};

postrider_tests::on_both_pairs! {
    a_receiver_that_fails_is_left_alone_tried_by_one_delivery_and_told_of_everything_once_it_is_back,
    a_probe_that_fails_costs_its_delivery_no_attempt_of_its_schedule,
    the_owner_and_administrators_are_told_by_another_door_and_nobody_else,
    one_that_is_gone_is_switched_off_at_once_and_holds_until_it_is_switched_on,
    nothing_but_failures_for_days_switches_off_and_a_success_in_between_does_not,
}

/// As many failures as open a breaker.
const ENOUGH: usize = 10;

/// Publishes so many events about reports, and waits until they were attempted.
async fn publish(world: &World, count: usize) {
    for number in 0..count {
        world.publish("reports", "Added", &number.to_string()).await;
    }
    world.run_until_idle().await;
}

async fn breaker(world: &World, registration: impl std::fmt::Display) -> Value {
    let token = world.sign_in("admin").await;
    let line = format!("GET /api/v1/registrations/{registration}");
    let answer = world.call(&token, &line, None).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()["flow"].clone()
}

/// Waits until the breaker is in this state: an attempt is on record a moment before what follows from it
/// for its receiver is, and the clock must not move in between.
async fn until_breaker(world: &World, registration: RegistrationId, state: &str) {
    until(&format!("the breaker is {state}"), || async {
        (breaker(world, registration).await["state"] == state).then_some(())
    })
    .await;
}

async fn a_receiver_that_fails_is_left_alone_tried_by_one_delivery_and_told_of_everything_once_it_is_back(
    world: &World,
) {
    let failing = vec![Reply::status(500); ENOUGH + 1];
    let sink = Sink::start(failing.into_iter().chain([Reply::status(200)])).await;
    let registration = world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    publish(world, ENOUGH).await;
    assert_eq!(sink.requests().len(), ENOUGH);
    until_breaker(world, registration, "open").await;

    // Neither fresh deliveries nor retries reach it while it is left alone.
    publish(world, 5).await;
    world.advance(Duration::from_secs(29)).await;
    assert_eq!(sink.requests().len(), ENOUGH);

    // One tries, and fails; the next one a minute later succeeds, and the others follow.
    world.advance(Duration::from_secs(2)).await;
    sink.wait_for(ENOUGH + 1).await;
    until_breaker(world, registration, "open").await;
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), ENOUGH + 1);
    world.advance(Duration::from_secs(61)).await;
    sink.wait_for(ENOUGH + 1 + ENOUGH + 5).await;
    until_breaker(world, registration, "healthy").await;
    world.run_until_idle().await;
    let flow = breaker(world, registration).await;
    assert_eq!((&flow["state"], &flow["held"]["count"]), (&json!("healthy"), &json!(0)));
}

async fn a_probe_that_fails_costs_its_delivery_no_attempt_of_its_schedule(world: &World) {
    let sink = world.endpoint_that_answers(&[500]).await;
    let registration = world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    publish(world, ENOUGH).await;
    until_breaker(world, registration, "open").await;
    // Probes after 30, 60, 120, 240, 480 and then every 600 seconds: many more than a schedule has.
    for probes in 1..=8 {
        world.advance(Duration::from_mins(10)).await;
        world.advance(Duration::from_secs(2)).await;
        sink.wait_for(ENOUGH + probes).await;
        until_breaker(world, registration, "open").await;
        world.run_until_idle().await;
    }
    let flow = breaker(world, registration).await;
    assert_eq!(flow["held"]["count"], ENOUGH);
    assert_eq!(flow["dead"]["count"], 0);
}

async fn the_owner_and_administrators_are_told_by_another_door_and_nobody_else(world: &World) {
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    for person in [&ada, &bob] {
        world.grant_read(person, "reports", None).await;
    }
    let (broken, doors) = (world.endpoint_that_answers(&[500]).await, world.endpoint().await);
    world.register(&ada, &broken.url("/"), &["reports"]).await;
    world.register(&ada, &doors.url("/ada"), &["postrider"]).await;
    world.register(&bob, &doors.url("/bob"), &["postrider"]).await;
    world.register(&world.administrator, &doors.url("/admin"), &["postrider"]).await;
    // Who asks for everything does not mean alarms.
    let everything = world.endpoint().await;
    world.register(&ada, &everything.url("/"), &["*"]).await;
    publish(world, ENOUGH).await;
    doors.wait_for(2).await;
    world.run_until_idle().await;

    let mut told: Vec<String> =
        doors.requests().iter().map(|request| request.path.clone()).collect();
    told.sort();
    assert_eq!(told, ["/ada", "/admin"]);
    assert!(doors.told().iter().all(|told| told.starts_with("postrider BreakerOpened reg_")));
    assert!(everything.told().iter().all(|told| told.starts_with("reports ")));
}

async fn one_that_is_gone_is_switched_off_at_once_and_holds_until_it_is_switched_on(world: &World) {
    let sink = world.endpoint_that_answers(&[410, 200]).await;
    let admin = &world.administrator;
    let registration = world.register(admin, &sink.url("/"), &["reports"]).await;
    publish(world, 1).await;
    let token = world.sign_in("admin").await;
    let line = format!("GET /api/v1/registrations/{registration}");
    until("it is switched off", || async {
        let shown = world.call(&token, &line, None).await.json();
        (shown["disabled"]["reason"] == "gone").then_some(())
    })
    .await;
    publish(world, 2).await;
    assert_eq!(sink.requests().len(), 1);

    let resume = format!("POST /api/v1/registrations/{registration}/resume");
    let answer = world.call(&token, &resume, Some(json!({ "held": "send" }))).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    world.tick();
    sink.wait_for(3).await;
    world.run_until_idle().await;
    assert_eq!(world.call(&token, &line, None).await.json()["disabled"], Value::Null);
}

async fn nothing_but_failures_for_days_switches_off_and_a_success_in_between_does_not(
    world: &World,
) {
    const DAY: Duration = Duration::from_hours(24);
    let admin = &world.administrator;
    let dead = world.endpoint_that_answers(&[500]).await;
    // Fails, succeeds on the third day, and fails again.
    let flaky = world.endpoint_that_answers(&[500, 500, 500, 500, 200, 500]).await;
    let registrations = [
        world.register(admin, &dead.url("/"), &["reports"]).await,
        world.register(admin, &flaky.url("/"), &["reports"]).await,
    ];
    for day in 1..=7 {
        if day > 1 {
            world.advance(DAY).await;
        }
        world.publish("reports", "Added", "1").await;
        world.run_until_idle().await;
        until("it is known how the flaky one does", || async {
            let is_failing = !breaker(world, registrations[1]).await["failingSince"].is_null();
            (is_failing == (day != 2)).then_some(())
        })
        .await;
        // The whole schedule. After the last day no time passes: what is known a moment later must not
        // look like a failure of the next one.
        for seconds in [11, 66, 396] {
            world.advance(Duration::from_secs(seconds)).await;
        }
    }
    let token = world.sign_in("admin").await;
    let mut reasons = Vec::new();
    for registration in registrations {
        let line = format!("GET /api/v1/registrations/{registration}");
        let shown = world.call(&token, &line, None).await.json();
        reasons.push(shown["disabled"]["reason"].clone());
    }
    assert_eq!(reasons, [json!("failing"), Value::Null]);
}
