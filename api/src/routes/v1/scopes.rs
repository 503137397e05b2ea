//! How clients read and write the scopes of a credential.

use postrider_domain::KeyScopes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a credential is good for: publishing events, seeing what its user sees, or changing what its
/// user may change, which includes seeing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = KeyScope)]
pub(super) enum ScopeName {
    Publish,
    Read,
    Manage,
}

impl ScopeName {
    const ALL: [Self; 3] = [Self::Publish, Self::Read, Self::Manage];

    pub(super) const fn scope(self) -> KeyScopes {
        match self {
            Self::Publish => KeyScopes::PUBLISH,
            Self::Read => KeyScopes::READ,
            Self::Manage => KeyScopes::MANAGE,
        }
    }

    /// The names of those that `allows` allows.
    pub(super) fn allowed(allows: impl Fn(KeyScopes) -> bool) -> Vec<Self> {
        Self::ALL.into_iter().filter(|name| allows(name.scope())).collect()
    }
}
