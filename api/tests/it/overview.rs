//! How the whole system does, by a clock that is moved by hand.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use postrider_domain::{BacklogSample, BoundedCount, Clock, Minute, Series, Tally};
use serde_json::{Value, json};

use crate::harness::{Api, Person};

/// The minute that the clock shows.
fn this_minute(api: &Api) -> Minute {
    Minute::of(api.clock.now())
}

/// Counts what roles do.
async fn count(api: &Api, minute: Minute, counted: &[(Series, u64)]) {
    let tally: Tally = counted.iter().copied().collect();
    api.store.add_activity(&BTreeMap::from([(minute, tally)])).await.unwrap();
}

async fn overview(api: &Api, root: &Person, query: &str) -> Value {
    let path = format!("/api/v1/overview{query}");
    let reply = api.get(&path).bearer(&root.token).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.shown());
    reply.json()
}

/// The buckets of which something is known, by their place.
fn known(overview: &Value) -> Vec<(usize, Value)> {
    let buckets = overview["buckets"].as_array().unwrap().iter().cloned().enumerate();
    buckets.filter(|(_, it)| !it["events"].is_null() || !it["attempts"].is_null()).collect()
}

#[tokio::test]
async fn what_nobody_counted_is_none_and_never_zero() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let overview = overview(&api, &root, "").await;
    assert_eq!(overview["buckets"].as_array().unwrap().len(), 60);
    assert_eq!(known(&overview), []);
    let now = &overview["now"];
    for name in ["successRate", "p50Ms", "p99Ms", "undispatched", "held", "dead", "sampledAt"] {
        assert_eq!(now[name], Value::Null, "{name}");
    }
    assert_eq!(now["events"]["perSecond"], Value::Null);
    assert_eq!(now["queues"][0], json!({ "name": "events", "depth": null }));
}

#[tokio::test]
async fn a_role_that_does_not_run_is_not_shown_as_doing_nothing() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    // The api ran, and no worker did.
    count(&api, this_minute(&api).plus(-1), &[(Series::Events, 0)]).await;
    let overview = overview(&api, &root, "").await;
    let known = known(&overview);
    let [(58, bucket)] = known.as_slice() else { panic!("{overview}") };
    assert_eq!((&bucket["events"], &bucket["attempts"]), (&json!(0), &Value::Null));
    assert_eq!(overview["now"]["deliveries"]["perSecond"], Value::Null);
}

#[tokio::test]
async fn the_last_hour_is_shown_minute_by_minute() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let minute = this_minute(&api);
    let counted = [
        (Series::Succeeded, 9),
        (Series::Failed, 1),
        (Series::Dead, 0),
        (Series::Latency(0), 8),
        (Series::Latency(20), 2),
    ];
    count(&api, minute.plus(-60), &[(Series::Events, 7)]).await;
    count(&api, minute.plus(-59), &[(Series::Events, 8)]).await;
    count(&api, minute, &counted).await;
    let overview = overview(&api, &root, "?range=hour").await;
    assert_eq!((&overview["range"], &overview["bucketSeconds"]), (&json!("hour"), &json!(60)));
    let expected = [
        (
            0,
            json!({
                "start": minute.plus(-59).start().to_string(), "events": 8, "attempts": null,
                "succeeded": null, "failed": null, "dead": null, "p50Ms": null, "p99Ms": null,
            }),
        ),
        (
            59,
            json!({
                "start": minute.start().to_string(), "events": null, "attempts": 10,
                "succeeded": 9, "failed": 1, "dead": 0, "p50Ms": 1.0, "p99Ms": 861.08,
            }),
        ),
    ];
    assert_eq!(known(&overview), expected);
}

