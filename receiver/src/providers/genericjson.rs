//! Any sender of JSON that can be given a URL: it may name what happened in `?action=`.

use super::coded::Coded;
use crate::check::body;
use crate::provider::{Data, Notification, Reading, Sample};
use crate::{Refusal, Request};

const ACTION: &str = "action";

/// The action of a sender that names none.
const CHANGE: &str = "change";

/// See the module.
pub(super) const GENERIC_JSON: Coded = Coded::new(
    &["genericjson"],
    "GenericJsonWebHookReceiver",
    Sample { body: r#"{"key":"value"}"#, content_type: body::JSON, event: Some("added") },
    read,
)
.with_event_in(ACTION);

fn read(request: &Request) -> Result<Reading, Refusal> {
    let data = body::json(request)?;
    let query = request.query();
    let action = query.get(ACTION).filter(|action| !action.is_empty());
    let action = action.as_deref().unwrap_or(CHANGE);
    Ok(Reading::Webhook(Notification::new([action], Data::Json(data))))
}
