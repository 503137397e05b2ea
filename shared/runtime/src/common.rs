//! Settings that every process has, whatever its role.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people on a terminal, JSON otherwise.
    Auto,
    /// One line of text per event.
    Pretty,
    /// One JSON object per line.
    Json,
}

/// The settings outside any section.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Common {
    /// Where the data is: `sqlite:FILE` or `postgres://…`. Embedded: a file in `data_dir`.
    pub database: Option<String>,
    /// The most connections to Postgres that one process opens.
    pub database_connections: u32,
    /// How long an operation waits for a free connection before it fails.
    #[serde(with = "humantime_serde")]
    pub database_timeout: Duration,
    /// Where messages go: `local:` (inside one process) or `amqp://…`.
    pub queue: Option<String>,
    /// What names of exchanges and queues begin with.
    pub queue_namespace: String,
    /// Where the embedded run keeps its files.
    pub data_dir: PathBuf,
    /// What secrets are encrypted with in the database: `name:base64` of 32 bytes each. The first one
    /// encrypts, all of them decrypt. Embedded: a file in `data_dir`, made at the first start.
    #[serde(serialize_with = "as_empty")]
    pub secret_keys: Vec<SecretString>,
    /// The password of the first administrator; generated and printed once when it is not given.
    #[serde(serialize_with = "as_unset")]
    pub admin_password: Option<SecretString>,
    /// Which log lines are written, as in `info,postrider_worker=debug`.
    pub log: String,
    /// How log lines look: `auto`, `pretty` or `json`.
    pub log_format: LogFormat,
    /// How long work in flight may take to end after a signal to stop.
    #[serde(with = "humantime_serde")]
    pub shutdown_grace: Duration,
}

impl Default for Common {
    fn default() -> Self {
        Self {
            database: None,
            database_connections: 16,
            database_timeout: Duration::from_secs(5),
            queue: None,
            queue_namespace: "postrider".into(),
            data_dir: "postrider-data".into(),
            secret_keys: Vec::new(),
            admin_password: None,
            log: "info".into(),
            log_format: LogFormat::Auto,
            shutdown_grace: Duration::from_secs(20),
        }
    }
}

/// Secrets are never written, but the setting's name is.
#[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
fn as_unset<S: serde::Serializer>(_: &Option<SecretString>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_none()
}

fn as_empty<S: serde::Serializer>(_: &[SecretString], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq::<[(); 0]>([])
}

impl Common {
    /// Every problem of these settings, in words.
    pub fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.database_connections == 0 {
            problems.push("`database_connections` must be at least 1".into());
        }
        if self.database_timeout.is_zero() {
            problems.push("`database_timeout` must be longer than zero".into());
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if self.queue_namespace.is_empty() || !self.queue_namespace.chars().all(plain) {
            problems
                .push("`queue_namespace` must consist of letters, digits, `-`, `_` or `.`".into());
        }
        problems
    }

    /// The same settings with the passwords in URLs masked, for the log.
    #[must_use]
    pub fn redacted(&self) -> Self {
        let mask = |url: &Option<String>| url.as_deref().map(redact_url);
        Self { database: mask(&self.database), queue: mask(&self.queue), ..self.clone() }
    }
}

/// The URL with its password masked; what is no URL is shown by its scheme only.
pub fn redact_url(text: &str) -> String {
    match Url::parse(text) {
        Ok(mut url) if url.password().is_some() => {
            // A URL that has a password has a host, so that it can be replaced.
            url.set_password(Some("***")).ok();
            url.into()
        }
        Ok(_) => text.into(),
        Err(_) => text.split(':').next().map(|scheme| format!("{scheme}:…")).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked_in_what_is_logged() {
        let settings = Common {
            database: Some("postgres://app:hunter2@db/postrider".into()),
            queue: Some("amqp://app:hunter2@mq:5672/%2f".into()),
            admin_password: Some("hunter2hunter2".into()),
            secret_keys: vec!["k1:hunter2".into()],
            ..Common::default()
        };
        let shown = format!(
            "{:?} {}",
            settings.redacted(),
            serde_json::to_string(&settings.redacted()).unwrap()
        );
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("postgres://app:***@db/postrider"), "{shown}");
        assert_eq!(redact_url("amqp://app:p@ss:word@host name"), "amqp:…");
    }

    #[test]
    fn every_problem_is_told() {
        let settings =
            Common { database_connections: 0, queue_namespace: "a b".into(), ..Common::default() };
        assert_eq!(settings.validate().len(), 2);
        assert!(Common::default().validate().is_empty());
    }
}
