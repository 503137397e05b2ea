use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use postrider_domain::NoticeKind;
use serde_json::{Value, json};

use crate::harness::{Api, Person, Reply};

const PATH: &str = "/api/v1/filters";

async fn add(api: &Api, administrator: &Person, name: &str) -> Reply {
    let body = json!({ "name": name, "description": "Orders that were placed" });
    api.post(PATH).bearer(&administrator.token).json(&body).send().await
}

fn order_event(filter: &str) -> Value {
    json!({ "filter": filter, "type": "Placed", "resource": { "id": "o-1" } })
}

#[tokio::test]
async fn everybody_sees_every_filter() {
    let api = Api::start_with(|config| config.filters = vec!["invoices".parse().unwrap()]).await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    assert_eq!(add(&api, &root, "OrderPlaced").await.status, StatusCode::CREATED);
    let list = api.get(PATH).bearer(&alice.token).send().await.json();
    let shown: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["name"].as_str().unwrap(), item["origin"].as_str().unwrap()))
        .collect();
    assert_eq!(
        shown,
        [
            ("alerts", "builtIn"),
            ("categories", "builtIn"),
            ("connections", "builtIn"),
            ("invoices", "configured"),
            ("OrderPlaced", "custom"),
            ("postrider", "builtIn"),
            ("reports", "builtIn"),
            ("tasks", "builtIn"),
        ]
    );
}

#[tokio::test]
async fn a_filter_is_added_shown_described_and_deleted() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let added = add(&api, &root, "OrderPlaced").await;
    assert_snapshot!(added.shown(), @r#"
    201 Created
    content-type: application/json
    location: /api/v1/filters/OrderPlaced
    {
      "createdAt": "2026-11-21T08:00:00.000000Z",
      "description": "Orders that were placed",
      "eventTypes": null,
      "name": "OrderPlaced",
      "origin": "custom",
      "updatedAt": "2026-11-21T08:00:00.000000Z"
    }
    "#);
    let path = format!("{PATH}/orderPLACED");
    let shown = api.get(&path).bearer(&root.token).send().await;
    assert_eq!(shown.json(), added.json());

    api.clock.advance(Duration::from_mins(1));
    let body = json!({ "description": null });
    let described = api.call("PUT", &path).bearer(&root.token).json(&body).send().await;
    assert_eq!(described.status, StatusCode::OK, "{}", described.shown());
    assert_eq!(described.json()["name"], json!("OrderPlaced"));
    assert_eq!(described.json()["description"], Value::Null);
    assert_eq!(described.json()["updatedAt"], json!("2026-11-21T08:01:00.000000Z"));

    let deleted = api.call("DELETE", &path).bearer(&root.token).send().await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.shown());
    for method in ["GET", "DELETE"] {
        let reply = api.call(method, &path).bearer(&root.token).send().await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{method}");
    }
}

#[tokio::test]
async fn an_event_of_a_filter_that_was_just_added_is_published_and_delivered_in_its_spelling() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let early = api.post("/api/v1/events").bearer(&root.key);
    let early = early.json(&order_event("OrderPlaced")).send().await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);

    add(&api, &root, "OrderPlaced").await;
    let body = json!({ "uri": "https://h9.example/", "filters": ["orderplaced"] });
    let call = api.post("/api/v1/registrations").bearer(&root.token);
    let registration = call.json(&body).send().await;
    assert_eq!(registration.json()["filters"], json!(["OrderPlaced"]));

    let event = api.publish(&root, order_event("ORDERPLACED")).await;
    assert_eq!(api.dispatch(event).await.len(), 1);
    let shown = api.get(&format!("/api/v1/events/{event}")).bearer(&root.token).send().await;
    assert_eq!(shown.json()["filter"], json!("OrderPlaced"));
}

#[tokio::test]
async fn a_name_is_taken_in_any_case_and_wherever_its_filter_comes_from() {
    let api = Api::start_with(|config| config.filters = vec!["invoices".parse().unwrap()]).await;
    let root = api.administrator("root").await;
    add(&api, &root, "OrderPlaced").await;
    for name in ["ORDERPLACED", "Reports", "Invoices"] {
        let taken = add(&api, &root, name).await;
        assert_eq!(taken.status, StatusCode::CONFLICT, "{name}");
        assert_eq!(taken.json()["code"], json!("name_taken"), "{name}");
    }
    let unfit = add(&api, &root, "two words").await;
    assert_eq!(unfit.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(unfit.json()["errors"][0]["pointer"], json!("/name"));
}

#[tokio::test]
async fn a_filter_that_is_not_a_custom_one_stays_as_it_is() {
    let api = Api::start_with(|config| config.filters = vec!["invoices".parse().unwrap()]).await;
    let root = api.administrator("root").await;
    for name in ["reports", "invoices"] {
        let path = format!("{PATH}/{name}");
        let call = api.call("PUT", &path).bearer(&root.token);
        let described = call.json(&json!({ "description": "mine" })).send().await;
        let deleted = api.call("DELETE", &path).bearer(&root.token).send().await;
        for reply in [described, deleted] {
            assert_eq!(reply.status, StatusCode::CONFLICT, "{name}");
            assert_eq!(reply.json()["code"], json!("built_in"), "{name}");
        }
    }
}

#[tokio::test]
async fn a_filter_that_a_registration_asks_for_is_not_deleted() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    add(&api, &root, "OrderPlaced").await;
    let body = json!({ "uri": "https://h9.example/", "filters": ["OrderPlaced"] });
    let call = api.post("/api/v1/registrations").bearer(&root.token);
    let registration = call.json(&body).send().await;

    let path = format!("{PATH}/OrderPlaced");
    let refused = api.call("DELETE", &path).bearer(&root.token).send().await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.json()["code"], json!("in_use"));
    api.call("DELETE", registration.header("location").unwrap()).bearer(&root.token).send().await;
    let deleted = api.call("DELETE", &path).bearer(&root.token).send().await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.shown());
}

