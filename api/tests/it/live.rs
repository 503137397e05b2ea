//! What happens, as it happens.

use std::time::Duration;

use axum::body::Body;
use http::StatusCode;
use http_body_util::BodyExt;
use postrider_domain::{Clock, RoleId};
use postrider_testkit::conformance::stores::given;
use serde_json::{Value, json};

use crate::harness::{Api, Call, Person, report_event};
use crate::openapi::document;
use crate::shape::misfit;

/// Longer than anything takes that is waited for here.
const PATIENCE: Duration = Duration::from_secs(20);

/// A stream that is being listened to.
struct Stream {
    body: Body,
    text: String,
}

impl Stream {
    async fn open(call: Call<'_>) -> Self {
        let response = call.open().await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), text: String::new() }
    }

    async fn of(api: &Api, person: &Person) -> Self {
        Self::open(api.get("/api/v1/live").bearer(&person.token)).await
    }

    /// The next message but those of the overview; none at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            let message = self.any().await?;
            if message.0 != "overview" {
                return Some(message);
            }
        }
    }

    /// The next message of this name.
    async fn next_of(&mut self, name: &str) -> Value {
        loop {
            let (found, data) = self.any().await.expect("the stream goes on");
            if found == name {
                return data;
            }
        }
    }

    async fn any(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let member = |name: &str| {
                    message.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
                };
                let read = member("event:").zip(member("data:")).map(|(name, data)| {
                    (name.to_owned(), serde_json::from_str::<Value>(data).unwrap())
                });
                let read_up_to = self.text.len() - rest.len();
                self.text.drain(..read_up_to);
                if let Some((name, data)) = read {
                    assert_promised(&name, &data);
                    return Some((name, data));
                }
                continue;
            }
            let frame = self.frame().await?;
            self.text.push_str(&frame);
        }
    }

    /// What arrives next, as it is; none at the end.
    async fn frame(&mut self) -> Option<String> {
        let frame = tokio::time::timeout(PATIENCE, self.body.frame());
        let frame = frame.await.expect("something arrives, or the stream ends")?;
        let data = frame.unwrap().into_data().unwrap();
        Some(String::from_utf8(data.to_vec()).unwrap())
    }
}

/// Fails if the document does not have such a message.
fn assert_promised(name: &str, data: &Value) {
    let document = document();
    let mut message = json!({});
    message[name] = data.clone();
    let schema = json!({ "$ref": "#/components/schemas/LiveMessage" });
    assert_eq!(misfit(&document, &schema, &message), None, "{message}");
}

/// A registration of somebody who may read reports.
async fn register(api: &Api, root: &Person, owner: &Person) -> String {
    api.may_read_reports(root, owner).await;
    api.register(owner, &format!("https://{}.example/", owner.user.id.simple())).await
}

#[tokio::test]
async fn an_attempt_is_told_to_the_owner_of_its_registration_and_to_administrators() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let (ada, bob) = (api.user("ada").await, api.user("bob").await);
    let registration = register(&api, &root, &ada).await;
    let event = api.publish(&root, report_event()).await;
    let [delivery] = api.dispatch(event).await.try_into().unwrap();
    let mut of_root = Stream::of(&api, &root).await;
    let mut of_ada = Stream::of(&api, &ada).await;
    let mut of_bob = Stream::of(&api, &bob).await;

    api.attempt(delivery, 503).await;
    let (name, told) = of_ada.next().await.unwrap();
    assert_eq!(name, "attempt");
    let id = told["id"].clone();
    let expected = json!({
        "id": id, "deliveryId": delivery, "registrationId": registration, "eventId": event,
        "state": "pending", "at": "2026-11-21T08:00:00.012000Z", "status": 503,
        "cause": "http_status",
    });
    assert_eq!(told, expected);
    assert_eq!(of_root.next_of("attempt").await, told);

    // Bob is told of his own, and of nothing before it.
    let registration = register(&api, &root, &bob).await;
    let event = api.publish(&root, report_event()).await;
    let deliveries = api.dispatch(event).await;
    for delivery in deliveries {
        api.attempt(delivery, 200).await;
    }
    let (name, told) = of_bob.next().await.unwrap();
    assert_eq!((name.as_str(), &told["registrationId"]), ("attempt", &json!(registration)));
    assert_eq!((&told["state"], &told["cause"]), (&json!("delivered"), &Value::Null));
}

#[tokio::test]
async fn a_stream_begins_at_once_though_nothing_happens() {
    let api = Api::start().await;
    let ada = api.user("ada").await;
    let mut stream = Stream::of(&api, &ada).await;
    assert_eq!(stream.frame().await.as_deref(), Some(": listening\n\n"));
}

