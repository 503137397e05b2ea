use http::StatusCode;
use insta::assert_snapshot;
use postrider_domain::ports::EventReport;
use serde_json::json;

use crate::harness::{Api, report_event};

mod announced;

#[tokio::test]
async fn an_event_is_accepted_and_shown_to_an_administrator() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let reply = api.post("/api/v1/events").bearer(&admin.key).json(&report_event()).send().await;
    assert_snapshot!(reply.shown(), @r#"
    202 Accepted
    content-type: application/json
    {
      "events": [
        {
          "duplicate": false,
          "id": "evt_…"
        }
      ]
    }
    "#);

    let id = reply.json()["events"][0]["id"].as_str().unwrap().to_owned();
    let reply = api.get(&format!("/api/v1/events/{id}")).bearer(&admin.token).send().await;
    assert_snapshot!(reply.shown(), @r#"
    200 OK
    content-type: application/json
    {
      "acceptedAt": "2026-11-21T08:00:00.000000Z",
      "actor": null,
      "audience": null,
      "data": {
        "pages": 7
      },
      "deliveries": [],
      "dispatched": false,
      "expungedAt": null,
      "filter": "reports",
      "id": "evt_…",
      "matched": null,
      "more": false,
      "occurredAt": "2026-11-21T08:00:00.000000Z",
      "publisherId": "usr_…",
      "resource": {
        "category": "finance",
        "id": "42",
        "name": "Q3 revenue"
      },
      "type": "Added"
    }
    "#);
}

#[tokio::test]
async fn a_dispatched_event_shows_the_registrations_it_matched() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let registration = api.register(&admin, "https://h9.example/hook").await;
    let event = api.publish(&admin, report_event()).await;
    api.dispatch(event).await;

    let reply = api.get(&format!("/api/v1/events/{event}")).bearer(&admin.token).send().await;
    let body = reply.json();
    assert_eq!((&body["dispatched"], &body["matched"]), (&json!(true), &json!(1)));
    assert_eq!(body["deliveries"][0]["registrationId"], json!(registration));
    assert_eq!(body["deliveries"][0]["state"], json!("pending"));
}

#[tokio::test]
async fn the_data_of_an_event_is_kept_to_the_byte() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let data = r#"{ "b":1.50e+3,"a" : "\u00e4\/" , "a":12345678901234567890 }"#;
    let body =
        format!(r#"{{"filter":"reports","type":"Added","resource":{{"id":"1"}},"data":{data}}}"#);
    let reply = api
        .post("/api/v1/events")
        .bearer(&admin.key)
        .text("application/json; charset=utf-8", body)
        .send()
        .await;
    let id = reply.json()["events"][0]["id"].as_str().unwrap().to_owned();
    let reply = api.get(&format!("/api/v1/events/{id}")).bearer(&admin.token).send().await;
    assert!(reply.text().contains(data), "{}", reply.text());
}

#[tokio::test]
async fn events_of_one_request_are_accepted_in_order_all_or_none() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let events: Vec<_> = (0..1_000)
        .map(|n| json!({ "filter": "tasks", "type": "Executed", "resource": { "id": n.to_string() } }))
        .collect();
    let reply = api.post("/api/v1/events").bearer(&admin.key).json(&json!(events)).send().await;
    assert_eq!(reply.status, StatusCode::ACCEPTED);
    let ids = reply.json()["events"].as_array().unwrap().clone();
    assert_eq!(ids.len(), 1_000);
    for n in [0, 7, 999] {
        let path = format!("/api/v1/events/{}", ids[n]["id"].as_str().unwrap());
        let shown = api.get(&path).bearer(&admin.token).send().await;
        assert_eq!(shown.json()["resource"]["id"], json!(n.to_string()));
    }

    let mut mixed = events[..2].to_vec();
    mixed.push(json!({ "filter": "nope", "type": "Added", "resource": { "id": "1" } }));
    let reply = api.post("/api/v1/events").bearer(&admin.key).json(&json!(mixed)).send().await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let backlog = api.store.backlog(postrider_domain::Timestamp::EPOCH).await.unwrap();
    assert_eq!(backlog.undispatched, 1_000);
}

