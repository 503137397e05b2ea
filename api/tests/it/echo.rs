use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use postrider_testkit::endpoint::{FakeEndpoint, Reply};
use serde_json::{Value, json};

use crate::echo_receiver::EchoReceiver;
use crate::harness::{self, Api, Person};

const NATIVE: &str = "/api/v1/registrations";
const ASPNET: &str = "/api/webhooks/registrations";

async fn register(api: &Api, caller: &Person, body: &Value) -> harness::Reply {
    api.post(ASPNET).bearer(&caller.token).json(body).send().await
}

/// What a client of the library is told when its target conducts itself like this.
async fn told_of(reply: Reply) -> String {
    let api = Api::start_near(|config| config.echo_timeout = Duration::from_millis(500)).await;
    let alice = api.user("alice").await;
    let endpoint = FakeEndpoint::start([reply]).await;
    let body = json!({ "WebHookUri": endpoint.target().as_str() });
    let refused = register(&api, &alice, &body).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.shown());
    assert_eq!(endpoint.requests().len(), 1, "redirects are not followed, nothing is tried again");
    let list = api.get(ASPNET).bearer(&alice.token).send().await;
    assert_eq!(list.json(), json!([]), "nothing is stored");
    refused.json()["Message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_status_that_is_no_success_is_told_by_its_name() {
    let mut told = Vec::new();
    for status in [404, 500, 401] {
        told.push(told_of(Reply::status(status)).await);
    }
    told.push(told_of(Reply::status(302).header("location", "/elsewhere")).await);
    assert_snapshot!(told.join("\n"), @r"
    Could not register WebHook due to error: WebHook verification failed. Please ensure that the WebHook URI is valid and that the endpoint is accessible. Error encountered: NotFound
    Could not register WebHook due to error: WebHook verification failed. Please ensure that the WebHook URI is valid and that the endpoint is accessible. Error encountered: InternalServerError
    Could not register WebHook due to error: WebHook verification failed. Please ensure that the WebHook URI is valid and that the endpoint is accessible. Error encountered: Unauthorized
    Could not register WebHook due to error: WebHook verification failed. Please ensure that the WebHook URI is valid and that the endpoint is accessible. Error encountered: Found
    ");
}

#[tokio::test]
async fn a_target_that_does_not_answer_in_time_is_not_accessible() {
    let begins = "Could not register WebHook due to error: WebHook verification failed. Please \
                  ensure that the WebHook URI is valid and that the endpoint is accessible. Error \
                  encountered: ";
    for (reply, cause) in
        [(Reply::silence(), "timeout"), (Reply::reset(), "reset"), (Reply::close(), "reset")]
    {
        let told = told_of(reply.clone()).await;
        let detail = told.strip_prefix(begins).unwrap_or_else(|| panic!("{told}"));
        assert!(detail.starts_with(cause), "{reply:?}: {told}");
    }
}

#[tokio::test]
async fn an_answer_without_a_body_is_not_the_echo() {
    let told = [told_of(Reply::status(200)).await, told_of(Reply::status(204)).await];
    assert_eq!(told[0], told[1]);
    assert_snapshot!(told[0], @"Could not register WebHook due to error: The WebHook URI did not return the expected echo query parameter value in a plain text response body. This is necessary to ensure that the WebHook is connected correctly.");
}

#[tokio::test]
async fn an_answer_with_another_body_is_not_the_echo_however_long_it_is() {
    let told = [
        told_of(Reply::status(200).body("something else")).await,
        told_of(Reply::huge(200, 10 * 1024 * 1024)).await,
    ];
    assert_eq!(told[0], told[1]);
    assert_snapshot!(told[0], @"Could not register WebHook due to error: The HTTP request echo query parameter was not returned as plain text in the response. Please return the echo parameter to verify that the WebHook is working as expected.");
}

#[tokio::test]
async fn the_echo_is_appended_to_the_query_and_the_registered_headers_are_sent() {
    let api = Api::start_near(|_| {}).await;
    let alice = api.user("alice").await;
    let receiver = EchoReceiver::start().await;
    let uri = receiver.uri("/hook/{id}?code=a%2Bb%3D%3D&x");
    let body = json!({
        "WebHookUri": uri, "Headers": { "X-Tenant": "7", "Authorization": "Bearer t" },
    });
    let created = register(&api, &alice, &body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.shown());
    assert_eq!(created.json()["WebHookUri"], json!(uri));
    assert_eq!(receiver.asked(), ["/hook/%7Bid%7D?code=a%2Bb%3D%3D&x&echo="]);
    let headers = receiver.last_headers();
    assert_eq!(
        (&headers["x-tenant"], &headers["authorization"]),
        (&"7".parse().unwrap(), &"Bearer t".parse().unwrap())
    );
}

#[tokio::test]
async fn a_target_that_says_it_has_no_echo_is_not_asked() {
    let api = Api::start_near(|_| {}).await;
    let alice = api.user("alice").await;
    let endpoint = FakeEndpoint::start([Reply::status(500)]).await;
    for query in ["noecho", "noecho=", "NoEcho=x", "a=1&NOECHO"] {
        let uri = format!("http://127.0.0.1:{}/hook?{query}", endpoint.port());
        let created = register(&api, &alice, &json!({ "WebHookUri": uri })).await;
        assert_eq!(created.status, StatusCode::CREATED, "{query}: {}", created.shown());
    }
    assert_eq!(endpoint.requests(), []);
}

#[tokio::test]
async fn a_replaced_target_is_asked_again_and_an_unchanged_one_is_not() {
    let api = Api::start_near(|_| {}).await;
    let alice = api.user("alice").await;
    let receiver = EchoReceiver::start().await;
    let body = json!({ "WebHookUri": receiver.uri("/one") });
    let created = register(&api, &alice, &body).await.json();
    let path = format!("{ASPNET}/{}", created["Id"].as_str().unwrap());
    for uri in ["/one", "/two", "/two"] {
        let body = json!({ "WebHookUri": receiver.uri(uri), "IsPaused": true });
        let replaced = api.call("PUT", &path).bearer(&alice.token).json(&body).send().await;
        assert_eq!(replaced.status, StatusCode::OK, "{}", replaced.shown());
    }
    assert_eq!(receiver.asked(), ["/one?echo=", "/two?echo="]);

    let gone = FakeEndpoint::start([Reply::status(410)]).await;
    let body = json!({ "WebHookUri": gone.target().as_str() });
    let refused = api.call("PUT", &path).bearer(&alice.token).json(&body).send().await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let told = refused.json()["Message"].as_str().unwrap().to_owned();
    assert!(told.ends_with("Error encountered: Gone"), "{told}");
    let kept = api.get(&path).bearer(&alice.token).send().await;
    assert_eq!(kept.json()["WebHookUri"], json!(receiver.uri("/two")));
}

#[tokio::test]
async fn no_target_is_asked_where_the_handshake_is_switched_off() {
    let api = Api::start_near(|config| config.aspnet_echo = false).await;
    let alice = api.user("alice").await;
    let endpoint = FakeEndpoint::start([Reply::status(500)]).await;
    let body = json!({ "WebHookUri": endpoint.target().as_str() });
    let created = register(&api, &alice, &body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.shown());
    assert_eq!(endpoint.requests(), []);
}

#[tokio::test]
async fn the_native_dialect_asks_for_an_echo_when_its_client_wants_one() {
    let api = Api::start_near(|_| {}).await;
    let alice = api.user("alice").await;
    let receiver = EchoReceiver::start().await;
    let native = async |method: &str, path: &str, body: Value| {
        api.call(method, path).bearer(&alice.token).json(&body).send().await
    };
    let uri = receiver.uri("/hook");
    let created = native("POST", NATIVE, json!({ "uri": uri })).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.shown());
    assert!(receiver.asked().is_empty());

    let path = created.header("location").unwrap();
    for (method, path, body) in [
        ("POST", NATIVE, json!({ "uri": uri, "verify": true })),
        ("PUT", path, json!({ "uri": uri, "verify": true })),
        ("PATCH", path, json!({ "verify": true })),
    ] {
        let reply = native(method, path, body).await;
        assert!(reply.status.is_success(), "{}", reply.shown());
    }
    assert_eq!(receiver.asked().len(), 3);
}

