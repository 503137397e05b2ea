//! `/api/v1/audit`: who did what, for administrators.

use axum::extract::State;
use postrider_domain::ports::AuditFilter;
use postrider_domain::{ApiKeyId, AuditEntry, AuditId, AuditOutcome, Invalid, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::error::{ApiError, Code};
use crate::extract::{Administrator, Json, Listed, Query, page_request};
use crate::openapi::schema;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Only acts of this user.
    #[param(value_type = Option<schema::UserId>)]
    actor: Option<String>,
    /// Only those that ended so.
    outcome: Option<OutcomeName>,
    /// Where the page before ended.
    #[param(value_type = Option<schema::Cursor>)]
    cursor: Option<String>,
    /// The most entries of the page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
}

/// How an act ended. One that stays `started` may or may not have been done: the process died before
/// it could say.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum OutcomeName {
    Started,
    Done,
    Denied,
    Refused,
    Failed,
}

impl From<OutcomeName> for AuditOutcome {
    fn from(name: OutcomeName) -> Self {
        match name {
            OutcomeName::Started => Self::Started,
            OutcomeName::Done => Self::Done,
            OutcomeName::Denied => Self::Denied,
            OutcomeName::Refused => Self::Refused,
            OutcomeName::Failed => Self::Failed,
        }
    }
}

impl From<AuditOutcome> for OutcomeName {
    fn from(outcome: AuditOutcome) -> Self {
        match outcome {
            AuditOutcome::Started => Self::Started,
            AuditOutcome::Done => Self::Done,
            AuditOutcome::Denied => Self::Denied,
            AuditOutcome::Refused => Self::Refused,
            AuditOutcome::Failed => Self::Failed,
        }
    }
}

/// An entry of the audit log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditView {
    #[schema(value_type = schema::AuditId)]
    id: AuditId,
    /// When it began.
    #[schema(value_type = schema::Time)]
    at: Timestamp,
    /// Who; none for a login that failed, and for the command line.
    #[schema(required, value_type = Option<schema::UserId>)]
    actor_id: Option<UserId>,
    /// The name of the actor at the time, or the one they claimed.
    actor_name: String,
    /// The API key, when the request came with one.
    #[schema(required, value_type = Option<schema::ApiKeyId>)]
    api_key_id: Option<ApiKeyId>,
    /// What: method and route, or the command.
    action: String,
    /// To what: the path that was asked for, or the one of what was created.
    target: String,
    outcome: OutcomeName,
    /// The status of the answer, once there is one.
    #[schema(required, minimum = 100, maximum = 599)]
    status: Option<u16>,
    /// More about it.
    #[schema(required)]
    detail: Option<String>,
    /// Where the request came from.
    #[schema(required)]
    address: Option<String>,
    /// The id of the request, as in the log.
    #[schema(required)]
    request_id: Option<String>,
}

impl From<AuditEntry> for AuditView {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            actor_id: entry.actor,
            actor_name: entry.actor_name,
            api_key_id: entry.key,
            action: entry.action,
            target: entry.target,
            outcome: entry.outcome.into(),
            status: entry.status,
            detail: entry.detail,
            address: entry.address,
            request_id: entry.request_id,
        }
    }
}

/// Lists what was done or tried, the newest first.
///
/// That is every request that changes something (but publishing, which events are the record of), every
/// look at the secret of a registration at its own path, every login, and what was denied. Of denied
/// reads, and of logins that were slowed down, one alike a minute is listed.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "audit", operation_id = "listAudit",
    params(ListQuery),
    responses((status = 200, body = Listed<AuditView>)),
)]
async fn list(
    State(app): State<App>,
    _: Administrator,
    Query(query): Query<ListQuery>,
) -> Result<Json<Listed<AuditView>>, ApiError> {
    let page = page_request(query.cursor.as_deref(), query.limit)?;
    let actor = query.actor.map(|actor| actor.parse()).transpose();
    let actor = actor.map_err(|invalid: Invalid| {
        ApiError::new(Code::InvalidQuery).detail(invalid.to_string())
    })?;
    let filter = AuditFilter { actor, outcome: query.outcome.map(AuditOutcome::from) };
    Ok(app.store.list_audit(&filter, page).await?.map(AuditView::from).into())
}
