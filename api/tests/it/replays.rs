//! Sending again what was settled.

use std::time::Duration;

use http::StatusCode;
use insta::assert_snapshot;
use postrider_domain::{Clock, DeliveryId};
use serde_json::{Value, json};

use crate::harness::{Api, Person, Reply, report_event};

const PATH: &str = "/api/v1/replays";

async fn start(api: &Api, caller: &Person, registration: &str, body: &Value) -> Reply {
    let path = format!("/api/v1/registrations/{registration}/replays");
    api.post(&path).bearer(&caller.token).json(body).send().await
}

/// A registration with one delivery that was delivered, and one that was given up.
async fn settled(api: &Api, owner: &Person) -> (String, [DeliveryId; 2]) {
    let id = api.register(owner, "https://h9.example/").await;
    let mut deliveries = Vec::new();
    for status in [200, 410] {
        let event = api.publish(owner, report_event()).await;
        let delivery = api.dispatch(event).await[0];
        api.attempt(delivery, status).await;
        deliveries.push(delivery);
        api.clock.advance(Duration::from_secs(1));
    }
    (id, deliveries.try_into().unwrap())
}

async fn state(api: &Api, caller: &Person, delivery: DeliveryId) -> Value {
    let path = format!("/api/v1/deliveries/{delivery}");
    api.get(&path).bearer(&caller.token).send().await.json()
}

#[tokio::test]
async fn a_replay_counts_what_matches_or_sends_it_again() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let (id, [delivered, dead]) = settled(&api, &root).await;
    for (body, matched) in [
        (json!({}), 1),
        (json!({ "states": ["dead", "delivered"] }), 2),
        (json!({ "reasons": ["exhausted"] }), 0),
        (json!({ "filter": "Reports", "type": "Added" }), 1),
        (json!({ "filter": "tasks" }), 0),
        (json!({ "to": "2026-11-21T08:00:01Z" }), 0),
        (json!({ "states": ["delivered"], "to": "2026-11-21T08:00:01Z" }), 1),
    ] {
        let mut asked = body.clone();
        asked["dryRun"] = json!(true);
        let counted = start(&api, &root, &id, &asked).await;
        assert_eq!(counted.status, StatusCode::OK, "{}", counted.shown());
        let expected = json!({ "matched": { "count": matched, "more": false } });
        assert_eq!(counted.json(), expected, "{body}");
    }
    let list = api.get(PATH).bearer(&root.token).send().await.json();
    assert_eq!(list["items"], json!([]));

    let started = start(&api, &root, &id, &json!({ "reasons": ["gone"], "pace": 5 })).await;
    assert_snapshot!(started.shown(), @r#"
    201 Created
    content-type: application/json
    location: /api/v1/replays/rpl_…
    {
      "createdAt": "2026-11-21T08:00:02.000000Z",
      "createdBy": "usr_…",
      "filter": null,
      "finishedAt": null,
      "from": null,
      "id": "rpl_…",
      "matched": {
        "count": 1,
        "more": false
      },
      "pace": 5,
      "reasons": [
        "gone"
      ],
      "registrationId": "reg_…",
      "replayed": 0,
      "state": "running",
      "states": [
        "dead"
      ],
      "to": null,
      "type": null
    }
    "#);
    let path = started.header("location").unwrap().to_owned();
    api.clock.advance(Duration::from_secs(1));
    assert_eq!(api.store.advance_replays(api.clock.now(), 10).await.unwrap(), 1);
    let again = state(&api, &root, dead).await;
    assert_eq!((&again["state"], &again["replays"]), (&json!("pending"), &json!(1)));
    assert_eq!(state(&api, &root, delivered).await["replays"], json!(0));
    api.clock.advance(Duration::from_secs(1));
    api.store.advance_replays(api.clock.now(), 10).await.unwrap();
    let done = api.get(&path).bearer(&root.token).send().await.json();
    assert_eq!((&done["state"], &done["replayed"]), (&json!("done"), &json!(1)));
    assert_ne!(done["finishedAt"], Value::Null);

    // The next attempt says that it is one of a replay.
    api.attempt(dead, 200).await;
    let attempt = &state(&api, &root, dead).await["attempts"][1];
    assert_eq!(attempt["replay"], json!(1));
    let replayed = json!({ "name": "postrider-replay", "value": "1" });
    assert!(attempt["request"]["headers"].as_array().unwrap().contains(&replayed), "{attempt}");
}

