//! Every operation of the document, called by those who may not.
//!
//! What the document has and these tests do not know fails them: a new operation, parameter or body
//! has to be thought about here.

use std::cmp::Reverse;

use http::StatusCode;
use postrider_domain::KeyScopes;
use postrider_domain::inbox::Ended;
use serde_json::{Value, json};

use crate::harness::{Api, Person, Reply, SECRET, report_event};
use crate::openapi::{Operation, document, operations};

mod bodies;

/// Operations with a path that show everybody the same.
const FOR_EVERYBODY: [&str; 1] = ["getFilter"];

/// Things of a victim, and an attacker.
struct World {
    api: Api,
    root: Person,
    victim: Person,
    attacker: Person,
    registration: String,
    event: String,
    delivery: String,
    replay: String,
    webhook: String,
    key: String,
    permission: String,
    role: String,
    document: Value,
}

impl World {
    async fn start() -> Self {
        let api = Api::start_with(|config| config.aspnet_echo = false).await;
        let root = api.administrator("root").await;
        let (victim, attacker) = (api.user("victim").await, api.user("attacker").await);
        let post = async |person: &Person, path: &str, body: Value| {
            let reply = api.post(path).bearer(&person.token).json(&body).send().await;
            assert_eq!(reply.status, StatusCode::CREATED, "{path}: {}", reply.shown());
            reply.json()
        };
        let id = |created: &Value| created["id"].as_str().unwrap().to_owned();

        let permissions = format!("/api/v1/users/{}/permissions", victim.user.id);
        let everything =
            json!({ "kind": "reports", "access": ["read", "modify", "delete", "create"] });
        let permission = id(&post(&root, &permissions, everything).await);
        let role = id(&post(&root, "/api/v1/roles", json!({ "name": "Victims" })).await);
        let member = format!("/api/v1/roles/{role}/members/{}", victim.user.id);
        let added = api.call("PUT", &member).bearer(&root.token).send().await;
        assert_eq!(added.status, StatusCode::NO_CONTENT);
        let resource = json!({ "kind": "reports", "id": "victims-report", "name": "Losses" });
        post(&victim, "/api/v1/resources", resource).await;
        let key = id(&post(&victim, "/api/v1/api-keys", json!({ "name": "victims-key" })).await);
        let registration = api.register(&victim, "https://victim.example/").await;
        let event = api.publish(&root, report_event()).await;
        let delivery = api.dispatch(event).await[0].to_string();
        let event = event.to_string();
        let replays = format!("/api/v1/registrations/{registration}/replays");
        let replay = id(&post(&victim, &replays, json!({})).await);
        let webhook = api.receive(&api.webhook()).await;
        api.handle(webhook, Ended::Dead).await;
        let webhook = webhook.to_string();
        Self {
            api,
            root,
            victim,
            attacker,
            registration,
            event,
            delivery,
            replay,
            webhook,
            key,
            permission,
            role,
            document: document(),
        }
    }

    /// The path of an operation with the ids of the victim's things.
    fn path(&self, operation: &Operation) -> String {
        let mut path = operation.path.clone();
        while let Some(start) = path.find('{') {
            let end = path.find('}').unwrap();
            let value = self.parameter(operation, &path[start + 1..end]);
            path.replace_range(start..=end, &value);
        }
        if operation.takes("ids") {
            path = format!("{path}?ids={}", self.registration);
        }
        if operation.takes("condition") {
            path.push_str("?condition=true");
        }
        path
    }

