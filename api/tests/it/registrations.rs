use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Api, Person, Reply, SECRET};

mod credentials;
mod explain;
mod flow;
mod grid;
mod headers;
mod keys;
mod options;
mod preview;
mod secrets;
mod sent_tests;
mod versions;

const PATH: &str = "/api/v1/registrations";

async fn create(api: &Api, owner: &Person, body: &Value) -> Reply {
    api.post(PATH).bearer(&owner.token).json(body).send().await
}

async fn patch(api: &Api, caller: &Person, id: &str, body: &Value) -> Reply {
    api.call("PATCH", &format!("{PATH}/{id}")).bearer(&caller.token).json(body).send().await
}

#[tokio::test]
async fn a_registration_is_created_and_shown() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let body = json!({
        "uri": "https://h9.example/hook?code=1",
        "filters": ["Tasks", "reports"],
        "secret": SECRET,
        "description": "to the archive",
        "headers": { "X-A": "1" },
        "properties": { "p": [1, 2.0] },
    });
    let created = create(&api, &alice, &body).await;
    assert_snapshot!(created.shown(), @r#"
    201 Created
    content-type: application/json
    location: /api/v1/registrations/reg_…
    {
      "authentication": null,
      "batch": null,
      "condition": null,
      "createdAt": "2026-11-21T08:00:00.000000Z",
      "description": "to the archive",
      "disabled": null,
      "filters": [
        "reports",
        "tasks"
      ],
      "format": "aspnet",
      "headers": {
        "x-a": "1"
      },
      "id": "reg_…",
      "maxInFlight": null,
      "ownerId": "usr_…",
      "paused": false,
      "properties": {
        "p": [
          1,
          2.0
        ]
      },
      "rateLimit": null,
      "retryDelaysSeconds": null,
      "secret": "12345678901234567890123456781012",
      "secretExpiresAt": null,
      "signing": null,
      "timeoutSeconds": null,
      "tls": null,
      "updatedAt": "2026-11-21T08:00:00.000000Z",
      "uri": "https://h9.example/hook?code=1",
      "whilePaused": "hold"
    }
    "#);

    let path = created.header("location").unwrap().to_owned();
    let shown = api.get(&path).bearer(&alice.token).send().await;
    let mut expected = created.json();
    expected.as_object_mut().unwrap().remove("secret");
    expected["flow"] = shown.json()["flow"].clone();
    assert_eq!(shown.json(), expected);
}

#[tokio::test]
async fn a_registration_is_replaced_changed_and_deleted() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let body = json!({
        "uri": "https://h9.example/hook",
        "filters": ["reports"],
        "description": "to the archive",
        "headers": { "X-A": "1" },
        "properties": { "p": 1 },
    });
    let path = create(&api, &alice, &body).await.header("location").unwrap().to_owned();

    api.clock.advance(Duration::from_mins(1));
    let body = json!({ "uri": "https://h10.example/" });
    let call = api.call("PUT", &path).bearer(&alice.token);
    assert_snapshot!(call.json(&body).send().await.shown(), @r#"
    200 OK
    content-type: application/json
    {
      "authentication": null,
      "batch": null,
      "condition": null,
      "createdAt": "2026-11-21T08:00:00.000000Z",
      "description": null,
      "disabled": null,
      "filters": [
        "*"
      ],
      "format": "aspnet",
      "headers": {},
      "id": "reg_…",
      "maxInFlight": null,
      "ownerId": "usr_…",
      "paused": false,
      "properties": {},
      "rateLimit": null,
      "retryDelaysSeconds": null,
      "secretExpiresAt": null,
      "signing": null,
      "timeoutSeconds": null,
      "tls": null,
      "updatedAt": "2026-11-21T08:01:00.000000Z",
      "uri": "https://h10.example/",
      "whilePaused": "hold"
    }
    "#);

    let id = path.rsplit('/').next().unwrap();
    let changed = patch(&api, &alice, id, &json!({ "paused": true })).await.json();
    assert_eq!(changed["paused"], json!(true));
    assert_eq!(changed["uri"], json!("https://h10.example/"));

    let deleted = api.call("DELETE", &path).bearer(&alice.token).send().await;
    assert_eq!((deleted.status, deleted.text()), (StatusCode::NO_CONTENT, ""));
    for method in ["GET", "DELETE"] {
        let reply = api.call(method, &path).bearer(&alice.token).send().await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{method}");
    }
}

