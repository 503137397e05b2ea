//! The question of a sender, when a URL is given to it, whether somebody there wants its webhooks.

use crate::{Answer, Refusal, RefusalKind, Request, answer};

/// Answers with the value of the parameter `name` of the query.
pub(crate) fn echo(request: &Request, name: &str) -> Result<Answer, Refusal> {
    let query = request.query();
    let challenge = query.get(name).filter(|challenge| !challenge.is_empty()).ok_or_else(|| {
        Refusal::new(
            RefusalKind::Malformed,
            format!(
                "The WebHook verification request must contain a '{name}' query parameter which will get echoed back in a successful response."
            ),
        )
    })?;
    Ok(answer::echo(challenge))
}