    fn parameter(&self, operation: &Operation, name: &str) -> String {
        let collection = operation.path.split("/{").next().unwrap();
        match (collection, name) {
            ("/api/v1/registrations", "id") => self.registration.clone(),
            ("/api/webhooks/registrations", "id") => self.registration["reg_".len()..].to_owned(),
            ("/api/v1/events", "id") => self.event.clone(),
            ("/api/v1/deliveries", "id") => self.delivery.clone(),
            ("/api/v1/replays", "id") => self.replay.clone(),
            ("/api/v1/inbox", "id") => self.webhook.clone(),
            ("/api/v1/api-keys", "id") => self.key.clone(),
            ("/api/v1/users", "id") | ("/api/v1/roles", "userId") => {
                self.victim.user.id.to_string()
            }
            ("/api/v1/roles", "id") => self.role.clone(),
            ("/api/v1/users" | "/api/v1/roles", "permissionId") => self.permission.clone(),
            ("/api/v1/resources", "kind") | ("/api/v1/filters", "name") => "reports".into(),
            ("/api/v1/resources", "id") => "victims-report".into(),
            _ => panic!("nobody knows what `{name}` of `{}` is", operation.path),
        }
    }

    async fn call(&self, operation: &Operation, token: Option<&str>) -> Reply {
        let path = self.path(operation);
        let mut call = self.api.call(&operation.method, &path);
        if let Some(token) = token {
            call = call.bearer(token);
        }
        if operation.has_body {
            call = call.json(&self.body(operation));
        }
        let reply = call.send().await;
        operation.assert_promised(&self.document, &reply);
        reply
    }

    fn body(&self, operation: &Operation) -> Value {
        match operation.id.as_str() {
            "previewRequest" | "explainMatch" => json!({ "eventId": self.event }),
            _ => bodies::body(operation),
        }
    }

    /// What only the victim and administrators may see, or administrators alone.
    fn secrets(&self) -> Vec<String> {
        let bare = |id: &str| id.split('_').next_back().unwrap().to_owned();
        let mut secrets: Vec<_> = [
            &self.registration,
            &self.event,
            &self.delivery,
            &self.replay,
            &self.webhook,
            &self.key,
            &self.permission,
            &self.role,
        ]
        .map(|id| bare(id))
        .into();
        secrets.push(self.victim.user.id.simple());
        let texts = ["victim", "Losses", SECRET, &self.victim.key, &self.victim.token];
        secrets.extend(texts.map(str::to_owned));
        secrets
    }
}

#[tokio::test]
async fn nothing_is_shown_or_done_without_a_login() {
    let world = World::start().await;
    let made_up = format!("prt_{}", "A".repeat(43));
    for operation in operations() {
        for token in [None, Some("garbage"), Some(made_up.as_str())] {
            let reply = world.call(&operation, token).await;
            let status = match operation.id.as_str() {
                // It does not come from a page.
                "signIn" => 403,
                // Whoever has no session is out already.
                "signOut" => 204,
                _ if operation.scope.is_some() => 401,
                _ => 400,
            };
            assert_eq!(reply.status.as_u16(), status, "{} with {token:?}", operation.id);
        }
    }
}

#[tokio::test]
async fn nobody_reaches_what_belongs_to_another() {
    let world = World::start().await;
    for operation in operations() {
        if !operation.path.contains('{') || FOR_EVERYBODY.contains(&operation.id.as_str()) {
            continue;
        }
        for token in [&world.attacker.token, &world.attacker.key] {
            let reply = world.call(&operation, Some(token)).await;
            let refused = matches!(reply.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND);
            assert!(refused, "{}: {}", operation.id, reply.shown());
        }
    }
    // The same requests find something for those who may, so that these refusals mean what they say.
    for operation in operations() {
        if operation.method == "GET" && operation.path.contains('{') {
            let aspnet = operation.path.starts_with("/api/webhooks/");
            let secret = operation.path.ends_with("/secret");
            let who = if aspnet || secret { &world.victim } else { &world.root };
            let reply = world.call(&operation, Some(&who.token)).await;
            assert_eq!(reply.status, StatusCode::OK, "{}: {}", operation.id, reply.shown());
        }
    }
}

