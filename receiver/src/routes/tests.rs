mod bodies;
mod sender;

use std::sync::Mutex;

use axum::routing::get;
use http::Method;
use http_body_util::BodyExt;
use postrider_domain::{Clock, InboxId, Timestamp};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::{
    Context, Data, Draft, Handler, HandlerError, Incoming, Notification, Provider, Reading,
    ReceiverOptions, Sample, SecretTable, Secrets, Unsignable, Verified,
};

const SECRET: &str = "12345678901234567890123456789012";
const BODY: &str = r#"{"Id":"1","Notifications":[{"Action":"a"},{"Action":"b"},{"Action":"c"}]}"#;

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn receivers() -> Receivers {
    let mut table = SecretTable::default();
    for (receiver, id) in [("custom", ""), ("custom", "12345"), ("genericjson", ""), ("test", "")] {
        table.insert(ReceiverAddress::new(receiver, id), [SecretString::from(SECRET)]);
    }
    let clock = Arc::new(At(Timestamp::from_micros(0)));
    Receivers::new(Arc::new(Secrets::new(table)), clock, ReceiverOptions::default()).with(OfTheTest)
}

fn app(then: Then, settings: HttpSettings) -> Router {
    let receivers = Arc::new(receivers());
    Receiving::new(receivers, then, settings, ReceiveMetrics::default()).into_router()
}

/// The request that the custom provider would send.
fn signed(path: &str, body: &str) -> HttpRequest {
    let draft = Draft {
        url: format!("http://hooks.example.com{path}").parse().unwrap(),
        body: body.to_owned().into(),
        content_type: None,
        event: None,
        id: "1".into(),
        secret: SECRET.into(),
        now: Timestamp::from_micros(0),
        private_key: None,
        certificate_url: None,
    };
    let request = receivers().provider("custom").unwrap().sign(draft).unwrap();
    let mut sent = HttpRequest::builder().method(request.method).uri(path);
    *sent.headers_mut().unwrap() = request.headers;
    sent.header("host", "hooks.example.com").body(Body::from(request.body)).unwrap()
}

async fn send(app: &Router, request: HttpRequest) -> (StatusCode, String) {
    let answer = app.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Remembers what it was given, and does as it is told.
#[derive(Default)]
struct Recorder {
    seen: Mutex<Vec<Webhook>>,
    respond: Option<StatusCode>,
    fail: bool,
}

#[async_trait]
impl Handler for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    async fn handle(&self, context: &mut Context) -> Result<(), HandlerError> {
        self.seen.lock().unwrap().push(context.webhook.clone());
        context.response = self.respond.map(answer::empty);
        if self.fail { Err(HandlerError::retry("no luck")) } else { Ok(()) }
    }
}

fn handling(recorder: &Arc<Recorder>) -> Then {
    Then::Handle(Chain::new([Arc::clone(recorder) as Arc<dyn Handler>]))
}

struct Kept(Result<Accepted, EnqueueError>);

#[async_trait]
impl Enqueue for Kept {
    async fn enqueue(&self, _: &Webhook) -> Result<Accepted, EnqueueError> {
        self.0.clone()
    }
}

/// A flavour that only this test knows.
struct OfTheTest;

#[async_trait]
impl Provider for OfTheTest {
    fn names(&self) -> &'static [&'static str] {
        &["test"]
    }
    fn class(&self) -> &'static str {
        "TestWebHookReceiver"
    }
    async fn verify(&self, incoming: &Incoming<'_>) -> Result<Verified, Refusal> {
        incoming.secrets()?;
        Ok(Verified::Genuine)
    }
    fn read(&self, request: &Request) -> Result<Reading, Refusal> {
        let url = Data::Json(Value::String(request.url.to_string()));
        Ok(Reading::Webhook(Notification::new(["tested"], url)))
    }
    fn sign(&self, _: Draft) -> Result<Request, Unsignable> {
        Err(Unsignable("not signed".into()))
    }
    fn sample(&self) -> Sample {
        Sample { body: "", content_type: "text/plain", event: None }
    }
}

#[tokio::test]
async fn both_forms_of_the_url_reach_the_receiver_whatever_the_case_of_its_name() {
    let recorder = Arc::new(Recorder::default());
    let app = app(handling(&recorder), HttpSettings::default());
    for path in ["custom", "Custom", "custom/", "custom/12345"] {
        let (status, body) = send(&app, signed(&format!("{PATH}/{path}"), BODY)).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, ""), "{path}");
    }
    let seen = recorder.seen.lock().unwrap();
    assert_eq!(seen.last().unwrap().address, ReceiverAddress::new("custom", "12345"));
    assert_eq!(seen.len(), 4);
}

#[tokio::test]
async fn a_name_that_nobody_has_is_not_found() {
    let app = app(handling(&Arc::default()), HttpSettings::default());
    let answer = send(&app, signed(&format!("{PATH}/nobody"), BODY)).await;
    assert_eq!(answer, (StatusCode::NOT_FOUND, String::new()));
}