#[tokio::test]
async fn the_last_day_is_shown_in_quarters_of_an_hour() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    api.clock.advance(Duration::from_mins(7));
    let quarter = this_minute(&api).floor(15);
    for minute in [quarter.plus(-95 * 15), quarter.plus(-1), quarter, quarter.plus(6)] {
        count(&api, minute, &[(Series::Events, 1)]).await;
    }
    count(&api, quarter.plus(-95 * 15 - 1), &[(Series::Events, 1)]).await;
    let overview = overview(&api, &root, "?range=day").await;
    assert_eq!(overview["buckets"].as_array().unwrap().len(), 96);
    assert_eq!(overview["bucketSeconds"], json!(900));
    let events: Vec<_> =
        known(&overview).into_iter().map(|(place, it)| (place, it["events"].clone())).collect();
    assert_eq!(events, [(0, json!(1)), (94, json!(1)), (95, json!(2))]);
}

#[tokio::test]
async fn the_present_is_averaged_over_the_complete_minutes_in_which_somebody_counted() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let minute = this_minute(&api);
    api.clock.advance(Duration::from_secs(10));
    for (ago, events) in [(0, 9_000), (1, 60), (3, 180), (6, 9_000)] {
        count(&api, minute.plus(-ago), &[(Series::Events, events)]).await;
    }
    let counted = [(Series::Succeeded, 30), (Series::Failed, 10), (Series::Latency(10), 30)];
    count(&api, minute.plus(-5), &counted).await;
    let now = overview(&api, &root, "").await["now"].clone();
    assert_eq!(now["events"]["perSecond"], json!(2.0), "of two minutes");
    assert_eq!(now["deliveries"]["perSecond"], json!(0.5), "of one");
    assert_eq!(now["successRate"], json!(0.75));
    assert_eq!((&now["p50Ms"], &now["p99Ms"]), (&json!(26.91), &json!(26.91)));
}

#[tokio::test]
async fn a_minute_is_complete_once_everybody_has_written_what_they_counted() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    count(&api, this_minute(&api).plus(-1), &[(Series::Events, 60)]).await;
    api.clock.advance(Duration::from_secs(9));
    assert_eq!(overview(&api, &root, "").await["now"]["events"]["perSecond"], Value::Null);
    api.clock.advance(Duration::from_secs(1));
    assert_eq!(overview(&api, &root, "").await["now"]["events"]["perSecond"], json!(1.0));
}

#[tokio::test]
async fn what_waits_is_shown_as_long_as_it_was_looked_at_lately() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let at = api.clock.now();
    let sample = BacklogSample {
        at,
        held: Some(BoundedCount { count: 10_000, more: true }),
        dead: Some(BoundedCount { count: 0, more: false }),
        queues: BTreeMap::from([("deliveries".to_owned(), Some(5)), ("inbox".to_owned(), None)]),
        ..BacklogSample::default()
    };
    api.store.record_backlog(&sample).await.unwrap();
    api.clock.advance(Duration::from_mins(2));
    let now = overview(&api, &root, "").await["now"].clone();
    assert_eq!(now["held"], json!({ "count": 10_000, "more": true }));
    assert_eq!(now["dead"], json!({ "count": 0, "more": false }));
    assert_eq!(now["wanted"], Value::Null, "that could not be counted");
    assert_eq!(now["sampledAt"], json!(at));
    let queues = [("events", None), ("deliveries", Some(5)), ("retries", None), ("inbox", None)];
    let queues = queues.map(|(name, depth)| json!({ "name": name, "depth": depth }));
    assert_eq!(now["queues"], json!(queues));

    api.clock.advance(Duration::from_secs(1));
    let now = overview(&api, &root, "").await["now"].clone();
    assert_eq!((&now["held"], &now["sampledAt"]), (&Value::Null, &json!(at)));
}

#[tokio::test]
async fn the_overview_is_for_administrators() {
    let api = Api::start().await;
    let user = api.user("ada").await;
    let reply = api.get("/api/v1/overview").bearer(&user.token).send().await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    let root = api.administrator("root").await;
    let reply = api.get("/api/v1/overview?range=year").bearer(&root.token).send().await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
}
