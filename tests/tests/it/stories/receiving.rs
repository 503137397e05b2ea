//! What one side sends the other receives: verified, stored, answered, and handled afterwards.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use postrider_domain::ports::InboxReport;
use postrider_domain::{InboxState, RegistrationId};
use postrider_tests::world::{Person, ReceivingSide, Recorder, World};
use serde_json::json;

postrider_tests::on_both_pairs! {
    a_receiver_of_ours_proves_itself_and_handles_an_event_once,
    a_standard_webhook_that_is_replayed_is_a_duplicate,
    a_handler_that_fails_twice_runs_three_times_and_its_sender_is_answered_once,
    while_both_secrets_are_live_a_receiver_takes_either_and_then_only_the_new_one,
    a_receiver_that_was_not_told_of_a_rotation_takes_what_is_sent_while_it_lasts,
}

async fn until_idle(world: &World, side: &ReceivingSide) {
    world.run_until_idle().await;
    side.run_until_idle().await;
}

/// Handler and outcome of each run.
fn runs(report: &InboxReport) -> Vec<(&str, &str)> {
    report.runs.iter().map(|run| (run.handler.as_str(), run.outcome.as_str())).collect()
}

/// Gives a registration another secret, and lets the one before sign for so many seconds.
async fn rotate(world: &World, registration: RegistrationId, overlap: u64) -> String {
    let token = world.sign_in("admin").await;
    let line = format!("POST /api/v1/registrations/{registration}/secret");
    let answer = world.call(&token, &line, Some(json!({ "overlapSeconds": overlap }))).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()["secret"].as_str().expect("the new secret").to_owned()
}

async fn a_receiver_of_ours_proves_itself_and_handles_an_event_once(world: &World) {
    let recorder = Recorder::new();
    let side = world.receive(&recorder).await;
    side.set_secrets("custom", "reports", &[Person::SECRET]);
    // The library's route sends the verification, which only a receiver that is set up answers.
    let register = async |id: &str| {
        let uri = side.url("custom", id);
        let body = json!({ "WebHookUri": uri, "Secret": Person::SECRET, "Filters": ["reports"] });
        let key = &world.administrator.key;
        world.call(key, "POST /api/webhooks/registrations", Some(body)).await.status
    };
    assert_eq!(register("nobody").await, StatusCode::BAD_REQUEST);
    assert_eq!(register("reports").await, StatusCode::CREATED);
    assert_eq!(side.received().await.len(), 0, "a verification is no webhook");

    world.publish("reports", "Added", "42").await;
    until_idle(world, &side).await;

    let calls = recorder.calls();
    assert_eq!((calls.len(), calls[0].attempt), (1, 1));
    assert_eq!(calls[0].actions, ["reports"]);
    let notification = &calls[0].data["Notifications"][0];
    assert_eq!(
        (&notification["Type"], &notification["ResourceId"]),
        (&"Added".into(), &"42".into())
    );
    let received = side.received().await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].item.address.to_string(), "custom/reports");
    assert_eq!((received[0].state, received[0].duplicates), (InboxState::Processed, 0));
    assert_eq!(runs(&received[0]), [("recorder", "done")]);
    side.finish().await;
}

async fn a_standard_webhook_that_is_replayed_is_a_duplicate(world: &World) {
    let recorder = Recorder::new();
    let side = world.receive(&recorder).await;
    side.set_secrets("standard", "reports", &[Person::SECRET]);
    let admin = &world.administrator;
    let (uri, standard) = (side.url("standard", "reports"), json!({ "format": "standard" }));
    let registration = world.register_with(admin, &uri, &["reports"], standard).await;
    let event = world.publish("reports", "Added", "42").await;
    until_idle(world, &side).await;
    let delivery = world.delivery(event, registration).await.delivery.id;
    let replay = format!("/api/v1/deliveries/{delivery}/replay");
    let (status, answer) = world.request(admin, Method::POST, &replay, None).await;
    assert!(status.is_success(), "{status} {answer}");
    until_idle(world, &side).await;

    let sent = world.delivery(event, registration).await;
    let statuses: Vec<_> = sent.attempts.iter().map(|attempt| attempt.outcome.status()).collect();
    assert_eq!(statuses.len(), 2, "the sender did send it again");
    assert!(statuses.iter().all(|status| status.is_some_and(|status| status < 300)));
    let calls = recorder.calls();
    assert_eq!((calls.len(), &calls[0].actions), (1, &vec!["reports.Added".to_owned()]));
    assert_eq!(calls[0].data["data"]["resource"]["id"], "42");
    let received = side.received().await;
    assert_eq!((received.len(), received[0].duplicates), (1, 1));
    assert_eq!(received[0].item.dedupe_key, Some(delivery.to_string()));
    side.finish().await;
}

