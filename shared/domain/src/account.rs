//! Who uses the product: users, the keys of publishers, and the principal a request acts as.

use std::fmt;
use std::str::FromStr;

use crate::{ApiKeyId, Invalid, Timestamp, UserId, Visibility};

/// The name a user signs in with. Compared without regard to case; keeps its spelling.
#[derive(Debug, Clone)]
pub struct UserName(String);

impl UserName {
    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is unique: lower case.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for UserName {
    type Err = Invalid;
    /// Reads a name of 1 to 100 characters without control characters or spaces at either end.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let length = text.chars().count();
        if !(1..=100).contains(&length) || text.trim() != text || text.chars().any(char::is_control)
        {
            return Err(Invalid::new(
                "a user name has 1 to 100 characters, no control characters and no spaces around it",
            ));
        }
        Ok(Self(text.into()))
    }
}

impl PartialEq for UserName {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a user is to the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The built-in System Administrator: may read every resource and manage everything.
    Administrator,
    /// Anybody else: only what was granted.
    User,
}

/// Somebody who owns registrations.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their name.
    pub name: UserName,
    /// Their role.
    pub role: Role,
    /// Switched off: cannot sign in, and events that are dispatched from then on are not sent to
    /// their registrations.
    pub disabled: bool,
    /// When they were added.
    pub created_at: Timestamp,
}

/// A key that lets a program publish events and act for the user who made it.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// Whom it acts for.
    pub user: UserId,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whom a request acts as, once its token or key has been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    /// The user.
    pub user: User,
    /// The key, when the request came with one instead of a login.
    pub key: Option<ApiKeyId>,
}

impl Principal {
    /// Whether everything is allowed.
    pub fn is_administrator(&self) -> bool {
        self.user.role == Role::Administrator
    }

    /// Whether events may be published: by programs with a key, and by administrators.
    pub fn may_publish(&self) -> bool {
        self.key.is_some() || self.is_administrator()
    }

    /// Whose registrations and deliveries are visible.
    pub fn visibility(&self) -> Visibility {
        if self.is_administrator() { Visibility::All } else { Visibility::Own(self.user.id) }
    }
}
