//! An api on a throw-away store and an in-process queue, with a clock that is moved by hand.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::response::Response;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use postrider_api::pages::Pages;
use postrider_api::{Accounts, ApiConfig, App, AppParts, Metrics, router_with};
use postrider_domain::ports::{InboxStore, Queue, Store};
use postrider_domain::{Clock, DeliveryId, EventId, Ids, KeyScopes, User};
use postrider_egress::{EgressConfig, Guard, Lookup};
use postrider_queue_local::{LocalQueue, LocalSettings};
use postrider_testkit::clock::MockClock;
use postrider_testkit::databases::{Database, SqliteDatabase};
use prometheus::Registry;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

mod attempts;
mod browser;
mod webhooks;

pub(crate) use self::browser::Browser;

/// The password of every user of a test.
pub(crate) const PASSWORD: &str = "correct horse";
/// A secret that is long enough.
pub(crate) const SECRET: &str = "12345678901234567890123456781012";

/// Names and their addresses, as the test wants them at the moment.
#[derive(Default)]
pub(crate) struct Names(Mutex<BTreeMap<String, IpAddr>>);

impl Names {
    pub(crate) fn point(&self, name: &str, address: &str) {
        self.0.lock().unwrap().insert(name.into(), address.parse().unwrap());
    }
}

#[async_trait]
impl Lookup for Names {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let address = self.0.lock().unwrap().get(name).copied();
        address.map(|address| vec![address]).ok_or_else(|| io::Error::other("no such name"))
    }
}

/// The api under test.
pub(crate) struct Api {
    pub(crate) router: Router,
    pub(crate) clock: Arc<MockClock>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) inbox: Arc<dyn InboxStore>,
    pub(crate) queue: LocalQueue,
    pub(crate) accounts: Accounts,
    pub(crate) ids: Ids,
    pub(crate) names: Arc<Names>,
    pub(crate) registry: Registry,
    pub(crate) shutdown: CancellationToken,
    pub(crate) database: SqliteDatabase,
}

/// A user of a test, with a login and an API key.
pub(crate) struct Person {
    pub(crate) user: User,
    pub(crate) token: String,
    pub(crate) key: String,
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(configure: impl FnOnce(&mut ApiConfig)) -> Self {
        let egress = EgressConfig { allow_http: true, ..EgressConfig::default() };
        Self::start_on(egress, configure).await
    }

    /// An api that may call receivers on loopback.
    pub(crate) async fn start_near(configure: impl FnOnce(&mut ApiConfig)) -> Self {
        Self::start_on(EgressConfig::embedded(), configure).await
    }

    /// An api whose inbox is in a database of its own.
    pub(crate) async fn start_with_inbox(inbox: Arc<dyn InboxStore>) -> Self {
        let database = SqliteDatabase::create().await;
        let (egress, pages) = (EgressConfig::default(), Pages::built_in());
        Self::put_together(database, inbox, &egress, ApiConfig::default(), pages)
    }

    /// An api that serves these pages.
    pub(crate) async fn start_with_pages(
        pages: Pages,
        configure: impl FnOnce(&mut ApiConfig),
    ) -> Self {
        let mut config = ApiConfig::default();
        configure(&mut config);
        let database = SqliteDatabase::create().await;
        let inbox = database.inbox().await;
        Self::put_together(database, inbox, &EgressConfig::default(), config, pages)
    }

    async fn start_on(egress: EgressConfig, configure: impl FnOnce(&mut ApiConfig)) -> Self {
        let mut config = ApiConfig::default();
        configure(&mut config);
        let database = SqliteDatabase::create().await;
        let inbox = database.inbox().await;
        Self::put_together(database, inbox, &egress, config, Pages::built_in())
    }

    fn put_together(
        database: SqliteDatabase,
        inbox: Arc<dyn InboxStore>,
        egress: &EgressConfig,
        config: ApiConfig,
        pages: Pages,
    ) -> Self {
        let store = database.store();
        let clock = Arc::new(MockClock::new("2026-11-21T08:00:00Z".parse().unwrap()));
        let shared: Arc<dyn Clock> = clock.clone();
        let ids = Ids::seeded(Arc::clone(&shared), 1);
        let queue = LocalQueue::new(&LocalSettings::default());
        let names = Arc::new(Names::default());
        let guard = Guard::with_lookup(egress, names.clone());
        let registry = Registry::new();
        let shutdown = CancellationToken::new();
        let app = App::new(AppParts {
            store: Arc::clone(&store),
            inbox: Arc::clone(&inbox),
            publisher: queue.publisher(),
            clock: Arc::clone(&shared),
            ids: ids.clone(),
            guard: Arc::new(guard),
            config,
            metrics: Metrics::new(&registry).unwrap(),
            tracker: TaskTracker::new(),
            shutdown: shutdown.clone(),
        });
        Self {
            router: router_with(app, pages),
            clock,
            accounts: Accounts::new(Arc::clone(&store), shared, ids.clone()),
            store,
            inbox,
            queue,
            ids,
            names,
            registry,
            shutdown,
            database,
        }
    }

    pub(crate) async fn administrator(&self, name: &str) -> Person {
        self.person(name, true).await
    }

    pub(crate) async fn user(&self, name: &str) -> Person {
        self.person(name, false).await
    }

    async fn person(&self, name: &str, administrator: bool) -> Person {
        let user = self.accounts.create_user(name, &PASSWORD.into(), administrator).await.unwrap();
        let key = self.key(&user, KeyScopes::ALL).await;
        let login = self.login(name, PASSWORD).await;
        let token = login.json()["access_token"].as_str().unwrap().to_owned();
        Person { user, token, key }
    }

