//! What an error of the inbox tells the client.

use postrider_domain::ports::StoreError;

use crate::App;
use crate::error::{ApiError, Code};

/// What 503 means on every route of the inbox.
pub(super) const NOT_MIGRATED: &str = "`inbox_not_migrated`: the database does not have this \
    version's schema of the inbox; `postrider migrate` brings it. Otherwise away for the moment; \
    trying again helps.";

/// What the inbox answered.
///
/// It has a schema of its own, which a database that only the sending side uses does not have. That is
/// asked only when a statement was rejected, so that it costs nothing otherwise.
pub(super) async fn told<T>(app: &App, answer: Result<T, StoreError>) -> Result<T, ApiError> {
    let error = match answer {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    if matches!(error, StoreError::Rejected { .. })
        && let Err(missing @ StoreError::Rejected { .. }) = app.inbox.check_inbox().await
    {
        return Err(ApiError::new(Code::InboxNotMigrated)
            .detail(
                "the database does not have this version's schema of the inbox: run \
                 `postrider migrate`",
            )
            .because(missing));
    }
    Err(error.into())
}
