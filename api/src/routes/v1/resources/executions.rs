//! `POST /api/v1/resources/{kind}/{id}/executions`: a task or an alert has run.

use axum::extract::State;
use http::{HeaderName, HeaderValue, StatusCode};
use postrider_domain::{Access, EventId, NewEvent, SubmissionOutcome};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use super::event_header;
use super::location::ResourcePath;
use crate::App;
use crate::catalogue::Execution;
use crate::error::{ApiError, Code, Violations};
use crate::extract::{Caller, Json};
use crate::openapi::schema;

/// The longest id of an execution or a document, in bytes.
const MAX_ID: usize = 512;
/// The most documents of an execution.
const MAX_DOCUMENTS: usize = 1_000;

/// A run.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ReportExecution {
    /// Its id. A run that is reported again with the same id and content is reported once; without
    /// an id each report is a run of its own.
    #[schema(min_length = 1, max_length = 512)]
    execution_id: Option<String>,
    /// The documents it made.
    #[serde(default)]
    #[schema(max_items = 1000)]
    document_ids: Vec<String>,
    /// Of an alert: whether its condition held.
    alert_triggered: Option<bool>,
    /// Whatever else there is to say.
    #[schema(value_type = Option<serde_json::Value>)]
    data: Option<Box<RawValue>>,
}

impl ReportExecution {
    fn check(self, app: &App) -> Result<(Execution, bool), ApiError> {
        let mut violations = Violations::default();
        let fits = |id: &str| (1..=MAX_ID).contains(&id.len());
        if self.execution_id.as_deref().is_some_and(|id| !fits(id)) {
            violations.add("/executionId", format!("an id has 1 to {MAX_ID} bytes"));
        }
        if self.document_ids.len() > MAX_DOCUMENTS {
            violations.add("/documentIds", format!("there are at most {MAX_DOCUMENTS} documents"));
        }
        for (index, _) in self.document_ids.iter().enumerate().filter(|(_, id)| !fits(id)) {
            violations
                .add(&format!("/documentIds/{index}"), format!("an id has 1 to {MAX_ID} bytes"));
        }
        violations.into_result()?;
        let named = self.execution_id.is_some();
        let generated = || app.ids.next::<Uuid>().simple().to_string();
        let execution = Execution {
            id: self.execution_id.unwrap_or_else(generated),
            document_ids: self.document_ids,
            alert_triggered: self.alert_triggered,
            data: self.data,
        };
        Ok((execution, named))
    }
}

/// The run that was reported.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportedExecution {
    execution_id: String,
    /// The event that tells of it.
    #[schema(value_type = schema::EventId)]
    event_id: EventId,
    /// Whether it had been reported before, so that nothing happened this time.
    duplicate: bool,
}

/// Reports a run of a resource, which publishes an event of the type `Executed`.
#[utoipa::path(
    post,
    path = "/api/v1/resources/{kind}/{id}/executions",
    tag = "resources",
    operation_id = "reportExecution",
    params(("kind" = schema::FilterName, Path), ("id" = String, Path)),
    request_body = ReportExecution,
    responses(
        (status = 202, description = "Its event is stored.", body = ReportedExecution,
            headers(("Postrider-Event-Id" = schema::EventId,
                description = "The event that tells of it."))),
        (status = 409, description = "Resources of this kind do not run, or a run of this id was \
            reported with other content."),
    ),
)]
pub(super) async fn report(
    State(app): State<App>,
    caller: Caller,
    resource: ResourcePath,
    Json(body): Json<ReportExecution>,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1], Json<ReportedExecution>), ApiError> {
    let (kind, id) = resource.resolve(&app).await?;
    let entry = app.catalogue.find_with(&caller, &kind, &id, Access::MODIFY).await?;
    let (execution, named) = body.check(&app)?;
    let event = app.catalogue.execution(&caller, &entry, &execution)?;
    let bytes = event.data.as_ref().map_or(0, |data| data.get().len());
    if bytes > app.config.max_event_bytes {
        return Err(ApiError::new(Code::TooLarge).detail(format!(
            "the event would have {bytes} bytes of data; {} are allowed",
            app.config.max_event_bytes
        )));
    }
    let key = named.then(|| execution.key(caller.user.id, &entry));
    match app.acceptor.accept(vec![NewEvent { event, key }]).await? {
        SubmissionOutcome::Accepted(events) => {
            let accepted = events.first().expect("one event is accepted of one that is submitted");
            info!(event.id = %accepted.id, "execution reported");
            let reported = ReportedExecution {
                execution_id: execution.id,
                event_id: accepted.id,
                duplicate: accepted.duplicate,
            };
            Ok((StatusCode::ACCEPTED, [event_header(accepted.id)], Json(reported)))
        }
        SubmissionOutcome::Conflict { .. } => Err(ApiError::new(Code::IdempotencyConflict)
            .detail("an execution of this id was reported with other content")),
    }
}
