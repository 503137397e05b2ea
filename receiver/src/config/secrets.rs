//! The secrets of the configuration, as a table.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use postrider_domain::ReceiverAddress;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serializer};

use super::ReceiverConfig;
use crate::{SecretTable, providers};

/// What the URL without an id is called in the configuration.
const NO_ID: &str = "default";

/// The secrets of a URL that are live.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub enum LiveSecrets {
    /// The only one.
    One(SecretString),
    /// All of them, the newest first: while senders change from one to the other.
    Many(Vec<SecretString>),
}

impl LiveSecrets {
    fn all(&self) -> &[SecretString] {
        match self {
            Self::One(secret) => std::slice::from_ref(secret),
            Self::Many(secrets) => secrets,
        }
    }
}

/// The secrets of a receiver.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub enum ReceiverSecrets {
    /// Those of the URL without an id.
    Bare(LiveSecrets),
    /// Those of each id.
    ById(BTreeMap<String, LiveSecrets>),
}

impl ReceiverSecrets {
    fn by_id(&self) -> Vec<(&str, &LiveSecrets)> {
        match self {
            Self::Bare(live) => vec![("", live)],
            Self::ById(ids) => {
                let id = |id: &'_ String| !id.eq_ignore_ascii_case(NO_ID);
                ids.iter()
                    .map(|(own, live)| (if id(own) { own.as_str() } else { "" }, live))
                    .collect()
            }
        }
    }
}

impl fmt::Debug for ReceiverSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "of {} URL(s)", self.by_id().len())
    }
}

impl fmt::Debug for LiveSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secret(s)", self.all().len())
    }
}

/// Only defaults are ever written, and they have no secrets.
pub(super) fn as_empty<T, S: Serializer>(
    _: &BTreeMap<String, T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_map::<(), (), [((), ()); 0]>([])
}

/// A file with nothing but secrets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretsFile {
    #[serde(default)]
    secrets: BTreeMap<String, ReceiverSecrets>,
    #[serde(default)]
    classic_secrets: BTreeMap<String, SecretString>,
}

impl ReceiverConfig {
    /// The secrets of the configuration and of its file for them.
    ///
    /// # Errors
    /// Every problem in words that show no secret: a receiver that nobody knows, a secret that is too
    /// short or too long for its receiver, an id that is there twice, or a file that cannot be read.
    pub fn secret_table(&self) -> Result<SecretTable, Vec<String>> {
        let mut reading = Reading::default();
        reading.add(&self.secrets, &self.classic_secrets);
        if let Some(path) = &self.secrets_file {
            match read(path) {
                Ok(file) => reading.add(&file.secrets, &file.classic_secrets),
                Err(problem) => reading.problems.push(problem),
            }
        }
        if reading.problems.is_empty() { Ok(reading.table) } else { Err(reading.problems) }
    }
}

fn read(path: &Path) -> Result<SecretsFile, String> {
    let failed = |what: &dyn fmt::Display| {
        format!("`secrets_file`: {} cannot be read: {what}", path.display())
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    // The error would show the line, and its message the value.
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        failed(&format_args!("line {} is not as expected", before.lines().count().max(1)))
    })
}

#[derive(Default)]
struct Reading {
    table: SecretTable,
    problems: Vec<String>,
}

impl Reading {
    fn add(
        &mut self,
        secrets: &BTreeMap<String, ReceiverSecrets>,
        classic: &BTreeMap<String, SecretString>,
    ) {
        for (receiver, own) in secrets {
            for (id, live) in own.by_id() {
                let place = ReceiverAddress::new(receiver, id).to_string();
                self.insert(&place, receiver, id, live.all());
            }
        }
        for (receiver, line) in classic {
            match crate::secrets::parse_classic(receiver, line.expose_secret()) {
                Ok(parts) => {
                    for (index, (id, secret)) in parts.into_iter().enumerate() {
                        // What stands before a `=` may be half of a secret.
                        let place = format!("classic_secrets.{receiver}, part {}", index + 1);
                        self.insert(&place, receiver, &id, &[secret]);
                    }
                }
                Err(error) => self.problems.push(error.to_string()),
            }
        }
    }

    fn insert(&mut self, place: &str, receiver: &str, id: &str, secrets: &[SecretString]) {
        let receiver = receiver.to_lowercase();
        let Some(provider) = providers::find(&receiver) else {
            self.problems.push(format!("`secrets`: {}", providers::unknown(&receiver)));
            return;
        };
        // Two names of a provider are one receiver.
        let address = ReceiverAddress::new(provider.names()[0], id);
        let mut wrong =
            secrets.iter().filter_map(|one| provider.check_secret(one.expose_secret()).err());
        if let Some(wrong) = wrong.next() {
            self.problems.push(format!("the secret of `{place}`: {wrong}"));
        } else if secrets.is_empty() {
            self.problems.push(format!("`{place}` has an empty list of secrets"));
        } else if !self.table.get(&address).is_empty() {
            self.problems
                .push(format!("`{place}`: this URL has its secrets in another place, too"));
        } else {
            self.table.insert(address, secrets.iter().cloned());
        }
    }
}
