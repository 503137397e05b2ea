//! Everything in one process of its own, to be cut off and killed.

use axum::http::{Method, StatusCode};
use postrider_tests::daemon::{Daemon, client, free_address};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The `postrider` command at work in a folder of its own.
pub(super) struct Server {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
    daemon: Daemon,
}

impl Server {
    /// Starts it with these settings, and waits until it is ready.
    pub(super) async fn start(variables: Vec<(&'static str, String)>) -> Self {
        let folder = TempDir::new().unwrap();
        let daemon = run(&folder, &variables).await;
        Self { folder, variables, daemon }
    }

    /// Kills it, and starts it again on what it left.
    pub(super) async fn kill_and_restart(&mut self) {
        self.daemon.kill();
        self.daemon = run(&self.folder, &self.variables).await;
    }

    /// What it has printed so far.
    pub(super) fn output(&self) -> String {
        self.daemon.output()
    }

    /// Waits until it is ready.
    pub(super) async fn ready(&self) {
        self.daemon.ready().await;
    }

    /// The status and the text at a path that needs no login.
    pub(super) async fn probe(&self, path: &str) -> (StatusCode, String) {
        let answer = client().get(format!("{}{path}", self.daemon.url())).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// Registers `uri` for reports, with more than that.
    pub(super) async fn register(&self, uri: &str, more: Value) {
        let mut body = json!({ "uri": uri, "secret": "s".repeat(32), "filters": ["reports"] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, answer) = self.call(Method::POST, "/api/v1/registrations", Some(&body)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }

    /// Publishes an event about a report; its id.
    pub(super) async fn publish(&self, resource: &str) -> String {
        let event = json!({ "filter": "reports", "type": "Added", "resource": { "id": resource } });
        let (status, answer) = self.call(Method::POST, "/api/v1/events", Some(&event)).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        answer["events"][0]["id"].as_str().unwrap().to_owned()
    }

    /// How many of the event's deliveries have arrived.
    pub(super) async fn delivered(&self, event: &str) -> usize {
        let path = format!("/api/v1/events/{event}");
        let (status, shown) = self.call(Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::OK, "{shown}");
        let deliveries = shown["deliveries"].as_array().unwrap().iter();
        deliveries.filter(|delivery| delivery["state"] == "delivered").count()
    }

    /// Sends a request with the key of this machine's administrator.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let key = std::fs::read_to_string(self.folder.path().join("data/cli.key")).unwrap();
        let request = client()
            .request(method, format!("{}{path}", self.daemon.url()))
            .bearer_auth(key.trim());
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }
}

async fn run(folder: &TempDir, variables: &[(&'static str, String)]) -> Daemon {
    let listen = free_address();
    let mut all = vec![
        ("POSTRIDER_API__LISTEN", listen.to_string()),
        ("POSTRIDER_DATA_DIR", folder.path().join("data").display().to_string()),
        // Shortened so that a test sees recovery.
        ("POSTRIDER_API__RESCUE_AFTER", "2s".to_owned()),
        ("POSTRIDER_DISPATCHER__RESCUE_AFTER", "2s".to_owned()),
        ("POSTRIDER_DISPATCHER__EVENT_RESCUE_AFTER", "2s".to_owned()),
        // As long as the longest time-out needs, which a test may ask for.
        ("POSTRIDER_WORKER__LEASE", "30s".to_owned()),
    ];
    all.extend(variables.iter().cloned());
    let daemon = Daemon::start("postrider", listen, folder.path(), &all);
    daemon.ready().await;
    daemon
}