#[tokio::test]
async fn every_mistake_in_an_event_is_named_by_its_pointer() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let events = json!([
        report_event(),
        {
            "filter": "orders",
            "type": "two words",
            "resource": { "id": "" },
            "occurredAt": "yesterday",
            "actor": "x".repeat(513),
            "id": "a b",
        },
    ]);
    let reply = api.post("/api/v1/events").bearer(&admin.key).json(&events).send().await;
    assert_snapshot!(reply.shown(), @r#"
    422 Unprocessable Entity
    content-type: application/problem+json
    {
      "code": "validation_failed",
      "errors": [
        {
          "detail": "there is no filter `orders`",
          "pointer": "/1/filter"
        },
        {
          "detail": "`two words` is not an event type: use 1 to 64 letters, digits, `_`, `-` or `.`",
          "pointer": "/1/type"
        },
        {
          "detail": "`resource.id` is empty",
          "pointer": "/1/resource"
        },
        {
          "detail": "an actor has at most 512 bytes and no NUL character",
          "pointer": "/1/actor"
        },
        {
          "detail": "use 1 to 255 visible ASCII characters without spaces",
          "pointer": "/1/id"
        },
        {
          "detail": "`yesterday` is not an RFC 3339 time",
          "pointer": "/1/occurredAt"
        }
      ],
      "requestId": "…",
      "status": 422,
      "title": "Validation failed",
      "type": "about:blank"
    }
    "#);

    let unknown_member =
        json!({ "filter": "reports", "type": "Added", "resource": { "id": "1", "nmae": "x" } });
    let reply = api.post("/api/v1/events").bearer(&admin.key).json(&unknown_member).send().await;
    assert_snapshot!(reply.shown(), @r#"
    422 Unprocessable Entity
    content-type: application/problem+json
    {
      "code": "validation_failed",
      "errors": [
        {
          "detail": "unknown field `nmae`, expected one of `id`, `name`, `category` at line 1 column 47",
          "pointer": "/resource/nmae"
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
async fn a_configured_filter_is_as_good_as_a_built_in_one() {
    let api = Api::start_with(|config| config.filters = vec!["orders".parse().unwrap()]).await;
    let admin = api.administrator("root").await;
    let event = json!({ "filter": "Orders", "type": "Paid", "resource": { "id": "1" } });
    api.publish(&admin, event).await;
}

#[tokio::test]
async fn events_are_published_with_a_key_or_by_an_administrator() {
    let api = Api::start().await;
    let (admin, user) = (api.administrator("root").await, api.user("alice").await);
    for (token, expected) in [
        (&admin.token, StatusCode::ACCEPTED),
        (&user.key, StatusCode::ACCEPTED),
        (&user.token, StatusCode::FORBIDDEN),
    ] {
        let reply = api.post("/api/v1/events").bearer(token).json(&report_event()).send().await;
        assert_eq!(reply.status, expected, "{}", reply.shown());
    }
}

#[tokio::test]
async fn an_event_for_an_audience_is_told_to_nobody_else() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let (alice, bob) = (api.user("Alice").await, api.user("bob").await);
    for reader in [&alice, &bob] {
        api.may_read_reports(&admin, reader).await;
    }
    let registration = api.register(&alice, "https://h9.example/").await;
    api.register(&bob, "https://h9.example/").await;
    let mut event = report_event();
    event["audience"] = json!(["aLICE", "nobody", "alice"]);
    let id = api.publish(&admin, event).await;
    api.dispatch(id).await;

    let show =
        async |token: &str| api.get(&format!("/api/v1/events/{id}")).bearer(token).send().await;
    let shown = show(&admin.token).await.json();
    assert_eq!(shown["audience"], json!(["alice", "nobody"]));
    assert_eq!(shown["publisherId"], json!(admin.user.id));
    assert_eq!(shown["deliveries"].as_array().unwrap().len(), 1);
    assert_eq!(shown["deliveries"][0]["registrationId"], json!(registration));
    // Who is told does not learn who else is.
    let told = show(&alice.token).await;
    assert_eq!((told.status, &told.json()["audience"]), (StatusCode::OK, &json!(null)));
    assert_eq!(show(&bob.token).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_audience_is_some_names() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    for audience in [json!([]), json!([""]), json!(["x"]), json!([" x"])] {
        let mut event = report_event();
        event["audience"] = audience.clone();
        let reply = api.post("/api/v1/events").bearer(&admin.key).json(&event).send().await;
        if audience == json!(["x"]) {
            assert_eq!(reply.status, StatusCode::ACCEPTED);
        } else {
            assert_eq!(reply.json()["errors"][0]["pointer"], json!("/audience"), "{audience}");
        }
    }
}

#[tokio::test]
async fn who_published_an_event_sees_what_became_of_it() {
    let api = Api::start().await;
    let (alice, bob) = (api.user("alice").await, api.user("bob").await);
    let id = api.publish(&alice, report_event()).await;
    for (person, expected) in [(&alice, StatusCode::OK), (&bob, StatusCode::NOT_FOUND)] {
        let shown = api.get(&format!("/api/v1/events/{id}")).bearer(&person.token).send().await;
        assert_eq!(shown.status, expected);
    }
}

#[tokio::test]
async fn a_filter_is_published_in_the_spelling_that_is_registered() {
    let api = Api::start_with(|config| config.filters = vec!["OrderPlaced".parse().unwrap()]).await;
    let admin = api.administrator("root").await;
    let event = json!({ "filter": "ORDERPLACED", "type": "Paid", "resource": { "id": "1" } });
    let id = api.publish(&admin, event).await;
    let shown = api.get(&format!("/api/v1/events/{id}")).bearer(&admin.token).send().await;
    assert_eq!(shown.json()["filter"], json!("OrderPlaced"));
}

#[tokio::test]
async fn the_same_event_for_another_audience_is_another_event() {
    let api = Api::start().await;
    let admin = api.administrator("root").await;
    let mut event = report_event();
    event["id"] = json!("order-1");
    event["audience"] = json!(["alice"]);
    let first = api.publish(&admin, event.clone()).await;
    event["audience"] = json!(["ALICE"]);
    assert_eq!(api.publish(&admin, event.clone()).await, first);
    for audience in [json!(["alice", "bob"]), json!(null)] {
        event["audience"] = audience;
        let reply = api.post("/api/v1/events").bearer(&admin.key).json(&event).send().await;
        assert_eq!(reply.json()["code"], json!("idempotency_conflict"), "{event}");
    }
}

#[tokio::test]
async fn an_event_shows_its_newest_deliveries_and_says_that_there_are_more() {
    let api = Api::start().await;
    let (root, alice) = (api.administrator("root").await, api.user("alice").await);
    api.may_read_reports(&root, &alice).await;
    let most = usize::try_from(EventReport::MAX_DELIVERIES).unwrap();
    for number in 0..most {
        api.register(&alice, &format!("https://h9.example/{number}")).await;
    }
    let show = async || {
        let event = api.publish(&root, report_event()).await;
        api.dispatch(event).await;
        let shown = api.get(&format!("/api/v1/events/{event}")).bearer(&alice.token).send().await;
        (event, shown.json())
    };
    let (_, all) = show().await;
    assert_eq!((&all["more"], &all["matched"]), (&json!(false), &json!(most)));
    assert_eq!(all["deliveries"].as_array().unwrap().len(), most);

    api.register(&alice, "https://h9.example/one-more").await;
    let (event, some) = show().await;
    assert_eq!((&some["more"], &some["matched"]), (&json!(true), &json!(null)));
    assert_eq!(some["deliveries"].as_array().unwrap().len(), most);
    // The rest is where the document says that it is.
    let path = format!("/api/v1/deliveries?eventId={event}&limit=100");
    let first = api.get(&path).bearer(&alice.token).send().await.json();
    let next = first["next"].as_str().unwrap();
    let second = api.get(&format!("{path}&cursor={next}")).bearer(&alice.token).send().await;
    assert_eq!(second.json()["items"].as_array().unwrap().len(), 1);
}
