//! Nobody is told of what they may not read.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use postrider_domain::RoleId;
use postrider_tests::world::World;
use serde_json::json;

postrider_tests::on_both_pairs! {
    without_read_nothing_is_sent_and_granting_it_makes_the_next_event_arrive,
    read_on_one_resource_is_for_that_resource_only,
    a_disabled_owner_is_told_nothing,
    what_is_due_while_its_owner_is_disabled_is_held_and_sent_when_they_are_back,
    a_deleted_owner_is_told_nothing_more,
    a_role_gives_its_members_what_it_may_read,
    read_on_a_category_is_for_the_reports_in_it,
    an_audience_keeps_an_event_from_everybody_else,
    an_administrator_is_told_of_everything,
}

async fn without_read_nothing_is_sent_and_granting_it_makes_the_next_event_arrive(world: &World) {
    let sink = world.endpoint().await;
    let user = world.user("ada").await;
    world.register(&user, &sink.url("/"), &["reports"]).await;
    world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 0);

    world.grant_read(&user, "reports", None).await;
    world.publish("reports", "Edited", "1").await;
    world.run_until_idle().await;
    assert_eq!(sink.told(), ["reports Edited 1"]);
}

async fn read_on_one_resource_is_for_that_resource_only(world: &World) {
    let sink = world.endpoint().await;
    let user = world.user("ada").await;
    world.grant_read(&user, "reports", Some("A")).await;
    world.grant_read(&user, "tasks", None).await;
    world.register(&user, &sink.url("/"), &[]).await;
    for (filter, resource) in [("reports", "A"), ("reports", "B"), ("tasks", "B"), ("alerts", "A")]
    {
        world.publish(filter, "Added", resource).await;
    }
    world.run_until_idle().await;
    assert_eq!(sink.told(), ["reports Added A", "tasks Added B"]);
}

async fn a_disabled_owner_is_told_nothing(world: &World) {
    let sink = world.endpoint().await;
    let user = world.user("ada").await;
    world.grant_read(&user, "reports", None).await;
    world.register(&user, &sink.url("/"), &["reports"]).await;
    world.disable(&user, true).await;
    world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 0);

    world.disable(&user, false).await;
    world.publish("reports", "Added", "2").await;
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 1);
}

async fn what_is_due_while_its_owner_is_disabled_is_held_and_sent_when_they_are_back(
    world: &World,
) {
    let sink = world.endpoint_that_answers(&[500, 200]).await;
    let user = world.user("ada").await;
    world.grant_read(&user, "reports", None).await;
    let registration = world.register(&user, &sink.url("/"), &["reports"]).await;
    let event = world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;

    world.disable(&user, true).await;
    world.advance(Duration::from_mins(1)).await;
    assert_eq!(sink.requests().len(), 1);
    assert_eq!(world.delivery(event, registration).await.delivery.state.as_str(), "held");

    world.disable(&user, false).await;
    sink.wait_for(2).await;
    world.run_until_idle().await;
    assert_eq!(world.delivery(event, registration).await.delivery.state.as_str(), "delivered");
}

async fn a_deleted_owner_is_told_nothing_more(world: &World) {
    let sink = world.endpoint_that_answers(&[500]).await;
    let user = world.user("ada").await;
    world.grant_read(&user, "reports", None).await;
    let registration = world.register(&user, &sink.url("/"), &["reports"]).await;
    let event = world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;

    let path = format!("/api/v1/users/{}", user.id);
    let (status, answer) = world.request(&world.administrator, Method::DELETE, &path, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
    world.publish("reports", "Edited", "1").await;
    world.advance(Duration::from_hours(1)).await;
    assert_eq!(sink.requests().len(), 1);
    assert_eq!(world.delivery(event, registration).await.delivery.state.as_str(), "dead");
}

async fn a_role_gives_its_members_what_it_may_read(world: &World) {
    let sink = world.endpoint().await;
    let user = world.user("ada").await;
    world.register(&user, &sink.url("/"), &[]).await;
    let member = format!("/api/v1/roles/{}/members/{}", RoleId::REPORT_READER, user.id);
    let admin = &world.administrator;

    world.publish("reports", "Added", "before").await;
    world.run_until_idle().await;
    let (status, answer) = world.request(admin, Method::PUT, &member, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
    for filter in ["reports", "alerts"] {
        world.publish(filter, "Added", "during").await;
    }
    world.run_until_idle().await;
    let (status, answer) = world.request(admin, Method::DELETE, &member, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
    world.publish("reports", "Added", "after").await;
    world.run_until_idle().await;
    assert_eq!(sink.told(), ["alerts Added during", "reports Added during"]);
}

async fn read_on_a_category_is_for_the_reports_in_it(world: &World) {
    let sink = world.endpoint().await;
    let user = world.user("ada").await;
    world.register(&user, &sink.url("/"), &[]).await;
    world.grant_read_in(&user, "reports", "finance").await;
    for (id, category) in [("1", Some("finance")), ("2", Some("sales")), ("3", None)] {
        world.publish_about("reports", "Added", json!({ "id": id, "category": category })).await;
    }
    world.run_until_idle().await;
    assert_eq!(sink.told(), ["reports Added 1"]);
}

async fn an_audience_keeps_an_event_from_everybody_else(world: &World) {
    let (ada_sink, admin_sink) = (world.endpoint().await, world.endpoint().await);
    let ada = world.user("ada").await;
    world.grant_read(&ada, "reports", Some("1")).await;
    world.register(&ada, &ada_sink.url("/"), &[]).await;
    world.register(&world.administrator, &admin_sink.url("/"), &[]).await;
    for (resource, audience) in [("1", json!(["ADA"])), ("2", json!(["ada"])), ("1", json!(["x"]))]
    {
        let event = json!({
            "filter": "reports",
            "type": "Added",
            "resource": { "id": resource },
            "audience": audience,
        });
        let admin = &world.administrator;
        let (status, answer) =
            world.request(admin, Method::POST, "/api/v1/events", Some(event)).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    }
    world.run_until_idle().await;
    assert_eq!(ada_sink.told(), ["reports Added 1"], "an audience narrows, and grants nothing");
    assert_eq!(admin_sink.requests().len(), 0);
}

async fn an_administrator_is_told_of_everything(world: &World) {
    let sink = world.endpoint().await;
    world.register(&world.administrator, &sink.url("/"), &["*"]).await;
    for filter in ["reports", "categories", "connections", "tasks", "alerts"] {
        world.publish(filter, "Added", "1").await;
    }
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 5);
}
