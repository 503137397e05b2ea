use http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Api, Person, SECRET, report_event};

/// Things of Alice, and who else there is. [`crate::walk`] calls every route there is.
struct World {
    api: Api,
    admin: Person,
    alice: Person,
    bob: Person,
    registration: String,
    event: String,
    delivery: String,
}

impl World {
    async fn start() -> Self {
        let api = Api::start().await;
        let admin = api.administrator("root").await;
        let (alice, bob) = (api.user("alice").await, api.user("bob").await);
        for reader in [&alice, &bob] {
            api.may_read_reports(&admin, reader).await;
        }
        let registration = api.register(&alice, "https://h9.example/").await;
        let event = api.publish(&admin, report_event()).await;
        let delivery = api.dispatch(event).await[0].to_string();
        Self { api, admin, alice, bob, registration, event: event.to_string(), delivery }
    }

    /// Method, path and body of requests about one thing of Alice's.
    fn single(&self) -> Vec<(&'static str, String, Value)> {
        let registration = format!("/api/v1/registrations/{}", self.registration);
        let delivery = format!("/api/v1/deliveries/{}", self.delivery);
        vec![
            ("GET", registration.clone(), Value::Null),
            ("PUT", registration.clone(), json!({ "uri": "https://h10.example/" })),
            ("PATCH", registration.clone(), json!({ "paused": true })),
            ("GET", format!("/api/v1/events/{}", self.event), Value::Null),
            ("GET", delivery.clone(), Value::Null),
            ("POST", format!("{delivery}/replay"), Value::Null),
            (
                "GET",
                format!("/api/webhooks/registrations/{}", &self.registration["reg_".len()..]),
                Value::Null,
            ),
            ("DELETE", registration, Value::Null),
        ]
    }

    /// Those for administrators.
    fn administrative(&self) -> Vec<(&'static str, String, Value)> {
        let bob = format!("/api/v1/users/{}", self.bob.user.id);
        let permission = json!({ "kind": "reports", "access": ["read"] });
        vec![
            ("GET", "/api/v1/users".into(), Value::Null),
            ("POST", "/api/v1/users".into(), json!({ "name": "x", "password": "a good password" })),
            ("PATCH", bob.clone(), json!({ "disabled": true })),
            ("GET", format!("{bob}/permissions"), Value::Null),
            ("POST", format!("{bob}/permissions"), permission),
            ("DELETE", format!("{bob}/permissions/{}", self.bob.user.id.0), Value::Null),
            ("GET", bob.clone(), Value::Null),
            ("PUT", format!("{bob}/password"), json!({ "password": "a good password" })),
            ("DELETE", format!("{bob}/tokens"), Value::Null),
            ("DELETE", bob, Value::Null),
            ("GET", "/api/v1/roles".into(), Value::Null),
            ("POST", "/api/v1/roles".into(), json!({ "name": "x" })),
            ("GET", "/api/v1/audit".into(), Value::Null),
            ("GET", "/api/v1/inbox".into(), Value::Null),
            ("POST", "/api/v1/inbox/replays".into(), json!({})),
        ]
    }

    fn others() -> Vec<(&'static str, String, Value)> {
        vec![
            ("GET", "/api/v1/me".into(), Value::Null),
            ("GET", "/api/v1/registrations".into(), Value::Null),
            ("POST", "/api/v1/registrations".into(), json!({ "uri": "https://h9.example/" })),
            ("GET", "/api/v1/deliveries".into(), Value::Null),
            ("GET", "/api/v1/events".into(), Value::Null),
            ("GET", "/api/v1/registrations/health?ids=x".into(), Value::Null),
            ("POST", "/api/v1/events".into(), report_event()),
            ("POST", "/api/v1/api-keys".into(), json!({ "name": "x" })),
            ("POST", "/api/webhooks/registrations".into(), json!({})),
        ]
    }

    async fn status(&self, token: Option<&str>, route: &(&str, String, Value)) -> StatusCode {
        let (method, path, body) = route;
        let mut call = self.api.call(method, path);
        if let Some(token) = token {
            call = call.bearer(token);
        }
        if !body.is_null() {
            call = call.json(body);
        }
        call.send().await.status
    }
}

#[tokio::test]
async fn nothing_is_shown_or_done_without_a_good_token() {
    let world = World::start().await;
    let made_up = format!("prt_{}", "A".repeat(43));
    for route in [world.single(), world.administrative(), World::others()].concat() {
        for token in [None, Some("garbage"), Some(made_up.as_str())] {
            let status = world.status(token, &route).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{route:?} with {token:?}");
        }
    }
}

#[tokio::test]
async fn what_belongs_to_another_user_is_not_found() {
    let world = World::start().await;
    for route in world.single() {
        let status = world.status(Some(&world.bob.token), &route).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{route:?}");
    }
    for path in ["/api/v1/registrations", "/api/v1/deliveries", "/api/v1/events"] {
        let list = world.api.get(path).bearer(&world.bob.token).send().await;
        assert_eq!(list.json(), json!({ "items": [], "next": null }), "{path}");
    }
    // The same requests find something for its owner, so that the 404s above mean what they say.
    for route in world.single() {
        let status = world.status(Some(&world.alice.token), &route).await;
        assert_ne!(status, StatusCode::NOT_FOUND, "{route:?}");
    }
}

#[tokio::test]
async fn administrative_routes_are_for_administrators() {
    let world = World::start().await;
    for route in world.administrative() {
        let status = world.status(Some(&world.alice.token), &route).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{route:?}");
    }
}

#[tokio::test]
async fn an_administrator_looks_after_any_registration_but_never_sees_its_secret() {
    let world = World::start().await;
    let path = format!("/api/v1/registrations/{}", world.registration);
    let api = &world.api;
    let shown = api.get(&path).bearer(&world.admin.token).send().await;
    let paused = api.call("PATCH", &path).bearer(&world.admin.token);
    let paused = paused.json(&json!({ "paused": true })).send().await;
    let replaced = api.call("PUT", &path).bearer(&world.admin.token);
    let replaced = replaced.json(&json!({ "uri": "https://h10.example/" })).send().await;
    for reply in [&shown, &paused, &replaced] {
        assert_eq!(reply.status, StatusCode::OK);
        assert!(!reply.text().contains("\"secret\""), "{}", reply.text());
        assert_eq!(reply.json()["ownerId"], json!(world.alice.user.id));
    }
    // Who sets it knows it.
    let set = api.call("PATCH", &path).bearer(&world.admin.token);
    let set = set.json(&json!({ "secret": "0".repeat(32) })).send().await;
    assert_eq!(set.status, StatusCode::FORBIDDEN);
    let own = api.get(&format!("{path}/secret")).bearer(&world.alice.token).send().await;
    assert_eq!(own.json()["secret"], json!(SECRET));
}
