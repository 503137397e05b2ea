use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use postrider_domain::{Clock, DeliveryId};
use serde_json::json;

use crate::harness::{Api, Person, masked, report_event};

/// The text without what signatures are made of: ids and all that follows from them.
fn without_signatures(shown: &str) -> String {
    let masked = shown.lines().map(|line| match line.split_once("v1,") {
        Some((before, _)) => format!("{before}v1,…\""),
        None => line.to_owned(),
    });
    masked.collect::<Vec<_>>().join("\n")
}

async fn delivered(api: &Api, admin: &Person) -> DeliveryId {
    api.register(admin, "https://h9.example/").await;
    let event = api.publish(admin, report_event()).await;
    let delivery = api.dispatch(event).await[0];
    api.attempt(delivery, 503).await;
    api.clock.advance(Duration::from_secs(10));
    api.attempt(delivery, 200).await;
    delivery
}

#[tokio::test]
async fn a_delivery_is_shown_with_its_attempts() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let delivery = delivered(&api, &admin).await;
    let path = format!("/api/v1/deliveries/{delivery}");
    let mut shown = api.get(&path).bearer(&admin.token).send().await.json();
    let attempts = shown["attempts"].as_array_mut().expect("a list").split_off(0);
    let told =
        attempts.iter().map(|it| [&it["number"], &it["startedAt"], &it["status"], &it["cause"]]);
    assert_eq!(
        json!(told.collect::<Vec<_>>()),
        json!([
            [1, "2026-11-21T08:00:00.000000Z", 503, "http_status"],
            [2, "2026-11-21T08:00:10.000000Z", 200, null],
        ])
    );
    assert_snapshot!(masked(&format!("{shown:#}")), @r#"
    {
      "attemptCount": 2,
      "attempts": [],
      "bundle": null,
      "bundleSize": 1,
      "createdAt": "2026-11-21T08:00:00.000000Z",
      "deadReason": null,
      "eventId": "evt_…",
      "holdReason": null,
      "id": "dlv_…",
      "lastCause": null,
      "lastStatus": 200,
      "moreAttempts": false,
      "nextAttemptAt": null,
      "registrationId": "reg_…",
      "replays": 0,
      "settledAt": "2026-11-21T08:00:10.000000Z",
      "state": "delivered"
    }
    "#);
}

#[tokio::test]
async fn an_attempt_is_shown_with_what_was_sent_and_answered() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let delivery = delivered(&api, &admin).await;
    let path = format!("/api/v1/deliveries/{delivery}");
    let shown = api.get(&path).bearer(&admin.token).send().await.json();
    let attempt = masked(&format!("{:#}", shown["attempts"][0]));
    assert_snapshot!(without_signatures(&attempt), @r#"
    {
      "cause": "http_status",
      "detail": "the receiver answered 503",
      "durationMs": 12,
      "id": "att_…",
      "number": 1,
      "replay": 0,
      "request": {
        "bodyBytes": 429,
        "bodySha256": "…",
        "headers": [
          {
            "name": "content-type",
            "value": "application/json; charset=utf-8"
          },
          {
            "name": "ms-signature",
            "value": "sha256=…"
          },
          {
            "name": "webhook-signature",
            "value": "v1,…"
          },
          {
            "name": "webhook-id",
            "value": "dlv_…"
          },
          {
            "name": "webhook-timestamp",
            "value": "1795248000"
          }
        ],
        "uri": "https://h9.example/"
      },
      "response": {
        "body": "busy",
        "headers": [
          {
            "name": "server",
            "value": "x"
          }
        ]
      },
      "startedAt": "2026-11-21T08:00:00.000000Z",
      "status": 503,
      "timings": {
        "connectMs": 2.0,
        "dnsMs": 1.25,
        "firstByteMs": 11.0,
        "tlsMs": null
      },
      "worker": "worker-1"
    }
    "#);
}

