//! `GET api/webhooks/filters`.

use std::iter;

use axum::extract::State;

use super::error::AspnetError;
use super::json::AspnetJson;
use super::view::WebHookFilterView;
use crate::App;
use crate::extract::Caller;

/// Every filter that a registration may ask for, the wildcard first. The one of the product's own
/// notices is left out: clients of the library offer what they find here, and know nothing of it.
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
    let classic = known.iter().filter(|filter| !filter.name.is_reserved());
    let views =
        iter::once(WebHookFilterView::wildcard()).chain(classic.map(WebHookFilterView::from));
    Ok(AspnetJson(views.collect()))
}
