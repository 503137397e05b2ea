use async_trait::async_trait;

use super::StoreError;
use crate::{Page, PageRequest, Role, RoleId, Timestamp, User, UserId};

/// What became of a change to something that may have been changed in the meantime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is done.
    Done,
    /// It is not there, or was changed since it was read; nothing has changed.
    Stale,
    /// The name is taken; nothing has changed.
    NameTaken,
}

/// Roles (api). Membership is the business of [`super::AccountStore`].
#[async_trait]
pub trait RoleStore: Send + Sync {
    /// Adds a role.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken, in any case.
    async fn add_role(&self, role: &Role) -> Result<(), StoreError>;

    /// Every role by name, the built-in ones included.
    async fn list_roles(&self) -> Result<Vec<Role>, StoreError>;

    /// One role.
    async fn find_role(&self, role: RoleId) -> Result<Option<Role>, StoreError>;

    /// Replaces name, description and `updated_at` of a role that is not built in and was last
    /// changed at `expected`.
    async fn update_role(&self, role: &Role, expected: Timestamp) -> Result<Changed, StoreError>;

    /// Deletes a role with its permissions and memberships, with `expected` only if it was last
    /// changed then; `false` when it is not there, was changed since, or is built in.
    async fn delete_role(
        &self,
        role: RoleId,
        expected: Option<Timestamp>,
    ) -> Result<bool, StoreError>;

    /// A page of the members of a role, newest user first.
    async fn list_role_members(
        &self,
        role: RoleId,
        page: PageRequest,
    ) -> Result<Page<User>, StoreError>;

    /// The roles of a user by name, that of administrators included.
    async fn list_roles_of(&self, user: UserId) -> Result<Vec<Role>, StoreError>;
}
