use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::echo_receiver::EchoReceiver;
use crate::harness::{Api, Person, Reply, SECRET};

mod errors;
mod registering;
mod replacing;
mod routes;

const PATH: &str = "/api/webhooks/registrations";
const URI: &str = "https://h9.example/";

/// An api that takes targets at their word.
async fn start() -> Api {
    Api::start_with(|config| config.aspnet_echo = false).await
}

async fn register(api: &Api, caller: &Person, body: &Value) -> Reply {
    let call = api.post(PATH).bearer(&caller.token).header("host", "reports.example:83");
    call.text("application/json; charset=utf-8", body.to_string()).send().await
}

async fn registered(api: &Api, caller: &Person, body: &Value) -> Value {
    let reply = register(api, caller, body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.shown());
    reply.json()
}

fn path_of(registered: &Value) -> String {
    format!("{PATH}/{}", registered["Id"].as_str().unwrap())
}

/// The two calls of the script in the report server's documentation, as jQuery sends them from a page
/// of another origin, to a target that answers the handshake as that documentation's receiver does.
#[tokio::test]
async fn the_documented_script_logs_in_and_subscribes() {
    let api = Api::start_near(|_| {}).await;
    api.user("alice").await;
    let receiver = EchoReceiver::start().await;
    let login = api
        .post("/Token")
        .header("accept", "*/*")
        .header("origin", "https://app.example")
        .text(
            "application/x-www-form-urlencoded; charset=UTF-8",
            "grant_type=password&username=alice&password=correct+horse",
        )
        .send()
        .await;
    assert_eq!(login.status, StatusCode::OK, "{}", login.shown());
    let token = login.json()["access_token"].as_str().unwrap().to_owned();

    let uri = receiver.uri("/api/webhooks/incoming/custom/{id}");
    let body = format!(
        r#"{{"WebHookUri":"{uri}","Secret":"12345678901234567890123456781012","Description":"Notify me for events triggered by reports, scheduled tasks, and data alerts!","Filters":["reports","tasks","alerts"]}}"#
    );
    let created = api
        .post(PATH)
        .header("host", "reports.example:83")
        .header("accept", "application/json, text/javascript, */*; q=0.01")
        .header("origin", "https://app.example")
        .header("authorization", &format!("Bearer {token}"))
        .text("application/json; charset=utf-8", body)
        .send()
        .await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.shown());
    assert_eq!(receiver.asked(), ["/api/webhooks/incoming/custom/%7Bid%7D?echo="]);
    let id = created.json()["Id"].as_str().unwrap().to_owned();
    assert_eq!(
        created.text(),
        format!(
            r#"{{"Id":"{id}","WebHookUri":"{uri}","Secret":"{SECRET}","Description":"Notify me for events triggered by reports, scheduled tasks, and data alerts!","IsPaused":false,"Filters":["alerts","reports","tasks"],"Headers":{{}},"Properties":{{}}}}"#
        )
    );

    let location = created.header("location").unwrap();
    assert_eq!(location, format!("http://reports.example:83{PATH}/{id}"));
    let path = location.strip_prefix("http://reports.example:83").unwrap();
    let shown = api.get(path).bearer(&token).send().await;
    assert_eq!((shown.status, shown.json()), (StatusCode::OK, created.json()));
}

#[tokio::test]
async fn what_is_registered_in_one_dialect_is_seen_in_the_other() {
    let api = start().await;
    let alice = api.user("alice").await;
    let here = registered(&api, &alice, &json!({ "WebHookUri": URI, "Secret": SECRET })).await;
    let native = format!("/api/v1/registrations/{}", here["Id"].as_str().unwrap());
    let there = api.get(&native).bearer(&alice.token).send().await;
    assert_eq!(there.json()["uri"], json!(URI), "{}", there.shown());

    let id = api.register(&alice, "https://h10.example/").await;
    let path = format!("{PATH}/{}", id.strip_prefix("reg_").unwrap());
    let shown = api.get(&path).bearer(&alice.token).send().await;
    assert_eq!(shown.json()["WebHookUri"], json!("https://h10.example/"));
    assert_eq!(shown.json()["Secret"], json!(SECRET));
}

