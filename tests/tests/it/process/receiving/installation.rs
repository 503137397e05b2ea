//! `postrider-receiver` on Postgres and RabbitMQ, set up as an operator would.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use postrider_domain::ports::{InboxFilter, InboxReport, InboxStore};
use postrider_domain::{InboxState, PageRequest};
use postrider_testkit::brokers::RabbitBroker;
use postrider_testkit::databases::{Database, PostgresDatabase};
use postrider_tests::daemon::{Daemon, client, command, free_address};
use postrider_tests::wait::until;
use sha2::Sha256;
use tempfile::TempDir;

use super::handlers::Handlers;

const BINARY: &str = "postrider-receiver";

/// What its processes share, and the folder of their configuration and their logs.
pub(crate) struct Installation {
    pub(crate) database: PostgresDatabase,
    pub(crate) handlers: Handlers,
    inbox: Arc<dyn InboxStore>,
    broker: RabbitBroker,
    folder: TempDir,
    /// Where `serve` receives.
    listen: SocketAddr,
}

impl Installation {
    /// The secret that it begins with.
    pub(crate) const SECRET: &'static str = "a secret that GitHub and we have";

    /// Prepares a database with nothing but the inbox.
    pub(crate) async fn new() -> Self {
        // Longer than any test: nobody else takes over what a busy machine is slow at.
        Self::with_lease("10m").await
    }

    /// The same with another lease on what is worked on.
    pub(crate) async fn with_lease(lease: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let database = PostgresDatabase::create_empty().await;
        let installation = Self {
            handlers: Handlers::prepare(folder.path()),
            inbox: database.open_inbox().await,
            broker: RabbitBroker::create_for_processes().await,
            listen: free_address(),
            database,
            folder,
        };
        installation.configure(lease);
        installation.set_secret(Self::SECRET);
        installation.tool(&["migrate"]);
        installation
    }

    fn configure(&self, lease: &str) {
        let settings = self.broker.settings();
        let (database, folder) = (self.database.url(), self.folder.path().display());
        let (queue, namespace, listen) = (settings.url, settings.namespace, self.listen);
        let handlers = self.handlers.to_toml();
        let text = format!(
            "database = '{database}'
             queue = '{queue}'
             queue_namespace = '{namespace}'
             [receiver]
             listen = '{listen}'
             secrets_file = '{folder}/secrets.toml'
             # Only when it is told to.
             reload_every = '1h'
             allow_exec = true
             [receiver.inbox]
             lease = '{lease}'
             # Shortened so that a test sees recovery.
             rescue_after = '1s'
             poll_interval = '100ms'
             {handlers}"
        );
        fs::write(self.folder.path().join("postrider.toml"), text).unwrap();
    }

    /// Writes the file of secrets anew.
    pub(crate) fn set_secret(&self, secret: &str) {
        let text = format!("[secrets.github]\ndefault = '{secret}'\n");
        fs::write(self.folder.path().join("secrets.toml"), text).unwrap();
    }

    /// Runs the command line to its end and returns what it printed.
    pub(crate) fn tool(&self, args: &[&str]) -> String {
        let output = command(BINARY).current_dir(self.folder()).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts `serve` or `work`, and waits until it is ready.
    pub(crate) async fn start(&self, half: &'static str) -> Daemon {
        let health = free_address();
        let variables = [("POSTRIDER_RECEIVER__HEALTH_LISTEN", health.to_string())];
        let daemon = Daemon::start_command(BINARY, &[half], health, self.folder(), &variables);
        daemon.ready().await;
        daemon
    }

    /// Posts a webhook of this name as GitHub does, and returns the status of the answer.
    pub(crate) async fn send(&self, name: &str, secret: &str) -> u16 {
        let body = r#"{"ref":"refs/heads/main"}"#;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        let answer = client()
            .post(format!("http://{}/api/webhooks/incoming/github", self.listen))
            .header("content-type", "application/json")
            .header("x-github-event", "push")
            .header("x-github-delivery", name)
            .header("x-hub-signature-256", format!("sha256={signature}"))
            .body(body)
            .send()
            .await
            .unwrap();
        answer.status().as_u16()
    }

    /// Waits until so many webhooks are processed and no other is there; all of them with their runs,
    /// oldest first.
    pub(crate) async fn until_processed(&self, count: usize) -> Vec<InboxReport> {
        let folder = self.folder().display();
        let what = format!("{count} webhooks are processed; logs are in {folder}");
        let page = until(&what, || async {
            let page = PageRequest::first(PageRequest::MAX_LIMIT);
            let listed = self.inbox.list_inbox(&InboxFilter::default(), page).await.ok()?.items;
            let done = listed.iter().filter(|report| report.state == InboxState::Processed);
            (done.count() == count && listed.len() == count).then_some(listed)
        })
        .await;
        let mut reports = Vec::new();
        for InboxReport { item, .. } in page.into_iter().rev() {
            reports.push(self.inbox.find_inbox(item.id).await.unwrap().unwrap());
        }
        reports
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}
