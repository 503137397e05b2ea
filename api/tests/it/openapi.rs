//! The document of the api, and what it promises.
//!
//! `POSTRIDER_TEST_WRITE=1 cargo nextest run -p postrider-api openapi` writes it anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Api, Reply};
use crate::shape::misfit;

/// An operation of the document.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The scope that it takes; none when it takes no login.
    pub(crate) scope: Option<String>,
    pub(crate) has_body: bool,
    described: Value,
}

impl Operation {
    /// Whether it has a parameter of this name.
    pub(crate) fn takes(&self, parameter: &str) -> bool {
        let parameters = self.described["parameters"].as_array();
        parameters.is_some_and(|all| all.iter().any(|taken| taken["name"] == parameter))
    }

    /// Fails if the answer is none that the document promises.
    pub(crate) fn assert_promised(&self, document: &Value, reply: &Reply) {
        let status = reply.status.as_str();
        let mut promised = &self.described["responses"][status];
        assert!(promised.is_object(), "{} never answers {}", self.id, reply.shown());
        if let Some(reference) = promised["$ref"].as_str() {
            promised = document.pointer(reference.trim_start_matches('#')).unwrap();
        }
        let Some(content) = promised["content"].as_object() else {
            let says_nothing = reply.text().is_empty() || reply.status.is_client_error();
            assert!(says_nothing, "{} answers {status} without a body", self.id);
            return;
        };
        let media_type =
            reply.header("content-type").unwrap_or_default().split(';').next().unwrap();
        let schema = content.get(media_type);
        assert!(schema.is_some(), "{} never answers {}", self.id, reply.shown());
        if media_type.ends_with("json") {
            let problem = misfit(document, &schema.unwrap()["schema"], &reply.json());
            assert_eq!(problem, None, "{}: {}", self.id, reply.shown());
        }
        let headers = promised["headers"].as_object().into_iter().flatten();
        for name in headers.map(|(name, _)| name) {
            assert!(reply.header(name).is_some(), "{}: {name} is missing", self.id);
        }
    }
}

/// Every operation.
pub(crate) fn operations() -> Vec<Operation> {
    let document = document();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, described) in item.as_object().unwrap() {
            let scope = &described["security"][0]["bearer"][0];
            operations.push(Operation {
                id: described["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                scope: scope.as_str().map(str::to_owned),
                has_body: described.get("requestBody").is_some(),
                described: described.clone(),
            });
        }
    }
    operations
}

pub(crate) fn document() -> Value {
    serde_json::from_str(&postrider_api::openapi()).unwrap()
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a switch for whoever runs the test, not configuration"
)]
fn the_document_is_kept_with_the_others() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let derived = postrider_api::openapi();
    if std::env::var("POSTRIDER_TEST_WRITE").is_ok() {
        fs::write(&path, &derived).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == derived,
        "{} is not what the code says; see the top of this test",
        path.display()
    );
}

#[test]
fn every_operation_has_a_name_of_its_own_a_group_and_a_summary() {
    let document = document();
    assert_eq!(document["openapi"], json!("3.1.0"));
    assert_eq!(document["info"]["title"], json!("Postrider"));
    assert_eq!(document["info"]["version"], json!(env!("CARGO_PKG_VERSION")));
    let tags: BTreeSet<_> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].clone().to_string())
        .collect();
    let mut names = BTreeSet::new();
    for operation in operations() {
        let name = format!("{} {}", operation.method, operation.path);
        assert!(names.insert(operation.id.clone()), "{name}: {} is taken", operation.id);
        let described = &operation.described;
        assert!(described["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        let groups = described["tags"].as_array().unwrap();
        assert_eq!(groups.len(), 1, "{name}");
        assert!(tags.contains(&groups[0].to_string()), "{name}: {groups:?}");
    }
    assert!(names.len() > 40, "{}", names.len());
}

#[test]
fn every_operation_says_how_it_ends() {
    for operation in operations() {
        let name = format!("{} {}", operation.method, operation.path);
        let responses = operation.described["responses"].as_object().unwrap();
        let has = |status: &str| responses.contains_key(status);
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name}");
        assert!(has("503"), "{name}");
        if operation.scope.is_some() {
            assert!(has("401") && has("403"), "{name}");
        }
        for (status, response) in responses {
            let described = response.get("$ref").is_some() || response["description"].is_string();
            assert!(described, "{name}: {status}");
        }
    }
}

#[test]
fn everything_that_is_referred_to_is_there() {
    fn visit(value: &Value, document: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                members.values().for_each(|member| visit(member, document));
            }
            Value::Array(items) => items.iter().for_each(|item| visit(item, document)),
            _ => {}
        }
    }
    let document = document();
    visit(&document, &document);
}

#[test]
fn only_logging_in_takes_no_login() {
    let open: Vec<_> = operations()
        .into_iter()
        .filter(|operation| operation.scope.is_none())
        .map(|operation| operation.id)
        .collect();
    assert_eq!(open, ["issueToken", "signOut", "signIn", "issueTokenInLowerCase"]);
}

#[test]
fn what_takes_a_login_takes_a_token_a_key_or_a_session() {
    let document = document();
    let scheme = &document["components"]["securitySchemes"]["session"];
    assert_eq!((&scheme["type"], &scheme["in"]), (&json!("apiKey"), &json!("cookie")));
    assert_eq!(scheme["name"], json!("postrider_session"));
    for operation in operations() {
        let security = &operation.described["security"];
        let Some(scope) = &operation.scope else {
            assert_eq!(security, &json!([]), "{}", operation.id);
            continue;
        };
        assert_eq!(
            security,
            &json!([{ "bearer": [scope] }, { "session": [] }]),
            "{}",
            operation.id
        );
    }
}

#[tokio::test]
async fn the_document_and_its_page_are_served_to_everybody_with_nothing_from_elsewhere() {
    let api = Api::start().await;
    let served = api.get("/openapi.json").send().await;
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert_eq!(served.text(), postrider_api::openapi());

    let moved = api.get("/docs").send().await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER);
    let page = api.get(moved.header("location").unwrap()).send().await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    for elsewhere in ["src=\"http", "href=\"http", "src=\"//", "href=\"//"] {
        assert!(!page.text().contains(elsewhere), "{}", page.text());
    }
    for (_, rest) in page.text().match_indices("src=\"./").map(|(at, _)| page.text().split_at(at)) {
        let script = rest["src=\"./".len()..].split('"').next().unwrap();
        let reply = api.get(&format!("/docs/{script}")).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{script}");
    }
    let start = api.get("/docs/swagger-initializer.js").send().await;
    assert!(start.text().contains("/openapi.json"), "{}", start.text());
}

#[test]
fn a_secret_is_read_with_the_scope_that_changes_it() {
    let of_secrets: Vec<_> =
        operations().into_iter().filter(|operation| operation.path.ends_with("/secret")).collect();
    assert_eq!(of_secrets.len(), 2);
    for operation in of_secrets {
        assert_eq!(operation.scope.as_deref(), Some("manage"), "{}", operation.id);
    }
}
