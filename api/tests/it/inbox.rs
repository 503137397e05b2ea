//! What was received, on both kinds of database: the inbox need not be where the rest is.

use std::time::Duration;

use http::StatusCode;
use insta::{allow_duplicates, assert_snapshot};
use postrider_domain::ReceiverAddress;
use postrider_domain::inbox::{Ended, InboxItem};
use postrider_testkit::databases::Database;
use serde_json::{Value, json};

use crate::harness::{Api, Person, Reply};

mod bodies;
mod replaying;
mod unmigrated;

const PATH: &str = "/api/v1/inbox";

/// Runs each case on both: `postgres::NAME` and `sqlite::NAME`.
macro_rules! on_both_databases {
    ($($case:ident),+ $(,)?) => {
        mod postgres {
            use postrider_testkit::databases::PostgresDatabase;

            $(#[tokio::test]
            async fn $case() {
                super::$case(&PostgresDatabase::create_empty().await).await;
            })+
        }
        mod sqlite {
            use postrider_testkit::databases::SqliteDatabase;

            $(#[tokio::test]
            async fn $case() {
                super::$case(&SqliteDatabase::create_empty().await).await;
            })+
        }
    };
}
pub(crate) use on_both_databases;

on_both_databases!(
    webhooks_are_listed_newest_first_and_page_by_page,
    a_list_shows_only_what_is_asked_for,
    a_webhook_is_shown_with_its_request_and_its_runs,
    a_list_that_cannot_be_is_refused,
);

async fn start(database: &dyn Database) -> (Api, Person) {
    let api = Api::start_with_inbox(database.inbox().await).await;
    let root = api.administrator("root").await;
    (api, root)
}

async fn get(api: &Api, caller: &Person, path: &str) -> Reply {
    api.get(&format!("{PATH}{path}")).bearer(&caller.token).send().await
}

/// A webhook at another address.
fn at(api: &Api, receiver: &str, id: &str) -> InboxItem {
    InboxItem { address: ReceiverAddress::new(receiver, id), ..api.webhook() }
}

