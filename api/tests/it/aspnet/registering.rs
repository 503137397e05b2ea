//! What becomes of the members of a new registration.

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::json;

use super::{PATH, URI, register, registered, start};
use crate::harness::SECRET;

#[tokio::test]
async fn members_are_read_in_any_case_and_unknown_ones_are_ignored() {
    let api = start().await;
    let alice = api.user("alice").await;
    let body = json!({
        "webHookUri": URI, "ISPAUSED": true, "secret": SECRET, "DESCRIPTION": "d",
        "headers": { "X-A": "1" }, "properties": { "p": { "q": 2.50 } }, "filters": ["TASKS"],
        "Unknown": 1,
    });
    assert_snapshot!(register(&api, &alice, &body).await.shown(), @r#"
    201 Created
    content-type: application/json; charset=utf-8
    location: http://reports.example:83/api/webhooks/registrations/…
    {
      "Description": "d",
      "Filters": [
        "tasks"
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
      "Secret": "12345678901234567890123456781012",
      "WebHookUri": "https://h9.example/"
    }
    "#);
}

#[tokio::test]
async fn an_id_of_the_clients_own_is_discarded() {
    let api = start().await;
    let alice = api.user("alice").await;
    let body = json!({ "Id": "11111111111111111111111111111111", "WebHookUri": URI });
    let created = registered(&api, &alice, &body).await;
    let id = created["Id"].as_str().unwrap();
    assert_ne!(id, "11111111111111111111111111111111");
    assert!(id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
}

#[tokio::test]
async fn a_missing_or_empty_secret_is_generated() {
    let api = start().await;
    let alice = api.user("alice").await;
    for body in [
        json!({ "WebHookUri": URI }),
        json!({ "WebHookUri": URI, "Secret": null }),
        json!({ "WebHookUri": URI, "Secret": "" }),
    ] {
        let created = registered(&api, &alice, &body).await;
        assert_eq!(created["Secret"].as_str().unwrap().len(), 64);
    }
}

#[tokio::test]
async fn no_filters_are_every_event() {
    let api = start().await;
    let alice = api.user("alice").await;
    for body in [
        json!({ "WebHookUri": URI }),
        json!({ "WebHookUri": URI, "Filters": null }),
        json!({ "WebHookUri": URI, "Filters": [] }),
    ] {
        assert_eq!(registered(&api, &alice, &body).await["Filters"], json!(["*"]));
    }
}

#[tokio::test]
async fn filters_become_the_registered_spelling_and_the_wildcard_stays_among_them() {
    let api = start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let body = json!({ "name": "OrderPlaced" });
    api.post("/api/v1/filters").bearer(&root.token).json(&body).send().await;
    let body = json!({ "WebHookUri": URI, "Filters": ["RePorTs", "ORDERPLACED", "*", "reports"] });
    let created = registered(&api, &alice, &body).await;
    assert_eq!(created["Filters"], json!(["*", "OrderPlaced", "reports"]));
}

#[tokio::test]
async fn a_body_that_is_missing_is_a_bad_request_with_an_empty_answer() {
    let api = start().await;
    let alice = api.user("alice").await;
    for body in ["", "  ", "null"] {
        let call = api.post(PATH).bearer(&alice.token).text("application/json", body);
        let reply = call.send().await;
        assert_eq!((reply.status, reply.text()), (StatusCode::BAD_REQUEST, ""), "{body:?}");
    }
    let untyped = api.post(PATH).bearer(&alice.token).send().await;
    assert_eq!((untyped.status, untyped.text()), (StatusCode::BAD_REQUEST, ""));
}

#[tokio::test]
async fn the_first_mistake_is_told_in_the_librarys_order() {
    let api = start().await;
    let alice = api.user("alice").await;
    let mut told = String::new();
    for body in [
        json!({ "WebHookUri": "ftp://x", "Filters": ["reports", "Nope", "nada"], "Secret": "short" }),
        json!({ "WebHookUri": "ftp://x", "Secret": "short" }),
        json!({ "WebHookUri": "ftp://x", "Secret": SECRET }),
        json!({ "WebHookUri": "https://10.0.0.1/" }),
        json!({ "WebHookUri": URI, "Headers": { "Host": "x" } }),
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
async fn a_secret_has_32_to_128_characters() {
    let api = start().await;
    let alice = api.user("alice").await;
    for (secret, status) in [
        ("x".repeat(31), 400),
        ("x".repeat(32), 201),
        ("x".repeat(128), 201),
        ("x".repeat(129), 400),
        ("你".repeat(31), 400),
        ("你".repeat(32), 201),
        (" ".to_owned(), 400),
        ("\r\n".to_owned(), 400),
    ] {
        let reply = register(&api, &alice, &json!({ "WebHookUri": URI, "Secret": secret })).await;
        assert_eq!(reply.status.as_u16(), status, "{secret}: {}", reply.shown());
    }
}

#[tokio::test]
async fn a_uri_that_is_not_absolute_http_is_told_as_it_was_received() {
    let api = start().await;
    let alice = api.user("alice").await;
    for uri in ["ftp://a.example/", "telnet:a", "htp:", "invalid:", "/relative", "a.example"] {
        let reply = register(&api, &alice, &json!({ "WebHookUri": uri })).await;
        let expected = format!(
            "Could not register WebHook due to error: The WebHook URI must be absolute with a \
             scheme of either 'http' or 'https' but received '{uri}'."
        );
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(reply.json(), json!({ "Message": expected }));
    }
}

#[tokio::test]
async fn an_owner_has_as_many_registrations_as_are_allowed() {
    let api = crate::harness::Api::start_with(|config| {
        config.aspnet_echo = false;
        config.max_registrations_per_user = 1;
    })
    .await;
    let alice = api.user("alice").await;
    registered(&api, &alice, &json!({ "WebHookUri": URI })).await;
    let refused = register(&api, &alice, &json!({ "WebHookUri": URI })).await;
    assert_snapshot!(refused.text(), @r#"{"Message":"Could not register WebHook due to error: the owner has 1 registrations already."}"#);
}