#[tokio::test]
async fn no_list_shows_what_belongs_to_another() {
    let world = World::start().await;
    let secrets = world.secrets();
    for operation in operations() {
        if operation.method != "GET" || operation.path.contains('{') {
            continue;
        }
        let mut paths = vec![world.path(&operation)];
        if operation.takes("search") {
            paths.push(format!("{}?search=victim", operation.path));
        }
        for path in &paths {
            for token in [&world.attacker.token, &world.attacker.key] {
                let reply = world.api.get(path).bearer(token).send().await;
                let allowed = matches!(reply.status, StatusCode::OK | StatusCode::FORBIDDEN);
                assert!(allowed, "{path}: {}", reply.shown());
                for secret in &secrets {
                    assert!(!reply.text().contains(secret), "{path} shows {secret}");
                }
            }
        }
    }
    // The victim sees them, so that they are what could have been shown.
    let mut seen = String::new();
    for path in
        ["/api/v1/registrations", "/api/v1/deliveries", "/api/v1/replays", "/api/v1/api-keys"]
    {
        seen += world.api.get(path).bearer(&world.victim.token).send().await.text();
    }
    for id in [&world.registration, &world.event, &world.delivery, &world.replay, &world.key] {
        assert!(seen.contains(id.as_str()), "{id}");
    }
}

#[tokio::test]
async fn an_api_key_does_nothing_beyond_its_scopes() {
    let world = World::start().await;
    let user = &world.root.user;
    let read_and_publish = KeyScopes::READ.and(KeyScopes::PUBLISH);
    let reader = world.api.key(user, read_and_publish).await;
    let publisher = world.api.key(user, KeyScopes::PUBLISH).await;
    let manager = world.api.key(user, KeyScopes::MANAGE).await;
    for operation in operations() {
        let Some(scope) = &operation.scope else { continue };
        let expected = match (operation.method.as_str(), operation.id.as_str()) {
            (_, "publishEvents") => "publish",
            (_, "getRegistrationSecret") => "manage",
            ("GET", _) => "read",
            _ => "manage",
        };
        assert_eq!(scope, expected, "{}", operation.id);
        for (key, allowed) in [
            (&reader, ["read", "publish"]),
            (&publisher, ["publish", "publish"]),
            (&manager, ["read", "manage"]),
        ] {
            if !allowed.contains(&scope.as_str()) {
                let reply = world.call(&operation, Some(key)).await;
                assert_eq!(reply.status, StatusCode::FORBIDDEN, "{} lets in", operation.id);
                assert!(reply.text().contains("scope") || is_aspnet(&operation));
            }
        }
    }
}

fn is_aspnet(operation: &Operation) -> bool {
    operation.path.starts_with("/api/webhooks/")
}

#[tokio::test]
async fn what_those_who_may_are_answered_is_what_the_document_promises() {
    let world = World::start().await;
    let mut all = operations();
    // What is deleted is shown and changed before; accounts come last, and what is below another thing
    // before that.
    let of_accounts =
        |path: &str| path.starts_with("/api/v1/users") || path.starts_with("/api/v1/roles");
    all.sort_by_key(|operation| {
        let deletes = operation.method == "DELETE";
        (of_accounts(&operation.path), deletes, Reverse(operation.path.len()))
    });
    let mut refused = Vec::new();
    for operation in &all {
        let own = is_aspnet(operation) || operation.path.starts_with("/api/v1/registrations");
        let signs_out = operation.path.starts_with("/api/v1/me/");
        let who = match (own, signs_out) {
            (true, _) => &world.victim.key,
            (_, true) => &world.attacker.token,
            _ => &world.root.token,
        };
        let reply = world.call(operation, Some(who)).await;
        if !reply.status.is_success() {
            refused.push(operation.id.as_str());
        }
    }
    refused.sort_unstable();
    // Each of these finds something that is as it has to be, and still cannot be done.
    let expected = [
        "changeMyPassword",
        "deleteFilter",
        // The other dialect has deleted it.
        "deleteRegistration",
        "describeFilter",
        "issueToken",
        "issueTokenInLowerCase",
        "replayDelivery",
        "reportExecution",
        "revokeRolePermission",
        "signIn",
    ];
    assert_eq!(refused, expected);
}
