//! `GET api/webhooks/filters`.

use std::iter;

use axum::extract::State;

use super::error::AspnetError;
use super::json::AspnetJson;
use super::view::WebHookFilterView;
use crate::App;
use crate::extract::Caller;

/// Every filter that a registration may ask for, the wildcard first.
#[utoipa::path(
    get,
    path = "/api/webhooks/filters",
    tag = "aspnet",
    operation_id = "aspnetListFilters",
    responses((status = 200, body = Vec<WebHookFilterView>)),
)]
pub(super) async fn list(
    State(app): State<App>,
    _: Caller,
) -> Result<AspnetJson<Vec<WebHookFilterView>>, AspnetError> {
    let known = app.filters.current().await?;
    let views =
        iter::once(WebHookFilterView::wildcard()).chain(known.iter().map(WebHookFilterView::from));
    Ok(AspnetJson(views.collect()))
}
