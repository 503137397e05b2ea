//! How clients see the runs of handlers.

use postrider_domain::Timestamp;
use postrider_domain::inbox::HandlerRun;
use serde::Serialize;
use utoipa::ToSchema;

use super::names::OutcomeName;
use crate::openapi::schema;

/// One run of one handler.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HandlerRun)]
pub(super) struct RunView {
    /// Its place among the runs of the webhook, over all handlers and replays, from 1.
    number: u32,
    /// The name of the handler; in parentheses, as in `(read)`, what stood in for one.
    handler: String,
    #[schema(value_type = schema::Time)]
    started_at: Timestamp,
    #[schema(value_type = schema::Time)]
    ended_at: Timestamp,
    #[schema(value_type = OutcomeName)]
    outcome: &'static str,
    /// Why it failed.
    #[schema(required)]
    error: Option<String>,
}

impl From<HandlerRun> for RunView {
    fn from(run: HandlerRun) -> Self {
        Self {
            number: run.number,
            handler: run.handler,
            started_at: run.started_at,
            ended_at: run.ended_at,
            outcome: run.outcome.as_str(),
            error: run.outcome.error().map(str::to_owned),
        }
    }
}
