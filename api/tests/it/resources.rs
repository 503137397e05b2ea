use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Api, Person, Reply};

mod access;
mod executions;

const PATH: &str = "/api/v1/resources";

async fn add(api: &Api, caller: &Person, body: &Value) -> Reply {
    api.post(PATH).bearer(&caller.token).json(body).send().await
}

async fn added(api: &Api, caller: &Person, body: &Value) -> String {
    // Those of one millisecond are in no particular order.
    api.clock.advance(Duration::from_millis(1));
    let reply = add(api, caller, body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.shown());
    reply.header("location").unwrap().to_owned()
}

async fn put(api: &Api, caller: &Person, path: &str, body: &Value) -> Reply {
    api.call("PUT", path).bearer(&caller.token).json(body).send().await
}

/// The event that an answer names, as an administrator sees it.
async fn event_of(api: &Api, administrator: &Person, reply: &Reply) -> Value {
    let id = reply.header("postrider-event-id").unwrap();
    let shown = api.get(&format!("/api/v1/events/{id}")).bearer(&administrator.token).send().await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.shown());
    shown.json()
}

async fn names(api: &Api, caller: &Person, query: &str) -> Vec<String> {
    let list = api.get(&format!("{PATH}?{query}")).bearer(&caller.token).send().await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.shown());
    let items = list.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_resource_is_added_shown_changed_and_deleted_and_each_change_is_told() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    added(&api, &root, &json!({ "kind": "categories", "id": "c", "name": "Finance" })).await;
    let body = json!({ "kind": "Reports", "id": "42", "name": "Q3", "category": "c" });
    let created = add(&api, &root, &body).await;
    assert_snapshot!(created.shown(), @r#"
    201 Created
    content-type: application/json
    location: /api/v1/resources/reports/42
    {
      "category": "c",
      "createdAt": "2026-11-21T08:00:00.001000Z",
      "id": "42",
      "kind": "reports",
      "name": "Q3",
      "ownerId": "usr_…",
      "updatedAt": "2026-11-21T08:00:00.001000Z"
    }
    "#);
    let path = created.header("location").unwrap();
    let shown = api.get(path).bearer(&root.token).send().await;
    assert_eq!(shown.json(), created.json());
    let changed = put(&api, &root, path, &json!({ "name": "Q4" })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.shown());
    assert_eq!(changed.json()["category"], Value::Null);
    let deleted = api.call("DELETE", path).bearer(&root.token).send().await;
    assert_eq!((deleted.status, deleted.text()), (StatusCode::NO_CONTENT, ""));
    let gone = api.get(path).bearer(&root.token).send().await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);

    let mut told = Vec::new();
    for reply in [&created, &changed, &deleted] {
        let event = event_of(&api, &root, reply).await;
        assert_eq!((&event["filter"], &event["actor"]), (&json!("reports"), &json!("root")));
        told.push(json!([event["type"], event["resource"]]));
    }
    assert_eq!(
        told,
        [
            json!(["Added", { "id": "42", "name": "Q3", "category": "c" }]),
            json!(["Edited", { "id": "42", "name": "Q4" }]),
            json!(["Deleted", { "id": "42", "name": "Q4" }]),
        ]
    );
}

#[tokio::test]
async fn the_event_of_a_change_reaches_the_queue_and_its_readers() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    api.may_read_reports(&root, &alice).await;
    api.register(&alice, "https://h9.example/").await;
    let created = add(&api, &root, &json!({ "kind": "reports", "name": "Q3" })).await;
    let event = created.header("postrider-event-id").unwrap().parse().unwrap();
    assert_eq!(api.dispatch(event).await.len(), 1);
}

#[tokio::test]
async fn an_id_is_any_text_and_generated_unless_it_is_given() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let path = added(&api, &root, &json!({ "kind": "reports", "name": "Q3" })).await;
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(id.len(), 32);

    for id in ["a/b?c#d%e f", "Ünïcode", "executions", "..."] {
        let path = added(&api, &root, &json!({ "kind": "reports", "id": id, "name": id })).await;
        let shown = api.get(&path).bearer(&root.token).send().await;
        assert_eq!(shown.json()["id"], json!(id), "{path}: {}", shown.shown());
    }
}

#[tokio::test]
async fn a_resource_that_breaks_a_rule_is_refused() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let mut told = Vec::new();
    for body in [
        json!({ "kind": "nothing", "id": "..", "name": "x" }),
        json!({ "kind": "reports", "id": "", "name": "x" }),
        json!({ "kind": "reports", "name": " " }),
        json!({ "kind": "reports", "name": "x", "category": "none" }),
        json!({ "kind": "categories", "name": "x", "category": "c" }),
    ] {
        let reply = add(&api, &root, &body).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", reply.shown());
        told.push(reply.json()["errors"].to_string());
    }
    assert_snapshot!(told.join("\n"), @r#"
    [{"detail":"`nothing` is not a kind of resource","pointer":"/kind"},{"detail":"no path can name a resource with the id `..`","pointer":"/id"}]
    [{"detail":"`resource.id` is empty","pointer":""}]
    [{"detail":"the name of a resource is empty","pointer":""}]
    [{"detail":"there is no category with this id","pointer":"/category"}]
    [{"detail":"a category is in no category","pointer":""}]
    "#);
}

