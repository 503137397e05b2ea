use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use postrider_domain::ReceiverAddress;
use secrecy::{ExposeSecret, SecretString};

use super::ClassicError;
use super::classic;

/// Secrets by URL: for each, those that are live, the newest first.
#[derive(Debug, Clone, Default)]
pub struct SecretTable(HashMap<ReceiverAddress, Arc<[SecretString]>>);

impl SecretTable {
    /// Adds the secrets of a URL, in place of those that were there.
    pub fn insert(
        &mut self,
        address: ReceiverAddress,
        secrets: impl IntoIterator<Item = SecretString>,
    ) {
        self.0.insert(address, secrets.into_iter().collect());
    }

    /// Adds secrets written in the one line of the ASP.NET library, as in `secret0, id1=secret1`.
    ///
    /// # Errors
    /// Says which part cannot be read.
    pub fn insert_classic(&mut self, receiver: &str, line: &str) -> Result<(), ClassicError> {
        for (id, secret) in classic::parse(receiver, line)? {
            let address = ReceiverAddress::new(receiver, &id);
            if self.0.contains_key(&address) {
                return Err(ClassicError::Duplicate { receiver: receiver.into(), id });
            }
            self.insert(address, [secret]);
        }
        Ok(())
    }

    /// Whether both have the same secrets.
    pub fn is_same(&self, other: &Self) -> bool {
        let same = |(a, b): (&SecretString, &SecretString)| a.expose_secret() == b.expose_secret();
        self.0.len() == other.0.len()
            && self.0.iter().all(|(address, own)| {
                let others = other.get(address);
                own.len() == others.len() && own.iter().zip(others.iter()).all(same)
            })
    }

    /// Whether no URL has any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The URLs that have secrets.
    pub fn addresses(&self) -> impl Iterator<Item = &ReceiverAddress> {
        self.0.keys()
    }

    /// The secrets of a URL; none when nobody configured it.
    pub fn get(&self, address: &ReceiverAddress) -> Arc<[SecretString]> {
        self.0.get(address).cloned().unwrap_or_default()
    }
}

/// The table that is in force. It can be replaced while requests are under way; each request is judged
/// by one table.
#[derive(Debug, Default)]
pub struct Secrets(RwLock<Arc<SecretTable>>);

impl Secrets {
    /// Begins with `table`.
    pub fn new(table: SecretTable) -> Self {
        Self(RwLock::new(Arc::new(table)))
    }

    /// The table that is in force.
    pub fn current(&self) -> Arc<SecretTable> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another one in force.
    pub fn replace(&self, table: SecretTable) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
    }
}
