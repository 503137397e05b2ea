//! `/api/v1/api-keys`: what programs prove themselves with.

use axum::extract::State;
use http::StatusCode;
use postrider_domain::{ApiKey, ApiKeyId, Invalid, KeyScopes, Principal, Timestamp, UserId};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::scopes::ScopeName;
use crate::App;
use crate::audit::AuditNote;
use crate::error::{ApiError, Code, Violations};
use crate::extract::{Caller, Id, Json, Listed, Query, page_request};
use crate::openapi::schema;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(delete))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Only the keys of this user; everybody's unless it is given. For administrators: others see
    /// their own only.
    #[param(value_type = Option<schema::UserId>)]
    user: Option<String>,
    /// Where the page before ended.
    #[param(value_type = Option<schema::Cursor>)]
    cursor: Option<String>,
    /// The most entries of the page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
}

impl ListQuery {
    /// Whose keys are to be shown; none is everybody's.
    fn owner(&self, caller: &Principal) -> Result<Option<UserId>, ApiError> {
        let asked_for = self.user.as_ref().map(|user| user.parse()).transpose();
        let asked_for: Option<UserId> = asked_for.map_err(|invalid: Invalid| {
            ApiError::new(Code::InvalidQuery).detail(invalid.to_string())
        })?;
        if caller.is_administrator() {
            return Ok(asked_for);
        }
        match asked_for {
            Some(user) if user != caller.user.id => Err(others()),
            _ => Ok(Some(caller.user.id)),
        }
    }
}

/// An API key to make.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateApiKey {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1F\x7F-\x9F]+$")]
    name: String,
    /// Whom it acts for; the caller unless given. For administrators.
    #[schema(value_type = Option<schema::UserId>)]
    user_id: Option<UserId>,
    /// What it is good for; unless given, reading, and publishing where the caller may publish. Only
    /// who may publish makes a key that may, and a key for somebody else cannot manage.
    #[schema(min_items = 1)]
    scopes: Option<Vec<ScopeName>>,
    /// When it ends, if it does.
    #[schema(value_type = Option<schema::Time>)]
    expires_at: Option<Timestamp>,
}

/// An API key, without the key itself.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ApiKeyView {
    #[schema(value_type = schema::ApiKeyId)]
    id: ApiKeyId,
    /// What it is for.
    name: String,
    /// Whom it acts for.
    #[schema(value_type = schema::UserId)]
    user_id: UserId,
    /// What it is good for.
    scopes: Vec<ScopeName>,
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
    /// When it ends, if it does.
    #[schema(required, value_type = Option<schema::Time>)]
    expires_at: Option<Timestamp>,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            user_id: key.user,
            scopes: ScopeName::allowed(|scope| key.scopes.bits() & scope.bits() == scope.bits()),
            created_at: key.created_at,
            expires_at: key.expires_at,
        }
    }
}

/// A new API key.
#[derive(Serialize, ToSchema)]
struct CreatedApiKey {
    #[serde(flatten)]
    view: ApiKeyView,
    /// The key itself: this is the only time it is shown.
    #[schema(pattern = "^prk_[A-Za-z0-9_-]{43}$")]
    key: String,
}

/// Lists API keys, the newest first.
#[utoipa::path(
    get, path = "/api/v1/api-keys", tag = "api-keys", operation_id = "listApiKeys",
    params(ListQuery),
    responses((status = 200, body = Listed<ApiKeyView>)),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Listed<ApiKeyView>>, ApiError> {
    let page = page_request(query.cursor.as_deref(), query.limit)?;
    let keys = app.store.list_api_keys(query.owner(&caller)?, page).await?;
    Ok(keys.map(ApiKeyView::from).into())
}

/// Makes an API key.
///
/// It takes a login: who holds a key could otherwise outlive its end.
#[utoipa::path(
    post, path = "/api/v1/api-keys", tag = "api-keys", operation_id = "createApiKey",
    request_body = CreateApiKey,
    responses((status = 201, body = CreatedApiKey)),
)]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<CreateApiKey>,
) -> Result<(StatusCode, AuditNote, Json<CreatedApiKey>), ApiError> {
    caller.require_login()?;
    let user = body.user_id.unwrap_or(caller.user.id);
    if user != caller.user.id && !caller.is_administrator() {
        return Err(others());
    }
    let scopes = read_scopes(body.scopes.as_deref(), &caller)?;
    check_scopes(scopes, user, &caller)?;
    if app.store.find_user(user).await?.is_none() {
        let mut violations = Violations::default();
        violations.add("/userId", "there is no such user");
        return Err(violations.into());
    }
    let made = app.accounts.create_api_key(user, &body.name, scopes, body.expires_at).await?;
    let (key, token) = made;
    info!(api_key.id = %key.id, user.id = %user, "API key created");
    let note = AuditNote(format!("{} of {user}", key.id));
    let created = CreatedApiKey { view: key.into(), key: token.expose_secret().to_owned() };
    Ok((StatusCode::CREATED, note, Json(created)))
}

/// Ends an API key.
#[utoipa::path(
    delete, path = "/api/v1/api-keys/{id}", tag = "api-keys", operation_id = "deleteApiKey",
    params(("id" = schema::ApiKeyId, Path)),
    responses((status = 204)),
)]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ApiKeyId>,
) -> Result<StatusCode, ApiError> {
    let removed = app.store.remove_api_key(caller.visibility().owner(), id).await?;
    app.authenticator.forget_all();
    if !removed {
        return Err(ApiError::not_found());
    }
    info!(api_key.id = %id, "API key ended");
    Ok(StatusCode::NO_CONTENT)
}

fn read_scopes(names: Option<&[ScopeName]>, caller: &Principal) -> Result<KeyScopes, ApiError> {
    let Some(names) = names else {
        let publishes = caller.allows(KeyScopes::PUBLISH);
        let scopes = KeyScopes::READ;
        return Ok(if publishes { scopes.and(KeyScopes::PUBLISH) } else { scopes });
    };
    let bits = names.iter().fold(0, |bits, name| bits | name.scope().bits());
    let mut violations = Violations::default();
    violations.check("/scopes", KeyScopes::from_bits(bits)).ok_or_else(|| violations.into())
}

/// Whether the caller may make a key of `user` that is good for this.
fn check_scopes(scopes: KeyScopes, user: UserId, caller: &Principal) -> Result<(), ApiError> {
    // It would show the secrets of that user's registrations, which are nobody else's business.
    if user != caller.user.id && scopes.allows(KeyScopes::MANAGE) {
        return Err(ApiError::new(Code::Forbidden)
            .detail("only its own user makes a key that has the scope `manage`"));
    }
    if scopes.allows(KeyScopes::PUBLISH) && !caller.allows(KeyScopes::PUBLISH) {
        return Err(ApiError::new(Code::Forbidden).detail(
            "only who may publish makes a key that has the scope `publish`: an administrator, or \
             the command line",
        ));
    }
    Ok(())
}

fn others() -> ApiError {
    ApiError::new(Code::Forbidden).detail("the keys of others are for administrators")
}