#[tokio::test]
async fn a_replay_is_cancelled_once() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let (id, _) = settled(&api, &root).await;
    let started = start(&api, &root, &id, &json!({})).await.json();
    let path = format!("{PATH}/{}/cancel", started["id"].as_str().unwrap());
    let cancelled = api.post(&path).bearer(&root.token).send().await;
    assert_eq!(cancelled.json()["state"], json!("cancelled"), "{}", cancelled.shown());
    let again = api.post(&path).bearer(&root.token).send().await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(again.json()["code"], json!("not_running"));
    assert_eq!(again.json()["detail"], json!("the replay is `cancelled`"));
}

#[tokio::test]
async fn replays_are_listed_for_those_who_may_see_their_registration() {
    let api = Api::start().await;
    let (root, bob) = (api.administrator("root").await, api.user("bob").await);
    let (one, _) = settled(&api, &root).await;
    let other = api.register(&bob, "https://h9.example/").await;
    let ids = async |caller: &Person, query: &str| {
        let list = api.get(&format!("{PATH}{query}")).bearer(&caller.token).send().await.json();
        let items = list["items"].as_array().unwrap().clone();
        items.into_iter().map(|item| item["registrationId"].clone()).collect::<Vec<_>>()
    };
    start(&api, &root, &one, &json!({})).await;
    api.clock.advance(Duration::from_secs(1));
    start(&api, &bob, &other, &json!({})).await;
    assert_eq!(ids(&root, "").await, [json!(other), json!(one)]);
    assert_eq!(ids(&root, &format!("?registrationId={one}")).await, [json!(one)]);
    assert_eq!(ids(&bob, "").await, [json!(other)]);
    assert_eq!(start(&api, &bob, &one, &json!({})).await.status, StatusCode::NOT_FOUND);
    let wrong = api.get(&format!("{PATH}?registrationId=x")).bearer(&bob.token).send().await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_replay_that_makes_no_sense_is_refused() {
    let api = Api::start().await;
    let alice = api.user("alice").await;
    let id = api.register(&alice, "https://h9.example/").await;
    let mut told = Vec::new();
    for body in [
        json!({ "states": [] }),
        json!({ "states": ["pending"] }),
        json!({ "states": ["delivered"], "reasons": ["gone"] }),
        json!({ "reasons": ["bored"] }),
        json!({ "states": ["dead", "dead", "dead"], "reasons": vec!["gone"; 11] }),
        json!({ "filter": "two words", "type": "", "from": "yesterday" }),
        json!({ "from": "2026-11-21T08:00:00Z", "to": "2026-11-21T08:00:00Z" }),
        json!({ "pace": 0 }),
    ] {
        let refused = start(&api, &alice, &id, &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.shown());
        for error in refused.json()["errors"].as_array().unwrap() {
            let text = |name: &str| error[name].as_str().unwrap().to_owned();
            told.push(format!("{}: {}", text("pointer"), text("detail")));
        }
    }
    assert_snapshot!(told.join("\n"), @r"
    : a replay is of deliveries that are dead, delivered, or both
    /states/0: unknown variant `pending`, expected `dead` or `delivered` at line 1 column 20
    /reasons: only what was given up has a reason for it
    /reasons/0: `bored` is none of: exhausted, gone, registration_deleted, discarded, hold_overflow, condition_failed, expunged at line 1 column 20
    /states: there are at most 2 states
    /reasons: there are at most 10 reasons
    /filter: `two words` is not a filter name: use 1 to 64 letters, digits, `_` or `-`
    /type: `` is not an event type: use 1 to 64 letters, digits, `_`, `-` or `.`
    /from: `yesterday` is not an RFC 3339 time
    : `from` must be before `to`
    /pace: a pace is 1 to 10000 a second
    ");
}

#[tokio::test]
async fn a_replay_begins_also_when_nothing_can_be_counted() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let (id, _) = settled(&api, &root).await;
    // Counting names it.
    api.database.execute("DROP INDEX deliveries_dead_of").await;
    let counted = start(&api, &root, &id, &json!({ "dryRun": true })).await;
    assert_eq!(counted.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", counted.shown());
    let started = start(&api, &root, &id, &json!({})).await;
    assert_eq!(started.status, StatusCode::CREATED, "{}", started.shown());
    assert_eq!(started.json()["matched"], json!({ "count": 0, "more": true }));
    let path = format!("{PATH}/{}", started.json()["id"].as_str().unwrap());
    let shown = api.get(&path).bearer(&root.token).send().await.json();
    assert_eq!(shown["matched"], json!({ "count": 0, "more": true }));
}
