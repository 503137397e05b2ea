//! Databases for tests: each test has its own, and it goes away with the test.

mod postgres;
mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use postrider_domain::ports::{InboxStore, Store};
use postrider_domain::{InboxId, RegistrationId, ReplayId};
use postrider_vault::Keyring;
use secrecy::SecretString;

pub use postgres::PostgresDatabase;
pub use sqlite::SqliteDatabase;

/// The key that secrets in test databases are sealed with, as a configuration names it.
pub const TEST_SECRET_KEY: &str = "test:YSBrZXkgZm9yIHRlc3RzOiB0aGlydHktdHdvIGJ5dGU=";

/// [`TEST_SECRET_KEY`] and no other.
pub fn keyring() -> Arc<Keyring> {
    keyring_of(&[TEST_SECRET_KEY])
}

/// These keys, the first of which seals.
///
/// # Panics
/// When there is none, or one is malformed.
pub fn keyring_of(keys: &[&str]) -> Arc<Keyring> {
    let keys: Vec<_> = keys.iter().map(|key| SecretString::from(*key)).collect();
    Arc::new(Keyring::parse(&keys).expect("the keys of a test are well-formed"))
}

/// Counts the permissions that have ended: no store shows them.
const ENDED_PERMISSIONS: &str = "SELECT count(*) FROM permissions WHERE ended_at IS NOT NULL";

/// What of a registration is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedColumn {
    /// The secret in force.
    Secret,
    /// The headers, names and values.
    Headers,
    /// The secret before it.
    PreviousSecret,
    /// What requests show besides their signature.
    Credentials,
}

impl SealedColumn {
    /// Every one.
    pub const ALL: [Self; 4] =
        [Self::Secret, Self::Headers, Self::PreviousSecret, Self::Credentials];

    const fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Headers => "headers",
            Self::PreviousSecret => "previous_secret",
            Self::Credentials => "credentials",
        }
    }
}

/// A database of either kind, and the look behind its store that tests need.
#[async_trait]
pub trait Database: Send + Sync {
    /// The store with the usual key.
    fn store(&self) -> Arc<dyn Store>;

    /// The store as a process that has these keys opens it.
    async fn open(&self, keyring: Arc<Keyring>) -> Arc<dyn Store>;

    /// The inbox in the same database as a process of its own opens it, whether its schema is there or
    /// not.
    async fn open_inbox(&self) -> Arc<dyn InboxStore>;

    /// The inbox in the same database, with its schema, as the process that has the store opens it.
    ///
    /// # Panics
    /// When the schema cannot be applied.
    async fn inbox(&self) -> Arc<dyn InboxStore> {
        let inbox = self.open_inbox().await;
        inbox.migrate_inbox().await.expect("the schema applies");
        inbox
    }

    /// How many tables of the inbox there are, that of its migrations included.
    async fn inbox_tables(&self) -> i64;

    /// Makes a received webhook unreadable, behind the store's back: to claims, lists and look-ups.
    async fn spoil_inbox(&self, item: InboxId);

    /// What a column of a registration holds, as it is stored.
    async fn raw(&self, registration: RegistrationId, column: SealedColumn) -> Option<String>;

    /// Puts a text into a column of a registration as it is, behind the store's back.
    async fn overwrite(&self, registration: RegistrationId, column: SealedColumn, text: &str);

    /// Makes the query of a replay unreadable, behind the store's back.
    async fn spoil_replay(&self, replay: ReplayId);

    /// Has every attempt answered with a text, behind the store's back.
    async fn overwrite_answers(&self, text: &str);

    /// How many permissions there are that have ended.
    async fn ended_permissions(&self) -> i64;

    /// Everything that a thief of the table of registrations reads, as one text.
    async fn stolen_registrations(&self) -> String;
}
