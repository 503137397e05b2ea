//! Postrider in the place of a report server: its catalogue tells of itself.

use std::time::Duration;

use axum::http::StatusCode;
use postrider_domain::{Access, ResourceScope, RoleId};
use postrider_tests::world::{Person, SinkRequest, World};
use serde_json::{Value, json};

postrider_tests::on_both_pairs! {
    every_change_and_every_execution_is_told_of,
    a_deletion_is_told_to_those_who_could_read_it_before,
    a_resource_is_told_to_those_who_may_read_that_one,
    a_custom_kind_is_added_asked_for_and_fired,
}

/// The five kinds, and what can happen to each.
const KINDS: [(&str, bool); 5] = [
    ("categories", false),
    ("reports", false),
    ("connections", false),
    ("tasks", true),
    ("alerts", true),
];

async fn every_change_and_every_execution_is_told_of(world: &World) {
    let sink = world.endpoint().await;
    let reader = world.user("ada").await;
    world
        .store
        .add_role_member(RoleId::REPORT_READER, reader.id, world.now())
        .await
        .expect("the store answers");
    world.register(&reader, &sink.url("/"), &[]).await;

    let mut expected = Vec::new();
    for (kind, runs) in KINDS {
        let admin = &world.administrator;
        let created = create(world, admin, json!({ "kind": kind, "name": "First" })).await;
        let id = created["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/resources/{kind}/{id}");
        expect(world, admin, &format!("PUT {path}"), Some(json!({ "name": "Second" })), 200).await;
        if runs {
            let run = json!({ "executionId": "e1", "documentIds": ["d1"], "alertTriggered": true });
            expect(world, admin, &format!("POST {path}/executions"), Some(run), 202).await;
        }
        expect(world, admin, &format!("DELETE {path}"), None, 204).await;
        for event_type in ["Added", "Edited", "Executed", "Deleted"] {
            if runs || event_type != "Executed" {
                expected.push(format!("{kind} {event_type} {id}"));
            }
        }
    }
    world.run_until_idle().await;
    expected.sort();
    assert_eq!(expected.len(), 17);
    assert_eq!(sink.told(), expected);

    let runs: Vec<Value> = sink
        .requests()
        .iter()
        .flat_map(SinkRequest::notifications)
        .filter(|notification| notification["Type"] == "Executed")
        .collect();
    for run in runs {
        assert_eq!(run["ResourceName"], "Second");
        assert_eq!(run["Actor"], "admin");
        assert_eq!(run["Data"]["ExecutionId"], "e1");
        assert_eq!(run["Data"]["DocumentIds"], json!(["d1"]));
        assert_eq!(run["Data"]["AlertTriggered"], true);
    }
}

async fn a_deletion_is_told_to_those_who_could_read_it_before(world: &World) {
    let sink = world.endpoint().await;
    let ada = world.user("ada").await;
    world.register(&ada, &sink.url("/"), &[]).await;
    world.grant_read(&ada, "reports", Some("q3")).await;
    let admin = &world.administrator;
    create(world, admin, json!({ "kind": "reports", "id": "q3", "name": "Q3" })).await;
    world.run_until_idle().await;
    expect(world, admin, "DELETE /api/v1/resources/reports/q3", None, 204).await;
    world.run_until_idle().await;
    assert_eq!(sink.told(), ["reports Added q3", "reports Deleted q3"]);

    // Somebody else's report may come under that id next; a moment later, as in life.
    world.clock.advance(Duration::from_millis(1));
    create(world, admin, json!({ "kind": "reports", "id": "q3", "name": "Another" })).await;
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 2, "the permission ended with the deletion");
}

async fn a_resource_is_told_to_those_who_may_read_that_one(world: &World) {
    let (ada_sink, ben_sink) = (world.endpoint().await, world.endpoint().await);
    let (ada, ben) = (world.user("ada").await, world.user("ben").await);
    world.register(&ada, &ada_sink.url("/"), &[]).await;
    world.register(&ben, &ben_sink.url("/"), &[]).await;
    // Whoever creates a report may read, change and delete it.
    world.grant(&ada, "reports", ResourceScope::Any, Access::CREATE).await;
    let created = create(world, &ada, json!({ "kind": "reports", "name": "Mine" })).await;
    let path = format!("/api/v1/resources/reports/{}", created["id"].as_str().expect("an id"));
    expect(world, &ben, &format!("GET {path}"), None, 404).await;
    expect(world, &ben, &format!("PUT {path}"), Some(json!({ "name": "His" })), 404).await;
    expect(world, &ada, &format!("PUT {path}"), Some(json!({ "name": "Still mine" })), 200).await;
    world.run_until_idle().await;
    assert_eq!(ada_sink.requests().len(), 2);
    assert_eq!(ben_sink.requests().len(), 0);
}

async fn a_custom_kind_is_added_asked_for_and_fired(world: &World) {
    let sink = world.endpoint().await;
    let admin = &world.administrator;
    let filter = json!({ "name": "OrderPlaced", "description": "Somebody bought something." });
    expect(world, admin, "POST /api/v1/filters", Some(filter), 201).await;
    world.register(admin, &sink.url("/"), &["orderplaced"]).await;
    world.publish("ORDERPLACED", "Paid", "7").await;
    world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    // Handlers of the receiving library compare the action to the name as it was declared.
    assert_eq!(sink.told(), ["OrderPlaced Paid 7"]);
}

async fn create(world: &World, person: &Person, body: Value) -> Value {
    expect(world, person, "POST /api/v1/resources", Some(body), 201).await
}

async fn expect(
    world: &World,
    person: &Person,
    line: &str,
    body: Option<Value>,
    status: u16,
) -> Value {
    let answer = world.call(&person.key, line, body).await;
    assert_eq!(answer.status, StatusCode::from_u16(status).expect("a status"), "{line} {answer:?}");
    serde_json::from_slice(&answer.body).unwrap_or(Value::Null)
}