#[tokio::test]
async fn a_list_of_deliveries_can_be_narrowed() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let delivery = delivered(&api, &admin).await;
    api.clock.advance(Duration::from_secs(1));
    let event = api.publish(&admin, report_event()).await;
    let other = api.dispatch(event).await[0];

    let ids = async |query: &str| {
        let path = format!("/api/v1/deliveries?{query}");
        let list = api.get(&path).bearer(&admin.token).send().await.json();
        let items = list["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, [other.to_string(), delivery.to_string()]);
    assert_eq!(ids("state=delivered").await, [delivery.to_string()]);
    assert_eq!(ids("deadReason=exhausted").await, [""; 0]);
    assert_eq!(ids("holdReason=paused").await, [""; 0]);
    assert_eq!(ids("from=2026-11-21T08:00:11Z").await, [other.to_string()]);
    assert_eq!(ids("to=2026-11-21T08:00:11Z").await, [delivery.to_string()]);
    assert_eq!(ids(&format!("eventId={event}")).await, [other.to_string()]);
    assert_eq!(ids(&format!("registrationId={}", event.0)).await, [""; 0]);

    let refused = api.get("/api/v1/deliveries?state=lost").bearer(&admin.token).send().await;
    assert_snapshot!(refused.shown(), @r#"
    400 Bad Request
    content-type: application/problem+json
    {
      "code": "invalid_query",
      "detail": "`lost` is none of: pending, held, delivered, dead",
      "requestId": "…",
      "status": 400,
      "title": "Invalid query",
      "type": "about:blank"
    }
    "#);
}

#[tokio::test]
async fn a_delivery_of_a_deleted_registration_is_not_replayed() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let delivery = delivered(&api, &admin).await;
    let path = format!("/api/v1/deliveries/{delivery}");
    let before = api.get(&path).bearer(&admin.token).send().await.json();
    let registration = before["registrationId"].as_str().unwrap();
    let registration = format!("/api/v1/registrations/{registration}");
    let deleted = api.call("DELETE", &registration).bearer(&admin.token).send().await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.shown());
    let replayed = api.post(&format!("{path}/replay")).bearer(&admin.token).send().await;
    assert_eq!(replayed.status, StatusCode::CONFLICT, "{}", replayed.shown());
    assert_eq!(replayed.json()["code"], json!("registration_deleted"));
    let after = api.get(&path).bearer(&admin.token).send().await.json();
    assert_eq!(after["state"], json!("delivered"));
}

#[tokio::test]
async fn a_settled_delivery_is_replayed_and_one_under_way_is_not() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let delivery = delivered(&api, &admin).await;
    let path = format!("/api/v1/deliveries/{delivery}/replay");

    let replayed = api.post(&path).bearer(&admin.token).send().await;
    assert_eq!(replayed.status, StatusCode::ACCEPTED);
    assert_eq!(replayed.json()["state"], json!("pending"));
    let due = api.store.take_due_deliveries(api.clock.now(), Duration::from_mins(1), 10).await;
    assert_eq!(due.unwrap(), [delivery]);

    assert_snapshot!(api.post(&path).bearer(&admin.token).send().await.shown(), @r#"
    409 Conflict
    content-type: application/problem+json
    {
      "code": "not_settled",
      "detail": "the delivery is `pending`, so that it is sent anyway",
      "requestId": "…",
      "status": 409,
      "title": "Under way",
      "type": "about:blank"
    }
    "#);
}

#[tokio::test]
async fn an_administrator_sees_the_attempts_of_others_without_their_signatures() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    api.may_read_reports(&root, &alice).await;
    api.register(&alice, "https://h9.example/").await;
    let event = api.publish(&root, report_event()).await;
    let delivery = api.dispatch(event).await[0];
    api.attempt(delivery, 200).await;

    let signatures = async |caller: &Person| {
        let path = format!("/api/v1/deliveries/{delivery}");
        let shown = api.get(&path).bearer(&caller.token).send().await.json();
        let headers = shown["attempts"][0]["request"]["headers"].as_array().unwrap().clone();
        let value = |name: &str| {
            let header = headers.iter().find(|header| header["name"] == name).unwrap();
            header["value"].as_str().unwrap().to_owned()
        };
        [value("ms-signature"), value("webhook-signature")]
    };
    assert_eq!(signatures(&root).await, ["********"; 2]);
    let [classic, standard] = signatures(&alice).await;
    assert!(classic.starts_with("sha256=") && standard.starts_with("v1,"), "{classic} {standard}");
}