#[tokio::test]
async fn methods_that_no_receiver_takes_are_refused() {
    let app = app(handling(&Arc::default()), HttpSettings::default());
    for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        let mut request = signed(&format!("{PATH}/custom"), BODY);
        *request.method_mut() = method;
        assert_eq!(send(&app, request).await.0, StatusCode::METHOD_NOT_ALLOWED);
    }
    let mut request = signed(&format!("{PATH}/custom"), BODY);
    *request.method_mut() = Method::HEAD;
    assert_eq!(send(&app, request).await.0, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn other_routes_of_the_application_still_answer() {
    let own = Router::new().route("/api/{other}/{id}", get(|| async { "own" }));
    let app = own.merge(app(handling(&Arc::default()), HttpSettings::default()));
    let request = HttpRequest::builder().uri("/api/things/7").body(Body::empty()).unwrap();
    assert_eq!(send(&app, request).await, (StatusCode::OK, "own".into()));
}

#[tokio::test]
async fn a_wrong_or_a_missing_signature_is_refused_before_any_handler_runs() {
    let recorder = Arc::new(Recorder::default());
    let app = app(handling(&recorder), HttpSettings::default());
    let mut flipped = signed(&format!("{PATH}/custom"), BODY);
    *flipped.body_mut() = Body::from(BODY.replace("\"a\"", "\"A\""));
    let mut bare = signed(&format!("{PATH}/custom"), BODY);
    bare.headers_mut().remove("ms-signature");
    for request in [flipped, bare] {
        let (status, body) = send(&app, request).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let body: Value = serde_json::from_str(&body).unwrap();
        assert!(body["Message"].as_str().unwrap().contains("'ms-signature'"), "{body}");
    }
    assert!(recorder.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_handler_gets_every_notification_of_a_request() {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Notifications {
        notifications: Vec<serde_json::Map<String, Value>>,
    }
    let recorder = Arc::new(Recorder::default());
    send(
        &app(handling(&recorder), HttpSettings::default()),
        signed(&format!("{PATH}/custom"), BODY),
    )
    .await;
    let webhook = recorder.seen.lock().unwrap().remove(0);
    assert_eq!(webhook.data::<Notifications>().unwrap().notifications.len(), 3);
    assert_eq!(webhook.notification.actions, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_form_reaches_a_handler_as_json_does() {
    let recorder = Arc::new(Recorder::default());
    let mut request = signed(&format!("{PATH}/custom"), "Id=1&Action=reports.Added&ResourceId=7");
    let form = http::HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert("content-type", form);
    send(&app(handling(&recorder), HttpSettings::default()), request).await;
    let webhook = recorder.seen.lock().unwrap().remove(0);
    assert_eq!(webhook.notification.actions, ["reports.Added"]);
    assert_eq!(webhook.notification.data.to_json()["ResourceId"], "7");
}

#[tokio::test]
async fn within_the_request_a_handler_decides_what_is_answered() {
    let gone = Arc::new(Recorder { respond: Some(StatusCode::GONE), ..Recorder::default() });
    let failing = Arc::new(Recorder { fail: true, ..Recorder::default() });
    for (recorder, status) in
        [(gone, StatusCode::GONE), (failing, StatusCode::INTERNAL_SERVER_ERROR)]
    {
        let app = app(handling(&recorder), HttpSettings::default());
        assert_eq!(send(&app, signed(&format!("{PATH}/custom"), BODY)).await.0, status);
    }
}

#[tokio::test]
async fn what_is_kept_or_was_kept_before_is_answered_alike_and_what_is_not_is_to_come_again() {
    let duplicate = Accepted::Duplicate(InboxId(uuid::Uuid::nil()));
    for kept in [Accepted::Stored, duplicate] {
        let app = app(Then::Enqueue(Arc::new(Kept(Ok(kept)))), HttpSettings::default());
        let answer = send(&app, signed(&format!("{PATH}/custom"), BODY)).await;
        assert_eq!(answer, (StatusCode::OK, String::new()));
    }
    let full = Kept(Err(EnqueueError("the store is away".into())));
    let app = app(Then::Enqueue(Arc::new(full)), HttpSettings::default());
    let (status, body) = send(&app, signed(&format!("{PATH}/custom"), BODY)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("Could not enqueue WebHook: the store is away"), "{body}");
}

#[tokio::test]
async fn a_method_that_is_refused_comes_with_those_that_are_not() {
    let mut request = signed(&format!("{PATH}/custom"), BODY);
    *request.method_mut() = Method::HEAD;
    let answer = app(handling(&Arc::default()), HttpSettings::default()).oneshot(request).await;
    assert_eq!(answer.unwrap().headers()["allow"], "GET, POST");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_began_runs_to_its_end_when_its_sender_hangs_up() {
    struct Slow(tokio::sync::Notify, Mutex<Option<tokio::sync::oneshot::Sender<()>>>);
    #[async_trait]
    impl Handler for Slow {
        fn name(&self) -> &'static str {
            "slow"
        }
        async fn handle(&self, _: &mut Context) -> Result<(), HandlerError> {
            self.0.notified().await;
            self.1.lock().unwrap().take().unwrap().send(()).ok();
            Ok(())
        }
    }
    let (done, ended) = tokio::sync::oneshot::channel();
    let slow = Arc::new(Slow(tokio::sync::Notify::new(), Mutex::new(Some(done))));
    let then = Then::Handle(Chain::new([Arc::clone(&slow) as Arc<dyn Handler>]));
    let app = app(then, HttpSettings::default());
    let sending = send(&app, signed(&format!("{PATH}/custom"), BODY));
    // Nothing wakes the handler before the sender is gone.
    tokio::time::timeout(Duration::from_millis(50), sending).await.unwrap_err();
    slow.0.notify_one();
    ended.await.unwrap();
}

#[test]
fn an_id_is_one_segment_of_the_path_whatever_is_in_it() {
    let below = |base: &str, receiver, id| {
        url_below(&base.parse().unwrap(), &ReceiverAddress::new(receiver, id)).to_string()
    };
    let expected = "https://example.com/tunnel/api/webhooks/incoming/github/a%2Fb%3Fc%23d%20[1]%25";
    for base in ["https://example.com/tunnel/", "https://example.com/tunnel"] {
        assert_eq!(below(base, "github", "a/b?c#d [1]%"), expected);
    }
    let expected = "https://example.com/api/webhooks/incoming/github";
    assert_eq!(below("https://example.com", "github", ""), expected);
}
