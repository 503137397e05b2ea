use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Api, Person, Reply, SECRET};

const PATH: &str = "/api/webhooks/registrations";

async fn register(api: &Api, caller: &Person, body: &Value) -> Reply {
    let call = api.post(PATH).bearer(&caller.token).header("host", "reports.example:83");
    call.text("application/json; charset=utf-8", body.to_string()).send().await
}

/// The two calls of the script in the report server's documentation, as jQuery sends them.
#[tokio::test]
async fn the_documented_script_logs_in_and_subscribes() {
    let api = Api::start().await;
    api.user("alice").await;
    let login = api
        .post("/Token")
        .text(
            "application/x-www-form-urlencoded; charset=UTF-8",
            "grant_type=password&username=alice&password=correct%20horse",
        )
        .send()
        .await;
    let token = login.json()["access_token"].as_str().unwrap().to_owned();

    let body = r#"{"WebHookUri":"http://h9.example/api/webhooks/incoming/custom/{id}","Secret":"12345678901234567890123456781012","Description":"Notify me for events triggered by reports, scheduled tasks, and data alerts!","Filters":["reports","tasks","alerts"]}"#;
    let created = api
        .post(PATH)
        .header("host", "reports.example:83")
        .header("authorization", &format!("Bearer {token}"))
        .header("accept", "application/json, text/javascript, */*; q=0.01")
        .text("application/json; charset=utf-8", body)
        .send()
        .await;
    assert_snapshot!(created.shown(), @r#"
    201 Created
    content-type: application/json
    location: http://reports.example:83/api/webhooks/registrations/…
    {
      "Description": "Notify me for events triggered by reports, scheduled tasks, and data alerts!",
      "Filters": [
        "alerts",
        "reports",
        "tasks"
      ],
      "Headers": {},
      "Id": "…",
      "IsPaused": false,
      "Properties": {},
      "Secret": "12345678901234567890123456781012",
      "WebHookUri": "http://h9.example/api/webhooks/incoming/custom/{id}"
    }
    "#);

    let location = created.header("location").unwrap();
    let path = location.strip_prefix("http://reports.example:83").unwrap();
    let shown = api.get(path).bearer(&token).send().await;
    assert_eq!((shown.status, shown.json()), (StatusCode::OK, created.json()));
}

#[tokio::test]
async fn headers_and_properties_are_registered_and_a_missing_secret_is_generated() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let body = json!({
        "Id": "mine", "webHookUri": "https://h9.example/", "ISPAUSED": true, "Secret": "",
        "Headers": { "X-A": "1" }, "Properties": { "p": { "q": 2.50 } }, "Filters": null,
        "Unknown": 1,
    });
    let created = register(&api, &alice, &body).await;
    assert_snapshot!(created.shown(), @r#"
    201 Created
    content-type: application/json
    location: http://reports.example:83/api/webhooks/registrations/…
    {
      "Description": null,
      "Filters": [
        "*"
      ],
      "Headers": {
        "x-a": "1"
      },
      "Id": "…",
      "IsPaused": true,
      "Properties": {
        "p": {
          "q": 2.5
        }
      },
      "Secret": "…",
      "WebHookUri": "https://h9.example/"
    }
    "#);
    assert_eq!(created.json()["Secret"].as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn a_refused_registration_is_told_in_the_words_of_the_library() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let uri = "https://h9.example/";
    let mut told = String::new();
    for body in [
        json!({ "WebHookUri": uri, "Filters": ["reports", "Nope", "nada"], "Secret": "short" }),
        json!({ "WebHookUri": "ftp://x", "Secret": "short" }),
        json!({ "WebHookUri": "ftp://x", "Secret": SECRET }),
        json!({ "WebHookUri": "https://10.0.0.1/" }),
        json!({ "WebHookUri": uri, "Headers": { "Host": "x" } }),
    ] {
        let reply = register(&api, &alice, &body).await;
        told.extend([reply.status.as_str(), " ", reply.text(), "\n"]);
    }
    assert_snapshot!(told, @r#"
    400 {"Message":"Could not register WebHook due to error: The following filters are not valid: 'Nope, nada'."}
    400 {"Message":"Could not register WebHook due to error: The WebHook secret key parameter must be between 32 and 128 characters long."}
    400 {"Message":"Could not register WebHook due to error: The WebHook URI must be absolute with a scheme of either 'http' or 'https' but received 'ftp://x'."}
    400 {"Message":"Could not register WebHook due to error: the target is a private address, which `egress.allow` does not include"}
    400 {"Message":"Could not register WebHook due to error: the header `Host` is reserved"}
    "#);
}

#[tokio::test]
async fn a_body_that_is_no_registration_is_an_invalid_request() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let mut told = String::new();
    for body in ["", "null", "{}", r#"{"WebHookUri":null}"#, r#"{"WebHookUri":7}"#, "{", "[]"] {
        let call = api.post(PATH).bearer(&alice.token);
        let reply = call.text("application/json", body).send().await;
        let line = format!("{body} -> {} {}", reply.status, reply.text());
        told.extend([line.trim_end(), "\n"]);
    }
    assert_snapshot!(told, @r#"
     -> 400 Bad Request
    null -> 400 Bad Request
    {} -> 400 Bad Request {"Message":"The request is invalid.","ModelState":{"webHook.WebHookUri":["The WebHookUri field is required."]}}
    {"WebHookUri":null} -> 400 Bad Request {"Message":"The request is invalid.","ModelState":{"webHook.WebHookUri":["The WebHookUri field is required."]}}
    {"WebHookUri":7} -> 400 Bad Request {"Message":"The request is invalid.","ModelState":{"webHook.WebHookUri":["The WebHookUri field has a value of the wrong type."]}}
    { -> 400 Bad Request {"Message":"The request is invalid."}
    [] -> 400 Bad Request {"Message":"The request is invalid."}
    "#);
}

#[tokio::test]
async fn errors_of_any_request_have_the_frameworks_form() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let unauthenticated = api.post(PATH).json(&json!({})).send().await;
    assert_snapshot!(unauthenticated.shown(), @r#"
    401 Unauthorized
    content-type: application/json; charset=utf-8
    www-authenticate: Bearer
    {
      "Message": "Authorization has been denied for this request."
    }
    "#);
    let method = api.call("PATCH", PATH).bearer(&alice.token).send().await;
    assert_snapshot!(method.shown(), @r#"
    405 Method Not Allowed
    content-type: application/json; charset=utf-8
    allow: POST
    {
      "Message": "The requested resource does not support http method 'PATCH'."
    }
    "#);
    let media_type = api.post(PATH).bearer(&alice.token).text("text/plain", "x").send().await;
    assert_snapshot!(media_type.shown(), @r#"
    415 Unsupported Media Type
    content-type: application/json; charset=utf-8
    {
      "Message": "The request entity's media type is not supported for this resource."
    }
    "#);
    let nowhere = api.get("/api/webhooks/nowhere").send().await;
    assert_snapshot!(nowhere.shown(), @r#"
    404 Not Found
    content-type: application/json; charset=utf-8
    {
      "Message": "No HTTP resource was found that matches the request URI."
    }
    "#);
    for id in ["00000000000000000000000000000000", "garbage"] {
        let unknown = api.get(&format!("{PATH}/{id}")).bearer(&alice.token).send().await;
        assert_eq!((unknown.status, unknown.text()), (StatusCode::NOT_FOUND, ""), "{id}");
    }
}

#[tokio::test]
async fn the_location_is_below_the_public_url_when_there_is_one() {
    let api = Api::start_with(|config| {
        config.public_url = Some("https://hooks.example/reports".parse().unwrap());
    })
    .await;
    let alice = api.user("alice").await;
    let created = register(&api, &alice, &json!({ "WebHookUri": "https://h9.example/" })).await;
    let location = created.header("location").unwrap();
    assert!(location.starts_with("https://hooks.example/reports/api/webhooks/"), "{location}");
}
