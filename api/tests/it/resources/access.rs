//! Who may do what with a resource.

use http::StatusCode;
use serde_json::{Value, json};

use super::{PATH, add, added, names, put};
use crate::harness::{Api, Person};

async fn grant(api: &Api, administrator: &Person, user: &Person, permission: Value) {
    let path = format!("/api/v1/users/{}/permissions", user.user.id);
    let reply = api.post(&path).bearer(&administrator.token).json(&permission).send().await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.shown());
}

/// What `user` may do with the resource at `path`: see, change, execute and delete it.
async fn allowed(api: &Api, user: &Person, path: &str) -> [StatusCode; 4] {
    let shown = api.get(path).bearer(&user.token).send().await;
    let changed = put(api, user, path, &json!({ "name": path })).await;
    let executions = format!("{path}/executions");
    let executed = api.post(&executions).bearer(&user.token).json(&json!({})).send().await;
    let deleted = api.call("DELETE", path).bearer(&user.token).send().await;
    [shown.status, changed.status, executed.status, deleted.status]
}

#[tokio::test]
async fn each_permission_allows_what_it_says_and_nothing_more() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let (ok, done, gone) = (StatusCode::OK, StatusCode::ACCEPTED, StatusCode::NO_CONTENT);
    let (no, none) = (StatusCode::FORBIDDEN, StatusCode::NOT_FOUND);
    for (access, expected) in [
        (json!(null), [none, none, none, none]),
        (json!(["create"]), [none, none, none, none]),
        (json!(["read"]), [ok, no, no, no]),
        (json!(["read", "modify"]), [ok, ok, done, no]),
        (json!(["read", "delete"]), [ok, no, no, gone]),
        (json!(["read", "modify", "delete", "create"]), [ok, ok, done, gone]),
    ] {
        let path =
            added(&api, &root, &json!({ "kind": "tasks", "name": access.to_string() })).await;
        if !access.is_null() {
            grant(&api, &root, &alice, json!({ "kind": "tasks", "access": access })).await;
        }
        assert_eq!(allowed(&api, &alice, &path).await, expected, "{access}");
    }
}

#[tokio::test]
async fn adding_needs_create_on_every_resource_of_the_kind() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let body = json!({ "kind": "reports", "name": "Q3" });
    let denied = add(&api, &alice, &body).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN, "{}", denied.shown());
    grant(&api, &root, &alice, json!({ "kind": "tasks", "access": ["create"] })).await;
    assert_eq!(add(&api, &alice, &body).await.status, StatusCode::FORBIDDEN);
    grant(&api, &root, &alice, json!({ "kind": "reports", "access": ["create"] })).await;
    assert_eq!(add(&api, &alice, &body).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn an_id_is_chosen_by_who_may_do_everything_with_every_resource_of_the_kind() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let body = |id: &str| json!({ "kind": "reports", "id": id, "name": "Q3" });
    let owner = json!(["read", "modify", "delete"]);
    for access in [json!(["create"]), json!(["create", "read", "modify"])] {
        grant(&api, &root, &alice, json!({ "kind": "reports", "access": access })).await;
        // Everything on that one alone does not help: the id may be anybody's by now.
        let one = json!({ "kind": "reports", "scope": "one", "target": "42", "access": owner });
        grant(&api, &root, &alice, one).await;
        let refused = add(&api, &alice, &body("42")).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.shown());
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with("an id is given by who may"), "{detail}");
        let without = json!({ "kind": "reports", "name": "Q3" });
        assert_eq!(add(&api, &alice, &without).await.status, StatusCode::CREATED);
    }
    let all = json!({ "kind": "reports", "access": ["create", "read", "modify", "delete"] });
    grant(&api, &root, &alice, all).await;
    assert_eq!(add(&api, &alice, &body("42")).await.status, StatusCode::CREATED);
    assert_eq!(add(&api, &root, &body("43")).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn whoever_adds_a_resource_may_see_change_and_delete_that_one() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    grant(&api, &root, &alice, json!({ "kind": "tasks", "access": ["create"] })).await;
    let others = added(&api, &root, &json!({ "kind": "tasks", "name": "Root's" })).await;
    let own = added(&api, &alice, &json!({ "kind": "tasks", "name": "Alice's" })).await;
    assert_eq!(names(&api, &alice, "").await, ["Alice's"]);
    let expected = [StatusCode::OK, StatusCode::OK, StatusCode::ACCEPTED, StatusCode::NO_CONTENT];
    assert_eq!(allowed(&api, &alice, &own).await, expected);
    assert_eq!(allowed(&api, &alice, &others).await, [StatusCode::NOT_FOUND; 4]);
}

#[tokio::test]
async fn a_list_shows_what_the_caller_may_read_themselves_or_by_a_role() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let (alice, bob) = (api.user("alice").await, api.user("bob").await);
    added(&api, &root, &json!({ "kind": "categories", "id": "c", "name": "Finance" })).await;
    for (id, category) in [("1", Some("c")), ("2", None), ("3", None)] {
        let body = json!({ "kind": "reports", "id": id, "name": id, "category": category });
        added(&api, &root, &body).await;
    }
    assert_eq!(names(&api, &alice, "").await, Vec::<String>::new());
    let one = json!({ "kind": "reports", "scope": "one", "target": "2", "access": ["read"] });
    grant(&api, &root, &alice, one).await;
    assert_eq!(names(&api, &alice, "").await, ["2"]);
    let filed =
        json!({ "kind": "reports", "scope": "category", "target": "c", "access": ["read"] });
    grant(&api, &root, &alice, filed).await;
    assert_eq!(names(&api, &alice, "").await, ["2", "1"]);

    let role = postrider_domain::RoleId::REPORT_READER;
    let path = format!("/api/v1/roles/{role}/members/{}", bob.user.id);
    api.call("PUT", &path).bearer(&root.token).send().await;
    assert_eq!(names(&api, &bob, "kind=reports").await, ["3", "2", "1"]);
    let shown = api.get(&format!("{PATH}/reports/1")).bearer(&bob.token).send().await;
    assert_eq!(shown.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_could_read_a_deleted_resource_is_told_and_nobody_can_read_its_successor() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    api.register(&alice, "https://h9.example/").await;
    let body = json!({ "kind": "reports", "id": "42", "name": "Q3" });
    let path = added(&api, &root, &body).await;
    let one = json!({ "kind": "reports", "scope": "one", "target": "42", "access": ["read"] });
    grant(&api, &root, &alice, one).await;

    let deleted = api.call("DELETE", &path).bearer(&root.token).send().await;
    let event = deleted.header("postrider-event-id").unwrap().parse().unwrap();
    assert_eq!(api.dispatch(event).await.len(), 1);
    added(&api, &root, &body).await;
    let shown = api.get(&path).bearer(&alice.token).send().await;
    assert_eq!(shown.status, StatusCode::NOT_FOUND);
}
