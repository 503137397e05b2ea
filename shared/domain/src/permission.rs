//! Permissions: who may do what with which resource.

use crate::{FilterName, Invalid, PermissionId, UserId};

/// What a permission allows, as the report server's bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access(u8);

impl Access {
    /// May be told of it.
    pub const READ: Self = Self(1);
    /// May change it.
    pub const MODIFY: Self = Self(2);
    /// May delete it.
    pub const DELETE: Self = Self(4);
    /// May create one.
    pub const CREATE: Self = Self(8);

    /// Reads the bits.
    ///
    /// # Errors
    /// When no or an unknown bit is set, or `MODIFY` or `DELETE` without `READ`.
    pub fn from_bits(bits: u8) -> Result<Self, Invalid> {
        if bits == 0 || bits > 15 {
            return Err(Invalid::new(format!(
                "`{bits}` is not an access: combine 1 (read), 2 (modify), 4 (delete), 8 (create)"
            )));
        }
        let access = Self(bits);
        let changes = access.allows(Self::MODIFY) || access.allows(Self::DELETE);
        if changes && !access.allows(Self::READ) {
            return Err(Invalid::new("modify and delete require read"));
        }
        Ok(access)
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

    /// Whether everything in `other` is allowed.
    pub const fn allows(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Which resources of a kind a permission is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceScope {
    /// Every one of the kind.
    Any,
    /// The one with this id.
    One(String),
}

/// A permission of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// Its id.
    pub id: PermissionId,
    /// Whose it is.
    pub user: UserId,
    /// The kind of resource, named as the filter is.
    pub kind: FilterName,
    /// Which of them.
    pub scope: ResourceScope,
    /// What is allowed.
    pub access: Access,
}

impl Permission {
    /// Checks that scope and access go together.
    ///
    /// # Errors
    /// When creating is allowed on one resource (it is there already), or the id is empty or too
    /// long.
    pub fn validate(&self) -> Result<(), Invalid> {
        if let ResourceScope::One(id) = &self.scope {
            if self.access.allows(Access::CREATE) {
                return Err(Invalid::new("create cannot be granted on one resource"));
            }
            if id.is_empty() || id.len() > crate::Resource::MAX_LENGTH || id.contains('\0') {
                return Err(Invalid::new("the resource id of a permission is empty or too long"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modify_and_delete_require_read() {
        assert!(Access::from_bits(2).is_err());
        assert!(Access::from_bits(4).is_err());
        assert!(Access::from_bits(7).is_ok());
        assert!(Access::from_bits(0).is_err());
        assert!(Access::from_bits(16).is_err());
    }
}
