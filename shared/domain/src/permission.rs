//! Permissions: who may do what with which resource.

use crate::{FilterName, Invalid, PermissionId, RoleId, Timestamp, UserId};

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
    /// Everything.
    pub const ALL: Self = Self(15);
    /// What its creator gets on a new resource.
    pub const OWNER: Self = Self(7);

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

/// Who has a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// One user.
    User(UserId),
    /// Every member of a role.
    Role(RoleId),
}

/// Which resources of a kind a permission is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceScope {
    /// Every one of the kind.
    Any,
    /// The one with this id.
    One(String),
    /// Those in the category with this id.
    Category(String),
}

/// A permission of a user or a role. Somebody's rights are their own permissions and those of all
/// their roles together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// Its id.
    pub id: PermissionId,
    /// Whose it is.
    pub holder: Holder,
    /// The kind of resource, named as the filter is.
    pub kind: FilterName,
    /// Which of them.
    pub scope: ResourceScope,
    /// What is allowed.
    pub access: Access,
    /// When it was granted, or its access last replaced.
    pub created_at: Timestamp,
}

impl Permission {
    /// Checks that scope and access go together.
    ///
    /// # Errors
    /// When creating is allowed on less than every resource of the kind (one is there already, and
    /// what is not there yet has no category), a category is to be in a category, or the id is empty
    /// or too long.
    pub fn validate(&self) -> Result<(), Invalid> {
        let (ResourceScope::One(id) | ResourceScope::Category(id)) = &self.scope else {
            return Ok(());
        };
        if self.access.allows(Access::CREATE) {
            return Err(Invalid::new("create can only be granted on every resource of a kind"));
        }
        if matches!(self.scope, ResourceScope::Category(_)) && self.kind.key() == "categories" {
            return Err(Invalid::new("a category is in no category"));
        }
        if id.is_empty() || id.len() > crate::Resource::MAX_LENGTH || id.contains('\0') {
            return Err(Invalid::new("the resource id of a permission is empty or too long"));
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

    #[test]
    fn create_is_for_every_resource_of_a_kind_only() {
        let permission = |kind: &str, scope, access| Permission {
            id: PermissionId(uuid::Uuid::nil()),
            holder: Holder::User(UserId(uuid::Uuid::nil())),
            kind: kind.parse().unwrap(),
            scope,
            access,
            created_at: Timestamp::EPOCH,
        };
        let (one, category) =
            (ResourceScope::One("42".into()), ResourceScope::Category("c".into()));
        assert!(permission("reports", ResourceScope::Any, Access::ALL).validate().is_ok());
        assert!(permission("reports", one.clone(), Access::ALL).validate().is_err());
        assert!(permission("reports", category.clone(), Access::ALL).validate().is_err());
        assert!(permission("reports", one, Access::OWNER).validate().is_ok());
        assert!(permission("reports", category.clone(), Access::READ).validate().is_ok());
        assert!(permission("Categories", category, Access::READ).validate().is_err());
    }
}
