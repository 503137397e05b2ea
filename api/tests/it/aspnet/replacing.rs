//! What becomes of the members of a registration that is replaced.

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{URI, path_of, registered, start};
use crate::harness::{Api, Person, Reply, SECRET};

const OTHER: &str = "abcdefghijklmnopqrstuvwxyz012345";

async fn put(api: &Api, caller: &Person, path: &str, body: &Value) -> Reply {
    api.call("PUT", path).bearer(&caller.token).json(body).send().await
}

async fn shown(api: &Api, caller: &Person, path: &str) -> Value {
    api.get(path).bearer(&caller.token).send().await.json()
}

async fn start_registered(api: &Api, alice: &Person) -> (Value, String) {
    let created = registered(
        api,
        alice,
        &json!({
            "WebHookUri": URI, "Secret": SECRET, "Description": "d", "IsPaused": true,
            "Filters": ["reports"], "Headers": { "x-a": "1" }, "Properties": { "p": 1 },
        }),
    )
    .await;
    let path = path_of(&created);
    (created, path)
}

#[tokio::test]
async fn what_is_missing_gets_its_default_and_the_secret_stays() {
    let api = start().await;
    let alice = api.user("alice").await;
    let (created, path) = start_registered(&api, &alice).await;
    for secret in [json!({}), json!({ "Secret": null }), json!({ "Secret": "" })] {
        let mut body = json!({ "Id": created["Id"], "WebHookUri": "https://h10.example/" });
        body.as_object_mut().unwrap().extend(secret.as_object().unwrap().clone());
        let replaced = put(&api, &alice, &path, &body).await;
        assert_eq!((replaced.status, replaced.text()), (StatusCode::OK, ""));
        assert_eq!(
            shown(&api, &alice, &path).await,
            json!({
                "Id": created["Id"], "WebHookUri": "https://h10.example/", "Secret": SECRET,
                "Description": null, "IsPaused": false, "Filters": ["*"], "Headers": {},
                "Properties": {},
            })
        );
    }
}

#[tokio::test]
async fn what_is_shown_can_be_changed_and_written_back() {
    let api = start().await;
    let alice = api.user("alice").await;
    let (created, path) = start_registered(&api, &alice).await;
    let mut body = created.clone();
    body["IsPaused"] = json!(false);
    body["Secret"] = json!(OTHER);
    let replaced = put(&api, &alice, &path, &body).await;
    assert_eq!((replaced.status, replaced.text()), (StatusCode::OK, ""));
    assert_eq!(shown(&api, &alice, &path).await, body);
}

#[tokio::test]
async fn a_body_with_another_id_is_a_bad_request_with_an_empty_answer() {
    let api = start().await;
    let alice = api.user("alice").await;
    let (created, path) = start_registered(&api, &alice).await;
    for id in ["00000000000000000000000000000000", "mine"] {
        let refused = put(&api, &alice, &path, &json!({ "Id": id, "WebHookUri": URI })).await;
        assert_eq!((refused.status, refused.text()), (StatusCode::BAD_REQUEST, ""), "{id}");
    }
    assert_eq!(shown(&api, &alice, &path).await, created);
}

#[tokio::test]
async fn a_body_without_an_id_or_with_it_in_another_case_is_about_the_one_of_the_path() {
    let api = start().await;
    let alice = api.user("alice").await;
    let (created, path) = start_registered(&api, &alice).await;
    let upper = created["Id"].as_str().unwrap().to_uppercase();
    for body in [
        json!({ "WebHookUri": URI }),
        json!({ "Id": null, "WebHookUri": URI }),
        json!({ "Id": "", "WebHookUri": URI }),
        json!({ "Id": upper, "WebHookUri": URI }),
    ] {
        let replaced = put(&api, &alice, &path, &body).await;
        assert_eq!((replaced.status, replaced.text()), (StatusCode::OK, ""), "{body}");
    }
}

#[tokio::test]
async fn a_replacement_is_checked_like_a_new_registration() {
    let api = start().await;
    let alice = api.user("alice").await;
    let (created, path) = start_registered(&api, &alice).await;
    let mut told = String::new();
    for body in [
        json!({}),
        Value::Null,
        json!({ "WebHookUri": URI, "Filters": ["Nope"] }),
        json!({ "WebHookUri": URI, "Secret": "short" }),
        json!({ "WebHookUri": "ftp://x" }),
        json!({ "WebHookUri": "https://10.0.0.1/" }),
    ] {
        let reply = put(&api, &alice, &path, &body).await;
        told.extend([format!("{} {}", reply.status.as_str(), reply.text()).trim_end(), "\n"]);
    }
    assert_snapshot!(told, @r#"
    400 {"Message":"The request is invalid.","ModelState":{"webHook.WebHookUri":["The WebHookUri field is required."]}}
    400
    400 {"Message":"Could not register WebHook due to error: The following filters are not valid: 'Nope'."}
    400 {"Message":"Could not register WebHook due to error: The WebHook secret key parameter must be between 32 and 128 characters long."}
    400 {"Message":"Could not register WebHook due to error: The WebHook URI must be absolute with a scheme of either 'http' or 'https' but received 'ftp://x'."}
    400 {"Message":"Could not register WebHook due to error: the target is a private address, which `egress.allow` does not include"}
    "#);
    assert_eq!(shown(&api, &alice, &path).await, created);
}