#[tokio::test]
async fn an_event_is_told_to_administrators_and_what_was_there_before_is_not() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    api.publish(&root, report_event()).await;
    let mut stream = Stream::of(&api, &root).await;
    let event = api.publish(&root, report_event()).await;
    let (name, told) = stream.next().await.unwrap();
    assert_eq!(name, "event");
    let expected = json!({
        "id": event, "filter": "reports", "type": "Added", "at": "2026-11-21T08:00:00.000000Z",
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_administrator_is_told_how_the_system_does_and_others_are_not() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let ada = api.user("ada").await;
    let mut of_ada = Stream::of(&api, &ada).await;
    let mut of_root = Stream::of(&api, &root).await;
    let told = of_root.next_of("overview").await;
    assert_eq!(told["events"], json!({ "perSecond": null }));
    // Ada was told of nothing before her own attempt, not even of that.
    register(&api, &root, &ada).await;
    let event = api.publish(&root, report_event()).await;
    for delivery in api.dispatch(event).await {
        api.attempt(delivery, 200).await;
    }
    assert_eq!(of_ada.any().await.unwrap().0, "attempt");
}

#[tokio::test]
async fn of_very_many_attempts_only_their_number_is_told() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let ada = api.user("ada").await;
    register(&api, &root, &ada).await;
    let mut deliveries = Vec::new();
    for _ in 0..30 {
        let event = api.publish(&root, report_event()).await;
        deliveries.extend(api.dispatch(event).await);
    }
    let mut of_ada = Stream::of(&api, &ada).await;
    let mut of_root = Stream::of(&api, &root).await;

    // One commit, so that one look finds all of them.
    let (now, lease) = (api.clock.now(), given::lease(api.clock.now()));
    api.store.claim_deliveries(&deliveries, &[], lease, now).await.unwrap();
    let recorded = deliveries.iter().map(|delivery| given::success(*delivery, 1, lease.token));
    api.store.record_attempts(&recorded.collect::<Vec<_>>(), now).await.unwrap();
    let expected = Some(("many".to_owned(), json!({ "count": 30 })));
    assert_eq!(of_ada.next().await, expected);
    assert_eq!(of_root.next().await, expected);
}

#[tokio::test]
async fn a_stream_ends_when_its_token_does() {
    let api = Api::start().await;
    let ada = api.user("ada").await;
    let mut stream = Stream::of(&api, &ada).await;
    let ended = api.call("DELETE", "/api/v1/me/token").bearer(&ada.token).send().await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT, "{}", ended.shown());
    assert_eq!(stream.next().await, Some(("signed-out".to_owned(), json!({}))));
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_stream_ends_with_its_session_which_it_does_not_prolong() {
    let api = Api::start().await;
    api.user("ada").await;
    let browser = api.browser("ada").await;
    api.clock.advance(Duration::from_mins(20));
    // As browsers do: they let no page add a header to it.
    let mut stream = Stream::open(api.get("/api/v1/live").session(&browser)).await;
    api.clock.advance(Duration::from_mins(11));
    assert_eq!(stream.next().await.unwrap().0, "signed-out");
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn who_is_an_administrator_no_more_is_told_as_everybody_is() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    let ada = api.administrator("ada").await;
    let mut stream = Stream::open(api.get("/api/v1/live").bearer(&ada.key)).await;
    let role = RoleId::SYSTEM_ADMINISTRATOR;
    let path = format!("/api/v1/roles/{role}/members/{}", ada.user.id);
    let left = api.call("DELETE", &path).bearer(&root.token).send().await;
    assert_eq!(left.status, StatusCode::NO_CONTENT, "{}", left.shown());
    register(&api, &root, &ada).await;
    let event = api.publish(&root, report_event()).await;
    for delivery in api.dispatch(event).await {
        api.attempt(delivery, 200).await;
    }
    assert_eq!(stream.next().await.unwrap().0, "attempt", "and the event is not told");
}

#[tokio::test]
async fn every_stream_ends_when_the_process_does() {
    let api = Api::start().await;
    let ada = api.user("ada").await;
    let mut streams = [Stream::of(&api, &ada).await, Stream::of(&api, &ada).await];
    api.shutdown.cancel();
    for stream in &mut streams {
        assert_eq!(stream.next().await, None);
    }
    // One that comes now ends at once, instead of keeping the process.
    assert_eq!(Stream::of(&api, &ada).await.next().await, None);
}

#[tokio::test]
async fn a_user_has_six_streams_and_a_place_is_free_again_when_a_client_has_gone() {
    let api = Api::start().await;
    let (ada, bob) = (api.user("ada").await, api.user("bob").await);
    let mut streams = Vec::new();
    for _ in 0..6 {
        streams.push(Stream::of(&api, &ada).await);
    }
    let refused = api.get("/api/v1/live").bearer(&ada.token).send().await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.json()["code"], json!("too_many_streams"));
    assert!(refused.header("retry-after").is_some());
    Stream::of(&api, &bob).await;
    streams.pop();
    Stream::of(&api, &ada).await;
}

#[tokio::test]
async fn all_users_together_have_two_hundred_streams() {
    let api = Api::start().await;
    let mut streams = Vec::new();
    for number in 0..34 {
        let user = api.user(&format!("user{number}")).await;
        for _ in 0..6.min(200 - streams.len()) {
            streams.push(Stream::of(&api, &user).await);
        }
    }
    assert_eq!(streams.len(), 200);
    let late = api.user("late").await;
    let refused = api.get("/api/v1/live").bearer(&late.token).send().await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    streams.pop();
    Stream::of(&api, &late).await;
}

#[tokio::test]
async fn who_comes_after_everybody_has_gone_is_told_as_well() {
    let api = Api::start().await;
    let root = api.administrator("root").await;
    drop(Stream::of(&api, &root).await);
    for _ in 0..2 {
        let mut stream = Stream::of(&api, &root).await;
        let event = api.publish(&root, report_event()).await;
        assert_eq!(stream.next_of("event").await["id"], json!(event));
    }
}