#[tokio::test]
async fn what_is_taken_or_in_use_is_a_conflict() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let category =
        added(&api, &root, &json!({ "kind": "categories", "id": "c", "name": "Finance" })).await;
    let body = json!({ "kind": "tasks", "id": "1", "name": "Nightly", "category": "c" });
    added(&api, &root, &body).await;
    let other = added(&api, &root, &json!({ "kind": "tasks", "id": "2", "name": "Weekly" })).await;

    let codes = [
        add(&api, &root, &json!({ "kind": "tasks", "id": "1", "name": "Hourly" })).await,
        add(&api, &root, &json!({ "kind": "tasks", "name": "NIGHTLY" })).await,
        put(&api, &root, &other, &json!({ "name": "nightly" })).await,
        api.call("DELETE", &category).bearer(&root.token).send().await,
    ]
    .map(|reply| {
        assert_eq!(reply.status, StatusCode::CONFLICT, "{}", reply.shown());
        reply.json()["code"].as_str().unwrap().to_owned()
    });
    assert_eq!(codes, ["id_taken", "name_taken", "name_taken", "in_use"]);
    // Two reports may have the same name.
    for _ in 0..2 {
        added(&api, &root, &json!({ "kind": "reports", "name": "Q3" })).await;
    }
}

#[tokio::test]
async fn a_list_is_filtered_searched_and_read_page_by_page() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    added(&api, &root, &json!({ "kind": "categories", "id": "c", "name": "Finance" })).await;
    for body in [
        json!({ "kind": "reports", "name": "Revenue", "category": "c" }),
        json!({ "kind": "reports", "name": "Costs" }),
        json!({ "kind": "tasks", "name": "Revenue by mail" }),
    ] {
        added(&api, &root, &body).await;
    }
    for (query, expected) in [
        ("", vec!["Revenue by mail", "Costs", "Revenue", "Finance"]),
        ("kind=REPORTS", vec!["Costs", "Revenue"]),
        ("category=c", vec!["Revenue"]),
        ("search=revenue", vec!["Revenue by mail", "Revenue"]),
        ("kind=reports&search=revenue", vec!["Revenue"]),
    ] {
        assert_eq!(names(&api, &root, query).await, expected, "{query}");
    }
    let first = api.get(&format!("{PATH}?limit=3")).bearer(&root.token).send().await.json();
    let next = first["next"].as_str().unwrap();
    assert_eq!(names(&api, &root, &format!("limit=3&cursor={next}")).await, ["Finance"]);
}

#[tokio::test]
async fn a_repeated_addition_with_its_key_adds_and_tells_once() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let add_keyed = async |name: &str| {
        let call = api.post(PATH).bearer(&root.token).header("idempotency-key", "k");
        call.json(&json!({ "kind": "reports", "name": name })).send().await
    };
    let once = add_keyed("Q3").await;
    let again = add_keyed("Q3").await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.shown());
    assert_eq!(again.json(), once.json());
    assert_eq!(again.header("postrider-event-id"), None);
    assert_eq!(names(&api, &root, "").await, ["Q3"]);
    let other = add_keyed("Q4").await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert_eq!(other.json()["code"], json!("idempotency_conflict"));
}

#[tokio::test]
async fn a_change_that_is_meant_for_another_version_is_refused() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let path = added(&api, &root, &json!({ "kind": "reports", "name": "Q3" })).await;
    let shown = api.get(&path).bearer(&root.token).send().await;
    let old = shown.header("etag").unwrap().to_owned();
    put(&api, &root, &path, &json!({ "name": "Q4" })).await;
    for method in ["PUT", "DELETE"] {
        let call = api.call(method, &path).bearer(&root.token).header("if-match", &old);
        let refused = call.json(&json!({ "name": "Q5" })).send().await;
        assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED, "{method}");
    }
    assert_eq!(names(&api, &root, "").await, ["Q4"]);
}

#[tokio::test]
async fn a_kind_of_an_administrators_own_keeps_its_spelling() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let body = json!({ "name": "OrderPlaced" });
    api.post("/api/v1/filters").bearer(&root.token).json(&body).send().await;
    let created = add(&api, &root, &json!({ "kind": "ORDERPLACED", "id": "1", "name": "x" })).await;
    assert_eq!(created.header("location"), Some("/api/v1/resources/OrderPlaced/1"));
    let path = "/api/v1/resources/orderplaced/1";
    let shown = api.get(path).bearer(&root.token).send().await;
    assert_eq!(shown.json()["kind"], json!("OrderPlaced"));
    let deleted = api.call("DELETE", path).bearer(&root.token).send().await;
    assert_eq!(event_of(&api, &root, &deleted).await["filter"], json!("OrderPlaced"));
}