/// The ids of a list.
fn ids(list: &Reply) -> Vec<String> {
    assert_eq!(list.status, StatusCode::OK, "{}", list.shown());
    let items = list.json()["items"].as_array().unwrap().clone();
    items.into_iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

async fn webhooks_are_listed_newest_first_and_page_by_page(database: &dyn Database) {
    let (api, root) = start(database).await;
    let mut received = Vec::new();
    for _ in 0..3 {
        received.push(api.receive(&api.webhook()).await.to_string());
        api.clock.advance(Duration::from_secs(1));
    }
    received.reverse();
    let first = get(&api, &root, "?limit=2").await;
    assert_eq!(ids(&first), received[..2]);
    let cursor = first.json()["next"].as_str().unwrap().to_owned();
    let second = get(&api, &root, &format!("?limit=2&cursor={cursor}")).await;
    assert_eq!(ids(&second), received[2..]);
    assert_eq!(second.json()["next"], Value::Null);
    allow_duplicates! {
        assert_snapshot!(second.shown(), @r#"
        200 OK
        content-type: application/json
        {
          "items": [
            {
              "actions": [
                "push"
              ],
              "bodyBytes": 14,
              "dedupeKey": null,
              "dueAt": "2026-11-21T08:01:00.000000Z",
              "duplicates": 0,
              "id": "inb_…",
              "receivedAt": "2026-11-21T08:00:00.000000Z",
              "receiver": "github",
              "receiverId": "org1",
              "replays": 0,
              "settledAt": null,
              "state": "pending"
            }
          ],
          "next": null
        }
        "#);
    }
}

async fn a_list_shows_only_what_is_asked_for(database: &dyn Database) {
    let (api, root) = start(database).await;
    let dead = api.receive(&at(&api, "github", "org1")).await.to_string();
    api.handle(dead.parse().unwrap(), Ended::Dead).await;
    api.clock.advance(Duration::from_secs(1));
    let processed = api.receive(&at(&api, "github", "")).await.to_string();
    api.handle(processed.parse().unwrap(), Ended::Processed).await;
    api.clock.advance(Duration::from_secs(1));
    let mut charged = at(&api, "stripe", "");
    charged.actions = vec!["charge.failed".into(), "ping".into()];
    let pending = api.receive(&charged).await.to_string();
    let (dead, processed, pending) = (&dead, &processed, &pending);
    for (query, expected) in [
        ("", vec![pending, processed, dead]),
        ("receiver=github", vec![processed, dead]),
        ("receiver=GitHub&receiverId=ORG1", vec![dead]),
        ("receiverId=", vec![pending, processed]),
        ("action=ping", vec![pending]),
        ("action=charge", vec![]),
        ("state=dead", vec![dead]),
        ("state=processed", vec![processed]),
        ("state=pending", vec![pending]),
        ("from=2026-11-21T08:00:01Z", vec![pending, processed]),
        ("from=2026-11-21T08:00:01Z&to=2026-11-21T08:00:02Z", vec![processed]),
        ("state=dead&receiver=stripe", vec![]),
    ] {
        assert_eq!(
            ids(&get(&api, &root, &format!("?{query}")).await).iter().collect::<Vec<_>>(),
            expected,
            "{query}"
        );
    }
}

async fn a_webhook_is_shown_with_its_request_and_its_runs(database: &dyn Database) {
    let (api, root) = start(database).await;
    let mut webhook = InboxItem { dedupe_key: Some("delivery-7".into()), ..api.webhook() };
    webhook.request.query = "a=1".into();
    let id = api.receive(&webhook).await;
    api.handle(id, Ended::Dead).await;
    let shown = get(&api, &root, &format!("/{id}")).await;
    allow_duplicates! {
        assert_snapshot!(shown.shown(), @r#"
        200 OK
        content-type: application/json
        {
          "actions": [
            "push"
          ],
          "body": "{\"ref\":\"main\"}",
          "bodyBytes": 14,
          "bodyCut": false,
          "dedupeKey": "delivery-7",
          "dueAt": null,
          "duplicates": 0,
          "headers": [
            {
              "name": "x-github-event",
              "value": "push"
            }
          ],
          "id": "inb_…",
          "method": "POST",
          "query": "a=1",
          "receivedAt": "2026-11-21T08:00:00.000000Z",
          "receiver": "github",
          "receiverId": "org1",
          "replays": 0,
          "runs": [
            {
              "endedAt": "2026-11-21T08:00:01.000000Z",
              "error": "the database is away",
              "handler": "store",
              "number": 1,
              "outcome": "failed",
              "startedAt": "2026-11-21T08:00:00.000000Z"
            }
          ],
          "settledAt": "2026-11-21T08:00:01.000000Z",
          "state": "dead"
        }
        "#);
    }

    let version = shown.header("etag").unwrap();
    let known =
        api.get(&format!("{PATH}/{id}")).bearer(&root.token).header("if-none-match", version);
    assert_eq!(known.send().await.status, StatusCode::NOT_MODIFIED);
    api.inbox.replay_inbox(id, webhook.received_at).await.unwrap();
    let changed = get(&api, &root, &format!("/{id}")).await;
    assert_ne!(changed.header("etag"), Some(version));
    for unknown in [api.webhook().id.to_string(), "nonsense".to_owned()] {
        let reply = get(&api, &root, &format!("/{unknown}")).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{}", reply.shown());
    }
}

async fn a_list_that_cannot_be_is_refused(database: &dyn Database) {
    let (api, root) = start(database).await;
    let long = format!("receiver={}", "x".repeat(201));
    let mut told = Vec::new();
    for query in [
        "state=done",
        "from=yesterday",
        "to=tomorrow",
        "action=a%00b",
        "receiverId=%00",
        &long,
        "limit=0",
        "cursor=x",
        "colour=blue",
    ] {
        let refused = get(&api, &root, &format!("?{query}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.shown());
        assert_eq!(refused.json()["code"], json!("invalid_query"));
        told.push(refused.json()["detail"].as_str().unwrap().to_owned());
    }
    allow_duplicates! {
        assert_snapshot!(told.join("\n"), @r"
        `done` is not a state of the inbox
        `yesterday` is not an RFC 3339 time
        `tomorrow` is not an RFC 3339 time
        a text to look for has at most 200 characters and no NUL character
        a text to look for has at most 200 characters and no NUL character
        a text to look for has at most 200 characters and no NUL character
        `limit` is a number from 1 to 100
        `cursor` is not one that was given out here
        unknown field `colour`, expected one of `receiver`, `receiverId`, `action`, `state`, `from`, `to`, `cursor`, `limit`
        ");
    }
}