#[tokio::test]
async fn nobody_sees_or_changes_another_users_registration_administrators_included() {
    let api = start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let created = registered(&api, &alice, &json!({ "WebHookUri": URI })).await;
    let path = path_of(&created);
    let list = api.get(PATH).bearer(&root.token).send().await;
    assert_eq!(list.json(), json!([]));
    for (method, body) in [
        ("GET", Value::Null),
        ("PUT", json!({ "WebHookUri": "https://h10.example/" })),
        ("DELETE", Value::Null),
    ] {
        let call = api.call(method, &path).bearer(&root.token);
        let reply = call.json(&body).send().await;
        assert_eq!((reply.status, reply.text()), (StatusCode::NOT_FOUND, ""), "{method}");
    }
    let all = api.call("DELETE", PATH).bearer(&root.token).send().await;
    assert_eq!(all.status, StatusCode::OK);
    let kept = api.get(&path).bearer(&alice.token).send().await;
    assert_eq!(kept.json(), created);
}

#[tokio::test]
async fn a_key_that_may_only_read_sees_no_secret() {
    let api = start().await;
    let alice = api.user("alice").await;
    let created = registered(&api, &alice, &json!({ "WebHookUri": URI })).await;
    let body = json!({ "name": "tests", "scopes": ["read"] });
    let key = api.post("/api/v1/api-keys").bearer(&alice.token).json(&body).send().await;
    let key = key.json()["key"].as_str().unwrap().to_owned();
    let shown = api.get(&path_of(&created)).bearer(&key).send().await;
    assert_eq!(shown.json()["Secret"], Value::Null, "{}", shown.shown());
    assert_eq!(shown.json()["WebHookUri"], json!(URI));
}

#[tokio::test]
async fn the_location_is_below_the_public_url_when_there_is_one() {
    let api = Api::start_with(|config| {
        config.aspnet_echo = false;
        config.public_url = Some("https://hooks.example/reports".parse().unwrap());
    })
    .await;
    let alice = api.user("alice").await;
    let created = register(&api, &alice, &json!({ "WebHookUri": URI })).await;
    let location = created.header("location").unwrap();
    assert!(location.starts_with("https://hooks.example/reports/api/webhooks/"), "{location}");
}

#[tokio::test]
async fn a_credential_in_a_header_is_masked_and_a_mask_that_is_written_back_keeps_it() {
    let api = start().await;
    let alice = api.user("alice").await;
    let body = json!({ "WebHookUri": URI, "Headers": { "Authorization": "Bearer t", "X-A": "1" } });
    let created = registered(&api, &alice, &body).await;
    assert_eq!(created["Headers"], json!({ "authorization": "********", "x-a": "1" }));

    let path = path_of(&created);
    let replaced = api.call("PUT", &path).bearer(&alice.token).json(&created).send().await;
    assert_eq!((replaced.status, replaced.text()), (StatusCode::OK, ""));
    let own = postrider_domain::Visibility::Own(alice.user.id);
    let id = created["Id"].as_str().unwrap().parse().unwrap();
    let stored = api.store.find_registration(own, id).await.unwrap().unwrap();
    assert_eq!(
        stored.headers.iter().collect::<Vec<_>>(),
        [("authorization", "Bearer t"), ("x-a", "1")]
    );
    let unknown = json!({ "WebHookUri": URI, "Headers": { "X-Api-Key": "********" } });
    assert_snapshot!(register(&api, &alice, &unknown).await.text(), @r#"{"Message":"Could not register WebHook due to error: the header `X-Api-Key` has no value yet that could be kept"}"#);
}
