use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use postrider_domain::ports::{Lease, Recorded};
use postrider_domain::{
    Attempt, AttemptOutcome, Clock, DeliveryId, FailureCause, ResponseHead, Settlement,
};
use serde_json::json;

use crate::harness::{Api, Person, report_event};

/// Makes one attempt of a delivery, as a worker does.
async fn attempt(api: &Api, delivery: DeliveryId, number: u16, outcome: AttemptOutcome) {
    let now = api.clock.now();
    let lease = Lease { token: api.ids.next(), until: now + Duration::from_mins(1) };
    let claimed = api.store.claim_deliveries(&[delivery], lease, now).await.unwrap();
    assert_eq!(claimed.len(), 1);
    let settlement = match outcome {
        AttemptOutcome::Succeeded { .. } => Settlement::Delivered,
        AttemptOutcome::Failed { .. } => Settlement::Retry { at: now },
    };
    let attempt = Attempt {
        id: api.ids.next(),
        delivery,
        number,
        started_at: now,
        duration: Duration::from_millis(12),
        outcome,
        response: Some(ResponseHead {
            headers: vec![("server".into(), "x".into())],
            body: b"busy".to_vec(),
        }),
        worker: "worker-1".into(),
    };
    let recorded = Recorded { attempt, settlement, token: lease.token };
    api.store.record_attempts(&[recorded], now).await.unwrap();
}

async fn delivered(api: &Api, admin: &Person) -> DeliveryId {
    api.register(admin, "https://h9.example/").await;
    let event = api.publish(admin, report_event()).await;
    let delivery = api.dispatch(event).await[0];
    let failed = AttemptOutcome::Failed {
        cause: FailureCause::HttpStatus,
        status: Some(503),
        detail: Some("the receiver answered 503".into()),
    };
    attempt(api, delivery, 1, failed).await;
    api.clock.advance(Duration::from_secs(10));
    attempt(api, delivery, 2, AttemptOutcome::Succeeded { status: 200 }).await;
    delivery
}

#[tokio::test]
async fn a_delivery_is_shown_with_its_attempts() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let delivery = delivered(&api, &admin).await;
    let path = format!("/api/v1/deliveries/{delivery}");
    assert_snapshot!(api.get(&path).bearer(&admin.token).send().await.shown(), @r#"
    200 OK
    content-type: application/json
    {
      "attemptCount": 2,
      "attempts": [
        {
          "cause": "http_status",
          "detail": "the receiver answered 503",
          "durationMs": 12,
          "id": "att_…",
          "number": 1,
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
          "worker": "worker-1"
        },
        {
          "cause": null,
          "detail": null,
          "durationMs": 12,
          "id": "att_…",
          "number": 2,
          "response": {
            "body": "busy",
            "headers": [
              {
                "name": "server",
                "value": "x"
              }
            ]
          },
          "startedAt": "2026-11-21T08:00:10.000000Z",
          "status": 200,
          "worker": "worker-1"
        }
      ],
      "createdAt": "2026-11-21T08:00:00.000000Z",
      "deadReason": null,
      "eventId": "evt_…",
      "id": "dlv_…",
      "lastCause": null,
      "lastStatus": 200,
      "nextAttemptAt": null,
      "registrationId": "reg_…",
      "settledAt": "2026-11-21T08:00:10.000000Z",
      "state": "delivered"
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
      "title": "Delivery is under way",
      "type": "about:blank"
    }
    "#);
}
