//! What lists show of each row, so that a page needs no request more for it.

use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Api, Person, report_event};

async fn get(api: &Api, caller: &Person, path: &str) -> Value {
    let reply = api.get(path).bearer(&caller.token).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.shown());
    reply.json()
}

async fn ids(api: &Api, caller: &Person, path: &str) -> Vec<String> {
    let page = get(api, caller, path).await;
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_listed_event_has_everything_but_its_data() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    api.publish(&admin, report_event()).await;
    let reply = api.get("/api/v1/events").bearer(&admin.token).send().await;
    assert_snapshot!(reply.shown(), @r#"
    200 OK
    content-type: application/json
    {
      "items": [
        {
          "acceptedAt": "2026-11-21T08:00:00.000000Z",
          "actor": null,
          "audience": null,
          "dispatched": false,
          "expungedAt": null,
          "filter": "reports",
          "id": "evt_…",
          "occurredAt": "2026-11-21T08:00:00.000000Z",
          "publisherId": "usr_…",
          "resource": {
            "category": "finance",
            "id": "42",
            "name": "Q3 revenue"
          },
          "type": "Added"
        }
      ],
      "next": null
    }
    "#);
}

#[tokio::test]
async fn events_are_listed_for_who_got_or_published_them_and_page_by_page() {
    let api = Api::start().await;
    let (root, alice, bob) =
        (api.administrator("root").await, api.user("alice").await, api.user("bob").await);
    api.may_read_reports(&root, &alice).await;
    api.register(&alice, "https://h9.example/").await;
    let mut events = Vec::new();
    for number in 0..3 {
        api.clock.advance(Duration::from_secs(1));
        let event = api.publish(&root, report_event()).await;
        if number < 2 {
            api.dispatch(event).await;
        }
        events.insert(0, event.to_string());
    }
    assert_eq!(ids(&api, &root, "/api/v1/events").await, events);
    assert_eq!(ids(&api, &alice, "/api/v1/events").await, events[1..]);
    assert_eq!(ids(&api, &bob, "/api/v1/events").await, [""; 0]);

    let first = get(&api, &root, "/api/v1/events?limit=2").await;
    let next = first["next"].as_str().unwrap();
    let rest = ids(&api, &root, &format!("/api/v1/events?limit=2&cursor={next}")).await;
    assert_eq!(rest, events[2..]);
}

#[tokio::test]
async fn events_are_listed_by_what_is_asked_for() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let event = api.publish(&root, report_event()).await.to_string();
    let time = "2026-11-21T08:00:00Z";
    for (query, found) in [
        ("filter=Reports", true),
        ("filter=tasks", false),
        ("type=Added", true),
        ("type=Edited", false),
        ("resourceId=42", true),
        ("resourceId=43", false),
        (&format!("from={time}"), true),
        (&format!("to={time}"), false),
        (&format!("filter=reports&type=Added&resourceId=42&from={time}"), true),
    ] {
        let listed = ids(&api, &root, &format!("/api/v1/events?{query}")).await;
        assert_eq!(listed, if found { vec![event.clone()] } else { vec![] }, "{query}");
    }
}

#[tokio::test]
async fn an_audience_is_listed_for_administrators_and_its_publisher_only() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    api.may_read_reports(&root, &alice).await;
    api.register(&alice, "https://h9.example/").await;
    let mut event = report_event();
    event["audience"] = json!(["Alice"]);
    let event = api.publish(&root, event).await;
    api.dispatch(event).await;
    let audience = |page: Value| page["items"][0]["audience"].clone();
    assert_eq!(audience(get(&api, &root, "/api/v1/events").await), json!(["alice"]));
    assert_eq!(audience(get(&api, &alice, "/api/v1/events").await), Value::Null);
}

#[tokio::test]
async fn a_listed_delivery_says_what_happened_and_where_it_goes() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let registration = api.register(&root, "https://h9.example/").await;
    let event = api.publish(&root, report_event()).await;
    let delivery = api.dispatch(event).await[0];
    let page = get(&api, &root, "/api/v1/deliveries").await;
    let shown = &page["items"][0];
    assert_eq!(shown["id"], json!(delivery));
    let told = [&shown["filter"], &shown["type"], &shown["registrationUri"]];
    assert_eq!(told, [&json!("reports"), &json!("Added"), &json!("https://h9.example/")]);

    for (query, count) in
        [("filter=REPORTS&type=Added", 1), ("type=Edited", 0), ("filter=tasks", 0)]
    {
        let listed = ids(&api, &root, &format!("/api/v1/deliveries?{query}")).await;
        assert_eq!(listed.len(), count, "{query}");
    }
    let path = format!("/api/v1/registrations/{registration}");
    let gone = api.call("DELETE", &path).bearer(&root.token).send().await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let page = get(&api, &root, "/api/v1/deliveries").await;
    assert_eq!(page["items"][0]["registrationUri"], Value::Null);
}

#[tokio::test]
async fn how_registrations_do_is_asked_for_many_at_once() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    let [hers, others] = [
        api.register(&alice, "https://h9.example/").await,
        api.register(&root, "https://h9.example/").await,
    ];
    let event = api.publish(&root, report_event()).await;
    let delivery = api.dispatch(event).await[0];
    api.attempt(delivery, 503).await;

    let path = format!("/api/v1/registrations/health?ids={hers},{others}");
    let shown = get(&api, &root, &path).await;
    let items = shown["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    for item in items {
        let path = format!("/api/v1/registrations/{}", item["id"].as_str().unwrap());
        assert_eq!(item["flow"], get(&api, &root, &path).await["flow"]);
    }
    let item = items.iter().find(|item| item["id"] == json!(others)).unwrap();
    let expected = json!([{
        "deliveryId": delivery,
        "at": "2026-11-21T08:00:00.000000Z",
        "state": "pending",
        "lastStatus": 503,
        "lastCause": "http_status",
    }]);
    assert_eq!(item["recent"], expected);

    let shown = get(&api, &alice, &path).await;
    let items = shown["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["id"]), (1, &json!(hers)));
}

#[tokio::test]
async fn what_no_list_can_be_asked_for_is_refused() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let id = api.register(&root, "https://h9.example/").await;
    let many = vec![id.as_str(); 101].join(",");
    for path in [
        "/api/v1/events?filter=a%20b",
        "/api/v1/events?type=",
        "/api/v1/events?resourceId=%00",
        "/api/v1/events?resourceId=",
        &format!("/api/v1/events?resourceId={}", "x".repeat(513)),
        "/api/v1/events?from=yesterday",
        "/api/v1/events?limit=101",
        "/api/v1/events?colour=red",
        "/api/v1/deliveries?type=a%20b",
        "/api/v1/deliveries?filter=*",
        "/api/v1/registrations/health",
        "/api/v1/registrations/health?ids=",
        "/api/v1/registrations/health?ids=evt_1",
        &format!("/api/v1/registrations/health?ids={many}"),
    ] {
        let reply = api.get(path).bearer(&root.token).send().await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(reply.json()["code"], json!("invalid_query"), "{path}");
    }
    let most = vec![id.as_str(); 100].join(",");
    let shown = get(&api, &root, &format!("/api/v1/registrations/health?ids={most}")).await;
    assert_eq!(shown["items"].as_array().unwrap().len(), 1);
}
