//! The binaries of the production pair, set up as an operator would.

use std::path::Path;

use postrider_testkit::databases::PostgresDatabase;
use postrider_tests::daemon::{Daemon, client, command, free_address};
use postrider_vault::Keyring;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Settings that all processes share, and the folder of their logs.
pub(crate) struct Fleet {
    pub(crate) database: PostgresDatabase,
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
    key: String,
}

impl Fleet {
    /// Prepares a database and an administrator's key with the command line.
    pub(crate) async fn new(queue: &str, namespace: &str) -> Self {
        let database = PostgresDatabase::create().await;
        let variables = vec![
            ("POSTRIDER_DATABASE", database.url().to_owned()),
            ("POSTRIDER_QUEUE", queue.to_owned()),
            ("POSTRIDER_QUEUE_NAMESPACE", namespace.to_owned()),
            ("POSTRIDER_SECRET_KEYS", Keyring::generate_key().expose_secret().to_owned()),
            ("POSTRIDER_EGRESS__ALLOW", "127.0.0.0/8".to_owned()),
            ("POSTRIDER_EGRESS__ALLOW_HTTP", "true".to_owned()),
            // Shortened so that a test sees recovery: a lease must outlast an attempt.
            ("POSTRIDER_WORKER__TIMEOUT", "2s".to_owned()),
            ("POSTRIDER_WORKER__LEASE", "4s".to_owned()),
            ("POSTRIDER_DISPATCHER__RESCUE_AFTER", "3s".to_owned()),
            ("POSTRIDER_DISPATCHER__EVENT_RESCUE_AFTER", "2s".to_owned()),
            ("POSTRIDER_API__RESCUE_AFTER", "2s".to_owned()),
            ("POSTRIDER_LOG", "info".to_owned()),
        ];
        let folder = TempDir::new().unwrap();
        let fleet = Self { database, folder, variables, key: String::new() };
        fleet.tool(&["migrate"]);
        fleet.tool(&["user", "add", "operator", "--administrator"]);
        let printed =
            fleet.tool(&["key", "add", "operator", "--scope", "publish", "--scope", "manage"]);
        Self { key: printed.lines().last().unwrap().to_owned(), ..fleet }
    }

    /// Runs the command line to its end and returns what it printed.
    fn tool(&self, args: &[&str]) -> String {
        let output = command("postrider")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts one of the binaries; it is not ready yet.
    pub(crate) fn start(&self, role: &'static str) -> Daemon {
        let listen = free_address();
        let (binary, variable) = match role {
            "api" => ("postrider-api", "POSTRIDER_API__LISTEN"),
            "dispatcher" => ("postrider-dispatcher", "POSTRIDER_DISPATCHER__LISTEN"),
            _ => ("postrider-worker", "POSTRIDER_WORKER__LISTEN"),
        };
        let mut variables = self.variables.clone();
        variables.push((variable, listen.to_string()));
        Daemon::start(binary, listen, self.folder.path(), &variables)
    }

    /// Registers `uri` for reports.
    pub(crate) async fn register(&self, api: &Daemon, uri: &str) {
        let body = json!({ "uri": uri, "secret": "s".repeat(32), "filters": ["reports"] });
        let answer = client()
            .post(format!("{}/api/v1/registrations", api.url()))
            .bearer_auth(&self.key)
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
    }

    /// Publishes one event about each of `resources`, and returns the events' ids.
    pub(crate) async fn publish(
        &self,
        api: &Daemon,
        resources: std::ops::Range<usize>,
    ) -> Vec<String> {
        let client = client();
        let mut ids = Vec::new();
        for n in resources {
            let event = json!({
                "id": format!("event-{n}"),
                "filter": "reports",
                "type": "Added",
                "resource": { "id": n.to_string() },
            });
            let answer = client
                .post(format!("{}/api/v1/events", api.url()))
                .bearer_auth(&self.key)
                .json(&event)
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 202, "{}", answer.text().await.unwrap());
            let answer: Value = answer.json().await.unwrap();
            ids.push(answer["events"][0]["id"].as_str().unwrap().to_owned());
        }
        ids
    }

    /// The folder of the logs.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}
