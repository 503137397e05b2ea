//! A secret is replaced without a delivery that its receiver cannot verify.

use std::time::Duration;

use axum::http::StatusCode;
use postrider_domain::Secret;
use postrider_tests::world::{Person, World};
use postrider_wire::standard::{self, SignatureHeaders};
use serde_json::json;

postrider_tests::on_both_pairs! {
    while_a_rotation_lasts_a_receiver_with_either_secret_verifies_and_then_only_the_new_one,
}

async fn while_a_rotation_lasts_a_receiver_with_either_secret_verifies_and_then_only_the_new_one(
    world: &World,
) {
    let sink = world.endpoint().await;
    let admin = &world.administrator;
    let registration = world.register(admin, &sink.url("/"), &["reports"]).await;
    let token = world.sign_in("admin").await;
    let rotate = format!("POST /api/v1/registrations/{registration}/secret");
    let answer = world.call(&token, &rotate, Some(json!({ "overlapSeconds": 3600 }))).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let new = answer.json()["secret"].as_str().expect("the new secret").to_owned();
    assert_ne!(new, Person::SECRET);

    world.publish("reports", "Added", "during").await;
    world.run_until_idle().await;
    world.advance(Duration::from_hours(1)).await;
    world.publish("reports", "Added", "after").await;
    world.run_until_idle().await;

    let requests = sink.requests();
    let verifies = |number: usize, secret: &str| {
        let request = &requests[number];
        let headers = SignatureHeaders {
            id: request.header("webhook-id"),
            timestamp: request.header("webhook-timestamp"),
            signature: request.header("webhook-signature"),
        };
        let secret = Secret::parse(secret).expect("a secret");
        let within = Duration::from_hours(2);
        standard::verify(&secret, headers, &request.body, world.now(), within).is_ok()
    };
    assert_eq!(requests.len(), 2);
    assert!(verifies(0, &new) && verifies(0, Person::SECRET));
    assert!(verifies(1, &new) && !verifies(1, Person::SECRET));
}
