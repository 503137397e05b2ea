//! How callers see themselves.

use postrider_domain::{
    ApiKeyId, Credential, Permission, Principal, Role, Session, Timestamp, UserId,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::session_of;
use crate::filters::FilterSnapshot;
use crate::openapi::schema;
use crate::routes::v1::permissions::PermissionView;
use crate::routes::v1::scopes::ScopeName;
use crate::routes::v1::users::NamedRole;

/// Whom a request acts as.
#[derive(Serialize, ToSchema)]
pub(in crate::routes::v1) struct Me {
    #[schema(value_type = schema::UserId)]
    id: UserId,
    #[schema(value_type = schema::UserName)]
    name: String,
    /// Whether they manage everything.
    administrator: bool,
    /// By name.
    roles: Vec<NamedRole>,
    credential: CredentialView,
    /// When the session of a browser ends; none with another credential.
    #[schema(required)]
    session: Option<SessionView>,
}

impl Me {
    pub(in crate::routes::v1) fn new(principal: &Principal, roles: Vec<Role>) -> Self {
        let (kind, id) = match principal.credential {
            Credential::Token => (CredentialKind::Token, None),
            Credential::Session(_) => (CredentialKind::Session, None),
            Credential::Key { id, .. } => (CredentialKind::Key, Some(id)),
        };
        Self {
            id: principal.user.id,
            name: principal.user.name.to_string(),
            administrator: principal.user.administrator,
            roles: roles.into_iter().map(NamedRole::from).collect(),
            credential: CredentialView {
                kind,
                id,
                scopes: ScopeName::allowed(|scope| principal.allows(scope)),
            },
            session: session_of(principal).map(SessionView::from),
        }
    }
}

/// What a request proves itself with.
#[derive(Serialize, ToSchema)]
struct CredentialView {
    kind: CredentialKind,
    /// The API key, if it is one.
    #[schema(required, value_type = Option<schema::ApiKeyId>)]
    id: Option<ApiKeyId>,
    /// What it is good for.
    scopes: Vec<ScopeName>,
}

/// A login, the login of a browser, or an API key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum CredentialKind {
    Token,
    Session,
    Key,
}

/// When a session ends.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SessionView {
    /// Unless it is used until then.
    #[schema(value_type = schema::Time)]
    expires_at: Timestamp,
    /// However much it is used.
    #[schema(value_type = schema::Time)]
    ends_at: Timestamp,
}

impl From<Session> for SessionView {
    fn from(Session { expires_at, ends_at }: Session) -> Self {
        Self { expires_at, ends_at }
    }
}

/// A permission that the caller has.
#[derive(Serialize, ToSchema)]
pub(super) struct HeldPermission {
    #[serde(flatten)]
    permission: PermissionView,
    /// The role it comes from; none when it is their own.
    #[schema(required)]
    role: Option<NamedRole>,
}

impl HeldPermission {
    pub(super) fn new(
        permission: Permission,
        role: Option<Role>,
        filters: &FilterSnapshot,
    ) -> Self {
        Self {
            permission: PermissionView::new(permission, filters),
            role: role.map(NamedRole::from),
        }
    }
}