async fn a_handler_that_fails_twice_runs_three_times_and_its_sender_is_answered_once(
    world: &World,
) {
    let recorder = Recorder::failing(2);
    let side = world.receive(&recorder).await;
    side.set_secrets("custom", "reports", &[Person::SECRET]);
    let uri = side.url("custom", "reports");
    let registration = world.register(&world.administrator, &uri, &["reports"]).await;
    let event = world.publish("reports", "Added", "42").await;
    until_idle(world, &side).await;

    for (seconds, made) in [(10, 2), (60, 3)] {
        side.advance(Duration::from_secs(seconds - 1)).await;
        assert_eq!(recorder.calls().len(), made - 1);
        side.advance(Duration::from_secs(1)).await;
        assert_eq!(recorder.calls().len(), made);
    }
    let attempts: Vec<u16> = recorder.calls().iter().map(|call| call.attempt).collect();
    assert_eq!(attempts, [1, 2, 3]);
    let received = side.received().await;
    let three = [("recorder", "failed"), ("recorder", "failed"), ("recorder", "done")];
    assert_eq!((received[0].state, runs(&received[0])), (InboxState::Processed, three.to_vec()));
    let sent = world.delivery(event, registration).await;
    assert_eq!((sent.attempts.len(), sent.delivery.state.as_str()), (1, "delivered"));
    side.finish().await;
}

async fn while_both_secrets_are_live_a_receiver_takes_either_and_then_only_the_new_one(
    world: &World,
) {
    let recorder = Recorder::new();
    let side = world.receive(&recorder).await;
    let uri = side.url("custom", "reports");
    let slow = world.register(&world.administrator, &uri, &["reports"]).await;
    let quick = world.register(&world.administrator, &uri, &["reports"]).await;
    let new = rotate(world, quick, 0).await;
    world.tick();

    side.set_secrets("custom", "reports", &[&new, Person::SECRET]);
    let during = world.publish("reports", "Added", "during").await;
    until_idle(world, &side).await;
    side.set_secrets("custom", "reports", &[&new]);
    let after = world.publish("reports", "Added", "after").await;
    until_idle(world, &side).await;

    let mut statuses = Vec::new();
    for (event, registration) in [(during, slow), (during, quick), (after, slow), (after, quick)] {
        let sent = world.delivery(event, registration).await;
        statuses.push(sent.attempts[0].outcome.status());
    }
    assert_eq!(statuses, [Some(200), Some(200), Some(400), Some(200)]);
    assert_eq!(recorder.calls().len(), 3);
    side.finish().await;
}

async fn a_receiver_that_was_not_told_of_a_rotation_takes_what_is_sent_while_it_lasts(
    world: &World,
) {
    let recorder = Recorder::new();
    let side = world.receive(&recorder).await;
    let uri = side.url("custom", "reports");
    let registration = world.register(&world.administrator, &uri, &["reports"]).await;
    rotate(world, registration, 3600).await;
    world.tick();

    side.set_secrets("custom", "reports", &[Person::SECRET]);
    let during = world.publish("reports", "Added", "during").await;
    until_idle(world, &side).await;
    world.advance(Duration::from_hours(1)).await;
    let after = world.publish("reports", "Added", "after").await;
    until_idle(world, &side).await;

    let first =
        |report: postrider_domain::ports::DeliveryReport| report.attempts[0].outcome.status();
    assert_eq!(first(world.delivery(during, registration).await), Some(200));
    assert_eq!(first(world.delivery(after, registration).await), Some(400));
    side.finish().await;
}