#[tokio::test]
async fn a_target_without_an_echo_is_a_mistake_in_the_uri() {
    let api = Api::start_near(|_| {}).await;
    let alice = api.user("alice").await;
    let endpoint = FakeEndpoint::start([Reply::status(404)]).await;
    let body = json!({ "uri": endpoint.target().as_str(), "verify": true });
    let refused = api.post(NATIVE).bearer(&alice.token).json(&body).send().await;
    assert_snapshot!(refused.shown(), @r#"
    422 Unprocessable Entity
    content-type: application/problem+json
    {
      "code": "validation_failed",
      "errors": [
        {
          "detail": "WebHook verification failed. Please ensure that the WebHook URI is valid and that the endpoint is accessible. Error encountered: NotFound",
          "pointer": "/uri"
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
async fn a_target_that_may_not_be_called_is_not_asked() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let body = json!({ "WebHookUri": endpoint.target().as_str() });
    let refused = register(&api, &alice, &body).await;
    assert_snapshot!(refused.json()["Message"].as_str().unwrap(), @"Could not register WebHook due to error: the target is a loopback address, which `egress.allow` does not include");
    // The name stands for something else by the time it is called.
    api.names.point("hooks.example", "127.0.0.1");
    let uri = format!("http://hooks.example:{}/", endpoint.port());
    let refused = register(&api, &alice, &json!({ "WebHookUri": uri })).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(endpoint.requests(), []);
}

#[tokio::test]
async fn a_repeated_creation_asks_for_no_echo_and_needs_no_target() {
    let api = Api::start_near(|_| {}).await;
    let alice = api.user("alice").await;
    let receiver = EchoReceiver::start().await;
    let body = json!({ "uri": receiver.uri("/hook"), "verify": true });
    let create = async |body: &Value| {
        let call = api.post(NATIVE).bearer(&alice.token).header("idempotency-key", "k");
        call.json(body).send().await
    };
    let once = create(&body).await;
    assert_eq!(once.status, StatusCode::CREATED, "{}", once.shown());
    assert_eq!(create(&body).await.json(), once.json());
    assert_eq!(receiver.asked().len(), 1);

    drop(receiver);
    let again = create(&body).await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.shown());
    assert_eq!(again.json(), once.json());
    let mut other = body.clone();
    other["verify"] = json!(false);
    assert_eq!(create(&other).await.status, StatusCode::CONFLICT);

    let path = once.header("location").unwrap();
    api.call("DELETE", path).bearer(&alice.token).send().await;
    let gone = create(&body).await;
    assert_eq!(gone.json()["code"], json!("idempotency_conflict"), "{}", gone.shown());
}

#[tokio::test]
async fn a_target_is_asked_with_the_authorization_that_workers_send() {
    let api = Api::start_near(|_| {}).await;
    let alice = api.user("alice").await;
    let receiver = EchoReceiver::start().await;
    let oauth2 = json!({
        "kind": "oauth2", "tokenUri": receiver.uri("/token"), "clientId": "a",
        "clientSecret": "s3cr3t",
    });
    for (authentication, expected) in [
        (json!({ "kind": "basic", "user": "ada", "password": "pw" }), Some("Basic YWRhOnB3")),
        (json!({ "kind": "bearer", "token": "t1" }), Some("Bearer t1")),
        // Workers replace a registered one by a token that nobody fetches for the handshake.
        (oauth2, None),
    ] {
        let body = json!({
            "uri": receiver.uri("/hook"), "verify": true, "authentication": authentication,
            "headers": { "authorization": "Bearer registered" },
        });
        let created = api.post(NATIVE).bearer(&alice.token).json(&body).send().await;
        assert_eq!(created.status, StatusCode::CREATED, "{}", created.shown());
        let headers = receiver.last_headers();
        let sent = headers.get("authorization").map(|value| value.to_str().unwrap());
        assert_eq!(sent, expected);
    }
}