#[tokio::test]
async fn only_administrators_change_filters() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    add(&api, &root, "OrderPlaced").await;
    let path = format!("{PATH}/OrderPlaced");
    assert_eq!(add(&api, &alice, "Mine").await.status, StatusCode::FORBIDDEN);
    let call = api.call("PUT", &path).bearer(&alice.token);
    let described = call.json(&json!({ "description": "mine" })).send().await;
    assert_eq!(described.status, StatusCode::FORBIDDEN);
    let deleted = api.call("DELETE", &path).bearer(&alice.token).send().await;
    assert_eq!(deleted.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_change_of_a_version_that_is_not_the_present_one_is_refused() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let added = add(&api, &root, "OrderPlaced").await;
    let version = added.header("etag").unwrap();
    let path = format!("{PATH}/OrderPlaced");
    let describe = async |version: &str| {
        let call = api.call("PUT", &path).bearer(&root.token).header("if-match", version);
        call.json(&json!({ "description": "new" })).send().await
    };
    assert_eq!(describe(version).await.status, StatusCode::OK);
    assert_eq!(describe(version).await.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn a_built_in_filter_shows_the_types_of_its_events_and_no_other_does() {
    let api = Api::start_with(|config| config.filters = vec!["invoices".parse().unwrap()]).await;
    let root = api.administrator("root").await;
    add(&api, &root, "OrderPlaced").await;
    let list = api.get(PATH).bearer(&root.token).send().await.json();
    let mut count = 0;
    for item in list["items"].as_array().unwrap() {
        let name = item["name"].as_str().unwrap();
        if item["origin"] != "builtIn" {
            assert_eq!(item["eventTypes"], Value::Null, "{name}");
            continue;
        }
        let expected = match name {
            "alerts" | "tasks" => vec!["Added", "Edited", "Deleted", "Executed"],
            "postrider" => NoticeKind::ALL.iter().map(|kind| kind.as_str()).collect(),
            _ => vec!["Added", "Edited", "Deleted"],
        };
        assert_eq!(item["eventTypes"], json!(expected), "{name}");
        count += expected.len();
    }
    assert_eq!(count, 17 + NoticeKind::ALL.len());
}

#[tokio::test]
async fn nobody_but_the_product_has_to_do_with_the_filter_of_its_notices_but_ask_for_it() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let user = format!("/api/v1/users/{}/permissions", root.user.id);
    let event =
        json!({ "filter": "Postrider", "type": "BreakerOpened", "resource": { "id": "1" } });
    for (path, body, pointer) in [
        (PATH, json!({ "name": "Postrider" }), "/name"),
        ("/api/v1/events", event, "/filter"),
        (user.as_str(), json!({ "kind": "postrider", "access": ["read"] }), "/kind"),
        ("/api/v1/resources", json!({ "kind": "postrider", "name": "x" }), "/kind"),
    ] {
        let refused = api.post(path).bearer(&root.token).json(&body).send().await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.shown());
        let told = &refused.json()["errors"][0];
        assert_eq!(told["pointer"], json!(pointer));
        let text = told["detail"].as_str().unwrap();
        assert!(text.starts_with("`postrider` is the filter of what the product itself"), "{text}");
    }
    let change = api.call("PUT", &format!("{PATH}/postrider")).bearer(&root.token);
    let change = change.json(&json!({ "description": "x" })).send().await;
    assert_eq!(change.json()["code"], json!("built_in"));

    let body = json!({ "uri": "https://h9.example/", "filters": ["PostRider", "tasks"] });
    let asked = api.post("/api/v1/registrations").bearer(&root.token).json(&body).send().await;
    assert_eq!(asked.json()["filters"], json!(["postrider", "tasks"]), "{}", asked.shown());
}

#[tokio::test]
async fn the_classic_dialect_lists_the_filters_it_always_had() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let list = api.get("/api/webhooks/filters").bearer(&root.token).send().await.json();
    let names: Vec<_> = list.as_array().unwrap().iter().map(|item| &item["Name"]).collect();
    assert_eq!(names, ["*", "alerts", "categories", "connections", "reports", "tasks"]);
}
