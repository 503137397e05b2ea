//! A database that was prepared for the sending side alone.

use http::StatusCode;
use insta::{allow_duplicates, assert_snapshot};
use postrider_testkit::databases::{Database, SqliteDatabase};
use serde_json::json;

use super::{PATH, get, on_both_databases, start};
use crate::harness::{Api, report_event};
use crate::openapi::{document, operations};

on_both_databases!(
    an_inbox_without_its_schema_says_what_to_run_and_the_rest_works,
    an_inbox_that_is_migrated_later_needs_no_restart,
);

async fn an_inbox_without_its_schema_says_what_to_run_and_the_rest_works(database: &dyn Database) {
    let api = Api::start_with_inbox(database.open_inbox().await).await;
    let root = api.administrator("root").await;
    let id = api.webhook().id.to_string();
    let document = document();
    let of_inbox: Vec<_> =
        operations().into_iter().filter(|operation| operation.path.starts_with(PATH)).collect();
    assert_eq!(of_inbox.len(), 5);
    for operation in of_inbox {
        let path = operation.path.replace("{id}", &id);
        let call = api.call(&operation.method, &path).bearer(&root.token);
        let refused = call.json(&json!({})).send().await;
        operation.assert_promised(&document, &refused);
        allow_duplicates! {
            assert_snapshot!(refused.shown(), @r#"
            503 Service Unavailable
            content-type: application/problem+json
            retry-after: 2
            {
              "code": "inbox_not_migrated",
              "detail": "the database does not have this version's schema of the inbox: run `postrider migrate`",
              "requestId": "…",
              "status": 503,
              "title": "Inbox without its schema",
              "type": "about:blank"
            }
            "#);
        }
    }
    let log = api.get("/api/v1/audit?outcome=failed").bearer(&root.token).send().await.json();
    assert_eq!(log["items"].as_array().unwrap().len(), 2);
    api.publish(&root, report_event()).await;
}

async fn an_inbox_that_is_migrated_later_needs_no_restart(database: &dyn Database) {
    let api = Api::start_with_inbox(database.open_inbox().await).await;
    let root = api.administrator("root").await;
    assert_eq!(get(&api, &root, "").await.status, StatusCode::SERVICE_UNAVAILABLE);
    database.inbox().await;
    assert_eq!(get(&api, &root, "").await.json(), json!({ "items": [], "next": null }));
}

#[tokio::test]
async fn what_is_rejected_although_the_schema_is_there_is_an_internal_error() {
    let database = SqliteDatabase::create_empty().await;
    let (api, root) = start(&database).await;
    // The list names it.
    database.execute("DROP INDEX inbox_items_dead").await;
    let reply = get(&api, &root, "?state=dead").await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", reply.shown());
    assert_eq!(
        (&reply.json()["code"], &reply.json()["detail"]),
        (&json!("internal"), &json!(null))
    );
}
