//! Roles: named sets of permissions that users share.

use std::fmt;
use std::str::FromStr;

use crate::{Invalid, RoleId, Timestamp};

/// The name of a role. Compared without regard to case; keeps its spelling.
#[derive(Debug, Clone)]
pub struct RoleName(String);

impl RoleName {
    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is unique: lower case.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for RoleName {
    type Err = Invalid;
    /// Reads a name of 1 to 100 characters without control characters or spaces at either end.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let length = text.chars().count();
        if !(1..=100).contains(&length) || text.trim() != text || text.chars().any(char::is_control)
        {
            return Err(Invalid::new(
                "a role name has 1 to 100 characters, no control characters and no spaces around it",
            ));
        }
        Ok(Self(text.into()))
    }
}

impl PartialEq for RoleName {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A named set of permissions.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Its name.
    pub name: RoleName,
    /// What it is for.
    pub description: Option<String>,
    /// Comes with the product: cannot be renamed or deleted.
    pub built_in: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Role {
    /// The longest description, in bytes.
    pub const MAX_DESCRIPTION: usize = 1024;
}
