//! How clients see received webhooks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postrider_domain::ports::InboxReport;
use postrider_domain::{InboxId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use self::names::StateName;
use self::run::RunView;
use crate::openapi::schema;
use crate::routes::v1::bodies::cut_text;
use crate::routes::v1::headers::{HeaderView, headers};

mod names;
mod run;

/// How much of a body is shown, in bytes.
const MAX_BODY: usize = 65_536;

/// A received webhook.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InboxItem)]
pub(super) struct InboxView {
    #[schema(value_type = schema::InboxId)]
    id: InboxId,
    /// Whose flavour it is, such as `github`.
    receiver: String,
    /// Which of this receiver's webhooks; empty for the URL without an id.
    receiver_id: String,
    /// What happened, as its sender names it.
    actions: Vec<String>,
    /// What its sender calls it: whatever comes to the same URL with the same key is a duplicate.
    #[schema(required)]
    dedupe_key: Option<String>,
    #[schema(value_type = schema::Time)]
    received_at: Timestamp,
    #[schema(value_type = StateName)]
    state: &'static str,
    /// How long its body is, in bytes.
    body_bytes: u64,
    /// How often it came again and was dropped.
    duplicates: u32,
    /// How often it was replayed.
    replays: u32,
    /// When it is taken up next, while it is pending.
    #[schema(required, value_type = Option<schema::Time>)]
    due_at: Option<Timestamp>,
    /// When it was over.
    #[schema(required, value_type = Option<schema::Time>)]
    settled_at: Option<Timestamp>,
}

impl From<InboxReport> for InboxView {
    fn from(report: InboxReport) -> Self {
        let item = report.item;
        Self {
            id: item.id,
            receiver: item.address.receiver,
            receiver_id: item.address.id,
            actions: item.actions,
            dedupe_key: item.dedupe_key,
            received_at: item.received_at,
            state: report.state.as_str(),
            body_bytes: report.body_bytes,
            duplicates: report.duplicates,
            replays: report.replays,
            due_at: report.due_at,
            settled_at: report.settled_at,
        }
    }
}

/// A received webhook with its request and its runs. A stranger sent it: nothing in it is to be trusted
/// beyond what its receiver verified.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InboxReport)]
pub(super) struct InboxReportView {
    #[serde(flatten)]
    webhook: InboxView,
    /// The method of the request.
    method: String,
    /// What followed the `?`, without secrets.
    query: String,
    /// In the order in which they came, without credentials.
    headers: Vec<HeaderView>,
    /// The body when it is text, …
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    body: Option<String>,
    /// … and when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    body_base64: Option<String>,
    /// Whether only the beginning of the body is shown: `GET /api/v1/inbox/{id}/body` gives all of it.
    body_cut: bool,
    /// The newest 100 at the most, in the order in which they were made.
    #[schema(max_items = 100)]
    runs: Vec<RunView>,
}

impl From<InboxReport> for InboxReportView {
    fn from(mut report: InboxReport) -> Self {
        let request = &mut report.item.request;
        let (method, query) =
            (std::mem::take(&mut request.method), std::mem::take(&mut request.query));
        let headers = headers(request.headers.iter());
        let body_cut = request.body.len() > MAX_BODY;
        let shown = request.body[..request.body.len().min(MAX_BODY)].to_vec();
        let text = if body_cut {
            cut_text(shown)
        } else {
            String::from_utf8(shown).map_err(std::string::FromUtf8Error::into_bytes)
        };
        let (body, body_base64) = match text {
            Ok(body) => (Some(body), None),
            Err(body) => (None, Some(STANDARD.encode(body))),
        };
        let runs = std::mem::take(&mut report.runs).into_iter().map(RunView::from).collect();
        Self { webhook: report.into(), method, query, headers, body, body_base64, body_cut, runs }
    }
}

/// How many webhooks are processed again.
#[derive(Serialize, ToSchema)]
#[schema(as = InboxReplayed)]
pub(super) struct ReplayedView {
    pub(super) replayed: u64,
}
