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

/// Somebody who owns registrations.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their name.
    pub name: UserName,
    /// A member of [`crate::RoleId::SYSTEM_ADMINISTRATOR`]: may read every resource and manage
    /// everything.
    pub administrator: bool,
    /// Switched off: cannot sign in, and nothing is sent to their registrations.
    pub disabled: bool,
    /// When they were added.
    pub created_at: Timestamp,
    /// When name, password, standing or roles were last changed.
    pub updated_at: Timestamp,
}

/// What a request that came with an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyScopes(u8);

impl KeyScopes {
    /// May publish events.
    pub const PUBLISH: Self = Self(1);
    /// May see what its user sees.
    pub const READ: Self = Self(2);
    /// May change what its user may change; includes reading.
    pub const MANAGE: Self = Self(4);
    /// Everything.
    pub const ALL: Self = Self(7);

    /// Reads the bits.
    ///
    /// # Errors
    /// When no or an unknown bit is set.
    pub fn from_bits(bits: u8) -> Result<Self, Invalid> {
        if bits == 0 || bits > 7 {
            return Err(Invalid::new(
                "a key has at least one of the scopes `publish`, `read` and `manage`",
            ));
        }
        Ok(Self(bits))
    }

    /// The bits.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether everything in `other` is allowed; managing includes reading.
    pub const fn allows(self, other: Self) -> bool {
        let effective = if self.0 & 4 == 4 { self.0 | 2 } else { self.0 };
        effective & other.0 == other.0
    }
}

/// A key that lets a program act for the user who made it, within its scopes.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// Whom it acts for.
    pub user: UserId,
    /// What it is good for.
    pub scopes: KeyScopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
}

/// A login of a browser: unlike a token it goes on while it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// When it ends unless it is used until then; never after `ends_at`.
    pub expires_at: Timestamp,
    /// When it ends however much it is used.
    pub ends_at: Timestamp,
}

/// What a request proved itself with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// A login.
    Token,
    /// A login of a browser.
    Session(Session),
    /// An API key.
    Key {
        /// Which.
        id: ApiKeyId,
        /// What it is good for.
        scopes: KeyScopes,
    },
}

/// Whom a request acts as, once its token or key has been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    /// The user.
    pub user: User,
    /// What was checked.
    pub credential: Credential,
}

impl Principal {
    /// Whether everything is allowed that the credential is good for.
    pub fn is_administrator(&self) -> bool {
        self.user.administrator
    }

    /// Whether the credential is good for `scope`: a key has its scopes, a login is good for
    /// everything but publishing, which is for programs and administrators.
    pub fn allows(&self, scope: KeyScopes) -> bool {
        match self.credential {
            Credential::Key { scopes, .. } => scopes.allows(scope),
            Credential::Token | Credential::Session(_) => {
                self.user.administrator || !scope.allows(KeyScopes::PUBLISH)
            }
        }
    }

    /// Whose registrations and deliveries are visible.
    pub fn visibility(&self) -> Visibility {
        if self.is_administrator() { Visibility::All } else { Visibility::Own(self.user.id) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managing_includes_reading_and_nothing_else_does() {
        assert!(KeyScopes::MANAGE.allows(KeyScopes::READ));
        assert!(!KeyScopes::PUBLISH.allows(KeyScopes::READ));
        assert!(!KeyScopes::READ.allows(KeyScopes::MANAGE));
        assert!(!KeyScopes::MANAGE.allows(KeyScopes::PUBLISH));
        assert!(KeyScopes::from_bits(0).is_err());
        assert!(KeyScopes::from_bits(8).is_err());
    }
}
