//! Sending again: one delivery, or many as a job.

use std::time::Duration;

use axum::http::StatusCode;
use postrider_domain::EventId;
use postrider_tests::wait::until;
use postrider_tests::world::World;
use serde_json::json;

postrider_tests::on_both_pairs! {
    a_job_sends_the_dead_again_at_its_pace_to_the_one_registration_only,
    a_job_that_is_cancelled_sends_no_more,
    what_was_expunged_cannot_be_sent_again,
}

/// Three events that die at the one registration, and reach the other.
async fn three_dead(world: &World, sink: &str) -> (postrider_domain::RegistrationId, Vec<EventId>) {
    let once = json!({ "retryDelaysSeconds": [] });
    let admin = &world.administrator;
    let registration = world.register_with(admin, sink, &["reports"], once).await;
    let mut events = Vec::new();
    for number in 0..3 {
        events.push(world.publish("reports", "Added", &number.to_string()).await);
    }
    world.run_until_idle().await;
    (registration, events)
}

async fn a_job_sends_the_dead_again_at_its_pace_to_the_one_registration_only(world: &World) {
    let other = world.endpoint().await;
    world.register(&world.administrator, &other.url("/"), &["reports"]).await;
    let sink = world.endpoint_that_answers(&[500, 500, 500, 200]).await;
    let (registration, events) = three_dead(world, &sink.url("/")).await;
    let token = world.sign_in("admin").await;
    let replays = format!("POST /api/v1/registrations/{registration}/replays");

    let wanted = json!({ "states": ["dead"], "dryRun": true });
    let counted = world.call(&token, &replays, Some(wanted)).await;
    assert_eq!(counted.status, StatusCode::OK, "{counted:?}");
    assert_eq!(counted.json()["matched"]["count"], 3);
    assert_eq!(sink.requests().len(), 3);

    let wanted = json!({ "states": ["dead"], "pace": 1 });
    let made = world.call(&token, &replays, Some(wanted)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let find = format!("GET /api/v1/replays/{}", made.json()["id"].as_str().unwrap());
    for seconds in 1..=4 {
        world.advance(Duration::from_secs(1)).await;
        // One a second and one to begin with. The scheduler may take its turn late, and then sends
        // what the seconds that went by allow: what counts is never more than that.
        let replayed = world.call(&token, &find, None).await.json()["replayed"].as_u64().unwrap();
        assert!(replayed <= seconds + 1, "{replayed} after {seconds} s");
    }
    let replay = until("the job is done", || async {
        world.advance(Duration::from_secs(1)).await;
        let replay = world.call(&token, &find, None).await.json();
        (replay["state"] == "done").then_some(replay)
    })
    .await;
    assert_eq!(replay["replayed"], 3);

    sink.wait_for(6).await;
    world.run_until_idle().await;
    assert_eq!(other.requests().len(), 3);
    for request in &sink.requests()[3..] {
        assert_eq!(request.header("postrider-replay"), "1");
    }
    for event in events {
        let report = world.delivery(event, registration).await;
        let replays: Vec<u16> = report.attempts.iter().map(|attempt| attempt.replay).collect();
        assert_eq!((replays, report.delivery.state.as_str()), (vec![0, 1], "delivered"));
    }
}

async fn a_job_that_is_cancelled_sends_no_more(world: &World) {
    let sink = world.endpoint_that_answers(&[500]).await;
    let (registration, _) = three_dead(world, &sink.url("/")).await;
    let token = world.sign_in("admin").await;
    let replays = format!("POST /api/v1/registrations/{registration}/replays");
    let made = world.call(&token, &replays, Some(json!({ "states": ["dead"], "pace": 1 }))).await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let cancel = format!("POST /api/v1/replays/{id}/cancel");
    let answer = world.call(&token, &cancel, None).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.json()["state"], "cancelled");

    let sent = answer.json()["replayed"].as_u64().unwrap();
    world.advance(Duration::from_mins(1)).await;
    let replay = world.call(&token, &format!("GET /api/v1/replays/{id}"), None).await.json();
    assert_eq!(
        (replay["state"].as_str(), replay["replayed"].as_u64()),
        (Some("cancelled"), Some(sent))
    );
    assert!(sent < 3);
}

async fn what_was_expunged_cannot_be_sent_again(world: &World) {
    let sink = world.endpoint_that_answers(&[500]).await;
    let (registration, events) = three_dead(world, &sink.url("/")).await;
    let token = world.sign_in("admin").await;
    let expunge = format!("DELETE /api/v1/events/{}/payload", events[0]);
    assert_eq!(world.call(&token, &expunge, None).await.status, StatusCode::NO_CONTENT);

    let delivery = world.delivery(events[0], registration).await.delivery.id;
    let replay = format!("POST /api/v1/deliveries/{delivery}/replay");
    assert_eq!(world.call(&token, &replay, None).await.status, StatusCode::CONFLICT);
    let replays = format!("POST /api/v1/registrations/{registration}/replays");
    let wanted = json!({ "states": ["dead"], "dryRun": true });
    assert_eq!(world.call(&token, &replays, Some(wanted)).await.json()["matched"]["count"], 2);
}