#[tokio::test]
async fn every_mistake_in_a_registration_is_told_at_once() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let body = json!({
        "uri": "/relative",
        "filters": ["reports", "Nope", "nada"],
        "secret": "short",
        "headers": { "Host": "x" },
    });
    assert_snapshot!(create(&api, &alice, &body).await.shown(), @r#"
    422 Unprocessable Entity
    content-type: application/problem+json
    {
      "code": "validation_failed",
      "errors": [
        {
          "detail": "The following filters are not valid: 'Nope, nada'.",
          "pointer": "/filters"
        },
        {
          "detail": "The WebHook secret key parameter must be between 32 and 128 characters long.",
          "pointer": "/secret"
        },
        {
          "detail": "The WebHook URI must be absolute with a scheme of either 'http' or 'https' but received '/relative'.",
          "pointer": "/uri"
        },
        {
          "detail": "the header `Host` is reserved",
          "pointer": "/headers"
        }
      ],
      "requestId": "…",
      "status": 422,
      "title": "Validation failed",
      "type": "about:blank"
    }
    "#);

    let wrong_type = json!({ "uri": "https://h9.example/", "headers": { "a": 1 } });
    assert_snapshot!(create(&api, &alice, &wrong_type).await.shown(), @r#"
    422 Unprocessable Entity
    content-type: application/problem+json
    {
      "code": "validation_failed",
      "errors": [
        {
          "detail": "invalid type: integer `1`, expected a string at line 1 column 17",
          "pointer": "/headers/a"
        }
      ],
      "requestId": "…",
      "status": 422,
      "title": "Validation failed",
      "type": "about:blank"
    }
    "#);
}

#[tokio::test]
async fn a_target_that_may_not_be_called_is_refused_when_it_is_registered_or_changed() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let refused = create(&api, &alice, &json!({ "uri": "https://169.254.169.254/" })).await;
    assert_snapshot!(refused.shown(), @r#"
    422 Unprocessable Entity
    content-type: application/problem+json
    {
      "code": "validation_failed",
      "errors": [
        {
          "detail": "the target is a metadata service address, which is never called",
          "pointer": "/uri"
        }
      ],
      "requestId": "…",
      "status": 422,
      "title": "Validation failed",
      "type": "about:blank"
    }
    "#);

    api.names.point("hooks.example", "1.1.1.1");
    let id = api.register(&alice, "https://hooks.example/").await;
    api.names.point("hooks.example", "10.0.0.1");
    let changed = patch(&api, &alice, &id, &json!({ "uri": "https://hooks.example/new" })).await;
    assert_eq!(changed.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", changed.shown());
    // What does not touch the target must be possible while it is refused: pausing above all.
    let paused = patch(&api, &alice, &id, &json!({ "paused": true })).await;
    assert_eq!(paused.status, StatusCode::OK, "{}", paused.shown());
}

#[tokio::test]
async fn what_a_change_does_not_mention_stays() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let body = json!({
        "uri": "https://h9.example/", "secret": SECRET, "description": "old",
        "headers": { "x-a": "1" }, "properties": { "p": 1 }, "filters": ["tasks"],
    });
    let created = create(&api, &alice, &body).await.json();
    let id = created["id"].as_str().unwrap();

    let mut expected = created.clone();
    expected.as_object_mut().unwrap().remove("secret");
    let changed = patch(&api, &alice, id, &json!({ "filters": ["alerts"] })).await.json();
    expected["filters"] = json!(["alerts"]);
    expected["updatedAt"] = changed["updatedAt"].clone();
    assert_eq!(changed, expected);
    // Two changes at the same moment are two versions all the same.
    assert_ne!(changed["updatedAt"], created["updatedAt"]);

    let changed = patch(&api, &alice, id, &json!({ "description": null })).await.json();
    assert_eq!(changed["description"], Value::Null);
    assert_eq!(changed["headers"], json!({ "x-a": "1" }));
}

#[tokio::test]
async fn an_owner_has_as_many_registrations_as_are_allowed() {
    let api = Api::start_with(|config| config.max_registrations_per_user = 2).await;
    let (alice, bob) = (api.user("alice").await, api.user("bob").await);
    api.register(&alice, "https://h1.example/").await;
    api.register(&alice, "https://h2.example/").await;
    let third = create(&api, &alice, &json!({ "uri": "https://h3.example/" })).await;
    assert_snapshot!(third.shown(), @r#"
    409 Conflict
    content-type: application/problem+json
    {
      "code": "registration_limit",
      "detail": "a user has at most 2 registrations",
      "requestId": "…",
      "status": 409,
      "title": "Too many registrations",
      "type": "about:blank"
    }
    "#);
    api.register(&bob, "https://h1.example/").await;
}