    /// Makes an API key of `user` that does not end.
    pub(crate) async fn key(&self, user: &User, scopes: KeyScopes) -> String {
        let made = self.accounts.create_api_key(user.id, "tests", scopes, None).await.unwrap();
        made.1.expose_secret().to_owned()
    }

    pub(crate) async fn login(&self, name: &str, password: &str) -> Reply {
        let form = [("grant_type", "password"), ("username", name), ("password", password)];
        self.post("/Token").form(&form).send().await
    }

    pub(crate) fn get(&self, path: &str) -> Call<'_> {
        self.call("GET", path)
    }

    pub(crate) fn post(&self, path: &str) -> Call<'_> {
        self.call("POST", path)
    }

    pub(crate) fn call(&self, method: &str, path: &str) -> Call<'_> {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        Call { api: self, request }
    }

    /// Publishes one event about the report 42 with somebody's key.
    pub(crate) async fn publish(&self, publisher: &Person, event: Value) -> EventId {
        let reply = self.post("/api/v1/events").bearer(&publisher.key).json(&event).send().await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.shown());
        reply.json()["events"][0]["id"].as_str().unwrap().parse().unwrap()
    }

    /// Registers a target for reports, and returns its id.
    pub(crate) async fn register(&self, owner: &Person, uri: &str) -> String {
        let body = json!({ "uri": uri, "secret": SECRET, "filters": ["reports"] });
        let reply =
            self.post("/api/v1/registrations").bearer(&owner.token).json(&body).send().await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.shown());
        reply.json()["id"].as_str().unwrap().to_owned()
    }

    /// Lets a user read every report.
    pub(crate) async fn may_read_reports(&self, administrator: &Person, reader: &Person) {
        let path = format!("/api/v1/users/{}/permissions", reader.user.id);
        let body = json!({ "kind": "reports", "access": ["read"] });
        let reply = self.post(&path).bearer(&administrator.token).json(&body).send().await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.shown());
    }

    /// The value of a counter without labels.
    pub(crate) fn counted(&self, name: &str) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name).unwrap();
        family.get_metric()[0].get_counter().get_value()
    }

    /// Does what the dispatcher does.
    pub(crate) async fn dispatch(&self, event: EventId) -> Vec<DeliveryId> {
        let now = self.clock.now();
        self.store.dispatch_events(&[event], now, now).await.unwrap().created
    }
}

/// An event about the report 42.
pub(crate) fn report_event() -> Value {
    json!({
        "filter": "reports",
        "type": "Added",
        "resource": { "id": "42", "name": "Q3 revenue", "category": "finance" },
        "data": { "pages": 7 },
    })
}

/// A request being put together.
pub(crate) struct Call<'a> {
    api: &'a Api,
    request: Request<Body>,
}

impl Call<'_> {
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name = http::HeaderName::try_from(name).unwrap();
        self.request.headers_mut().append(name, value.parse().unwrap());
        self
    }

    pub(crate) fn coming_from(mut self, address: &str) -> Self {
        let address = SocketAddr::new(address.parse().unwrap(), 4711);
        self.request.extensions_mut().insert(ConnectInfo(address));
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.text("application/json", body.to_string())
    }

    pub(crate) fn form(self, parameters: &[(&str, &str)]) -> Self {
        let body = serde_html_form::to_string(parameters).unwrap();
        self.text("application/x-www-form-urlencoded", body)
    }

    pub(crate) fn text(self, content_type: &str, body: impl Into<String>) -> Self {
        self.header(CONTENT_TYPE.as_str(), content_type).body(Body::from(body.into()))
    }

    pub(crate) fn body(mut self, body: Body) -> Self {
        *self.request.body_mut() = body;
        self
    }

    /// Sends it, and leaves the body to be read as it arrives.
    pub(crate) async fn open(self) -> Response {
        self.api.router.clone().oneshot(self.request).await.unwrap()
    }

    /// Sends it; the future may go to a task of its own.
    pub(crate) fn send(self) -> impl Future<Output = Reply> + Send + 'static {
        let sent = self.api.router.clone().oneshot(self.request);
        async move {
            let (parts, body) = sent.await.unwrap().into_parts();
            // A stream has no end; `open` is for those.
            let streams =
                parts.headers.get(CONTENT_TYPE).is_some_and(|it| it == "text/event-stream");
            let body =
                if streams { Bytes::new() } else { body.collect().await.unwrap().to_bytes() };
            Reply { status: parts.status, headers: parts.headers, body }
        }
    }
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status, the headers that say something, and the body, with everything random masked.
    pub(crate) fn shown(&self) -> String {
        let mut shown = self.status.to_string();
        for name in ["content-type", "location", "allow", "retry-after", "www-authenticate"] {
            if let Some(value) = self.header(name) {
                shown.extend(["\n", name, ": ", value]);
            }
        }
        let body = serde_json::from_slice::<Value>(&self.body);
        let body = body.map_or_else(|_| self.text().to_owned(), |body| format!("{body:#}"));
        shown.extend(["\n", &body]);
        masked(&shown)
    }
}

/// The text with ids, tokens and generated secrets replaced by `…`.
pub(crate) fn masked(text: &str) -> String {
    let is_random = |word: &str| {
        let hex = word.bytes().all(|byte| byte.is_ascii_hexdigit());
        (hex && matches!(word.len(), 24 | 32 | 64)) && word != SECRET
    };
    let mut masked = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        masked.push_str(if is_random(&word) { "…" } else { &word });
        masked.push(c);
        word.clear();
    }
    masked.pop();
    masked
}
