//! Clients of both classic dialects know one way to stop a webhook and to let it go on: `IsPaused`.

use axum::http::StatusCode;
use postrider_tests::world::{Person, Sink, World};
use serde_json::{Value, json};

postrider_tests::on_both_pairs! {
    a_client_of_the_library_sees_a_webhook_that_is_gone_as_paused_and_lets_it_go_on,
    a_client_of_the_report_server_that_pauses_what_is_gone_keeps_it_paused,
}

const REGISTRATIONS: &str = "/api/webhooks/registrations";

/// Registers a receiver that is gone at its first request and back from then on, lets it answer so, and
/// has two more events held for it. Returns the path of the webhook.
async fn one_that_is_gone(world: &World, token: &str, sink: &Sink) -> String {
    let body = json!({
        "WebHookUri": sink.url("/hook?noecho"), "Secret": Person::SECRET, "Filters": ["reports"],
    });
    let made = world.call(token, &format!("POST {REGISTRATIONS}"), Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(made.json()["IsPaused"], false);
    for resource in ["1", "2", "3"] {
        world.publish("reports", "Added", resource).await;
        world.run_until_idle().await;
    }
    assert_eq!(sink.requests().len(), 1);
    format!("{REGISTRATIONS}/{}", made.json()["Id"].as_str().expect("an id"))
}

async fn show(world: &World, token: &str, path: &str) -> Value {
    world.call(token, &format!("GET {path}"), None).await.json()
}

/// Writes back what was read, paused or not.
async fn put(world: &World, token: &str, path: &str, paused: bool) {
    let mut webhook = show(world, token, path).await;
    webhook["IsPaused"] = paused.into();
    let answer = world.call(token, &format!("PUT {path}"), Some(webhook)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    world.tick();
}

async fn a_client_of_the_library_sees_a_webhook_that_is_gone_as_paused_and_lets_it_go_on(
    world: &World,
) {
    let sink = world.endpoint_that_answers(&[410, 200]).await;
    let key = &world.administrator.key;
    let path = one_that_is_gone(world, key, &sink).await;
    assert_eq!(show(world, key, &path).await["IsPaused"], true);
    assert_eq!(show(world, key, REGISTRATIONS).await[0]["IsPaused"], true);

    put(world, key, &path, false).await;
    sink.wait_for(3).await;
    world.run_until_idle().await;
    assert_eq!(show(world, key, &path).await["IsPaused"], false);
}

async fn a_client_of_the_report_server_that_pauses_what_is_gone_keeps_it_paused(world: &World) {
    let sink = world.endpoint_that_answers(&[410, 200]).await;
    let ada = world.user("ada").await;
    world.grant_read(&ada, "reports", None).await;
    let token = world.sign_in("ada").await;
    let path = one_that_is_gone(world, &token, &sink).await;
    put(world, &token, &path, true).await;
    world.run_until_idle().await;
    assert_eq!(show(world, &token, &path).await["IsPaused"], true);
    assert_eq!(sink.requests().len(), 1, "nothing was sent");

    put(world, &token, &path, false).await;
    sink.wait_for(3).await;
    world.run_until_idle().await;
    assert_eq!(show(world, &token, &path).await["IsPaused"], false);
}
