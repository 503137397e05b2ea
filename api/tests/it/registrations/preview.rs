//! What would be posted, without posting it.

use http::StatusCode;
use insta::assert_snapshot;
use postrider_domain::Clock;
use postrider_domain::ports::DeliveryFilter;
use postrider_domain::{PageRequest, Secret, Visibility};
use postrider_wire::standard::{SignatureHeaders, TOLERANCE, verify};
use serde_json::{Value, json};

use super::{PATH, create};
use crate::harness::{Api, Person, Reply, SECRET, report_event};

async fn preview(api: &Api, caller: &Person, id: &str, body: &Value) -> Reply {
    api.post(&format!("{PATH}/{id}/preview")).bearer(&caller.token).json(body).send().await
}

fn header<'a>(preview: &'a Value, name: &str) -> Option<&'a str> {
    let mut headers = preview["headers"].as_array().unwrap().iter();
    headers.find(|header| header["name"] == name).map(|header| header["value"].as_str().unwrap())
}

async fn registered(api: &Api, owner: &Person, more: &Value) -> String {
    let mut body = json!({ "uri": "https://h9.example/hook?code=1", "secret": SECRET });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let created = create(api, owner, &body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.shown());
    created.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_preview_is_the_request_signed_and_with_its_credentials_masked() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = registered(
        &api,
        &alice,
        &json!({
            "format": "standard",
            "headers": { "x-api-key": "s3cr3t", "x-region": "eu" },
            "authentication": { "kind": "basic", "user": "ada", "password": "s3cr3t" },
        }),
    )
    .await;
    let reply = preview(&api, &alice, &id, &json!({ "event": report_event() })).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.shown());
    assert!(!reply.text().contains("s3cr3t"), "{}", reply.text());
    let shown = reply.json();
    assert_eq!(shown["method"], json!("POST"));
    assert_eq!(shown["uri"], json!("https://h9.example/hook?code=1"));
    for (name, value) in [
        ("content-type", "application/json"),
        ("x-api-key", "********"),
        ("authorization", "********"),
        ("x-region", "eu"),
        ("webhook-id", "dlv_00000000000000000000000000000000"),
    ] {
        assert_eq!(header(&shown, name), Some(value), "{name}");
    }
    let body = shown["body"].as_str().unwrap();
    let sent: Value = serde_json::from_str(body).unwrap();
    assert_eq!(sent["type"], json!("reports.Added"));

    let (id, timestamp) = (header(&shown, "webhook-id"), header(&shown, "webhook-timestamp"));
    let headers = SignatureHeaders {
        id: id.unwrap(),
        timestamp: timestamp.unwrap(),
        signature: header(&shown, "webhook-signature").unwrap(),
    };
    let secret = Secret::parse(SECRET).unwrap();
    verify(&secret, headers, body.as_bytes(), api.clock.now(), TOLERANCE).unwrap();
    let input = format!("{}.{}.{body}", id.unwrap(), timestamp.unwrap());
    assert_eq!(shown["signatureInput"], json!(input));
}

#[tokio::test]
async fn nothing_is_sent_or_stored_for_a_preview() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let id = registered(&api, &root, &json!({})).await;
    assert_eq!(
        preview(&api, &root, &id, &json!({ "event": report_event() })).await.status,
        StatusCode::OK
    );
    let page = PageRequest::first(10);
    let filter = DeliveryFilter::default();
    let deliveries = api.store.list_deliveries(Visibility::All, &filter, page).await.unwrap();
    assert_eq!(deliveries.items, []);
    assert_eq!(api.store.backlog(api.clock.now()).await.unwrap().undispatched, 0);
}

#[tokio::test]
async fn an_administrator_sees_the_request_and_not_its_signatures() {
    let api = Api::start().await;
    let (root, alice, bob) =
        (api.administrator("root").await, api.user("alice").await, api.user("bob").await);
    let id = registered(&api, &alice, &json!({})).await;
    let body = json!({ "event": report_event() });
    let shown = preview(&api, &root, &id, &body).await.json();
    for name in ["ms-signature", "webhook-signature"] {
        assert_eq!(header(&shown, name), Some("********"), "{name}");
        assert_ne!(header(&preview(&api, &alice, &id, &body).await.json(), name), Some("********"));
    }
    assert_eq!(shown["signatureInput"], Value::Null);
    assert_eq!(preview(&api, &bob, &id, &body).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_token_that_would_be_fetched_is_not() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let oauth2 = json!({
        "kind": "oauth2", "tokenUri": "https://login.example/token", "clientId": "a",
        "clientSecret": "s3cr3t",
    });
    let id = registered(&api, &alice, &json!({ "authentication": oauth2 })).await;
    let shown = preview(&api, &alice, &id, &json!({ "event": report_event() })).await.json();
    assert_eq!(
        header(&shown, "authorization"),
        Some("Bearer (a token that is fetched when the request is sent)")
    );
}

#[tokio::test]
async fn an_event_that_was_accepted_is_previewed_for_those_who_may_see_it() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let (own, hers) =
        (registered(&api, &root, &json!({})).await, registered(&api, &alice, &json!({})).await);
    let event = api.publish(&root, report_event()).await;
    let body = json!({ "eventId": event });
    let shown = preview(&api, &root, &own, &body).await.json();
    let sent: Value = serde_json::from_str(shown["body"].as_str().unwrap()).unwrap();
    assert_eq!(sent["Notifications"][0]["EventId"], json!(event.simple()));
    assert_eq!(preview(&api, &alice, &hers, &body).await.status, StatusCode::NOT_FOUND);

    let expunge = format!("/api/v1/events/{event}/payload");
    api.call("DELETE", &expunge).bearer(&root.token).send().await;
    let refused = preview(&api, &root, &own, &body).await;
    assert_eq!(refused.json()["code"], json!("nothing_to_send"), "{}", refused.shown());
}

#[tokio::test]
async fn a_question_is_about_one_event_that_could_be_published() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = registered(&api, &alice, &json!({})).await;
    let mut told = Vec::new();
    for body in [
        json!({}),
        json!({ "eventId": "evt_1" }),
        json!({ "event": { "filter": "nope", "type": "x y", "resource": { "id": "" } } }),
        json!({ "event": { "filter": "postrider", "type": "x", "resource": { "id": "1" } } }),
        json!({ "events": [] }),
    ] {
        let refused = preview(&api, &alice, &id, &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.shown());
        for error in refused.json()["errors"].as_array().unwrap() {
            let text = |name: &str| error[name].as_str().unwrap().to_owned();
            told.push(format!("{}: {}", text("pointer"), text("detail")));
        }
    }
    assert_snapshot!(told.join("\n"), @r"
    : give either `eventId` or `event`
    /eventId: `evt_1` is not an id of the form `evt_…`
    /event/filter: there is no filter `nope`
    /event/type: `x y` is not an event type: use 1 to 64 letters, digits, `_`, `-` or `.`
    /event/resource: `resource.id` is empty
    /event/filter: `postrider` is the filter of what the product itself has to tell: nobody else publishes to it
    /events: unknown field `events`, expected `eventId` or `event` at line 1 column 9
    ");
}
