//! `GET api/webhooks/registrations` and `GET api/webhooks/registrations/{id}`.

use axum::extract::State;
use postrider_domain::ports::{RegistrationQuery, RegistrationSort, SortKey};
use postrider_domain::{RegistrationId, Visibility};

use super::error::AspnetError;
use super::json::AspnetJson;
use super::view::WebHookView;
use crate::App;
use crate::error::ApiError;
use crate::extract::{Caller, Id};
use crate::openapi::schema;

/// Every registration of the caller, the oldest first: this dialect has no pages.
#[utoipa::path(
    get,
    path = "/api/webhooks/registrations",
    tag = "aspnet",
    operation_id = "aspnetList",
    responses((status = 200, body = Vec<WebHookView>)),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<AspnetJson<Vec<WebHookView>>, AspnetError> {
    let mut views = Vec::new();
    let mut query = RegistrationQuery {
        sort: vec![SortKey { by: RegistrationSort::CreatedAt, descending: false }],
        ..RegistrationQuery::of(Visibility::Own(caller.user.id))
    };
    loop {
        let page = app.store.list_registrations(&query).await?;
        let registrations = page.items.into_iter().map(|item| item.registration);
        views.extend(registrations.map(|found| WebHookView::for_owner(found, &caller)));
        match page.next {
            Some(_) => query.after = page.next,
            None => return Ok(AspnetJson(views)),
        }
    }
}

/// One registration of the caller. Nobody sees another user's in this dialect, which shows secrets.
#[utoipa::path(
    get,
    path = "/api/webhooks/registrations/{id}",
    tag = "aspnet",
    operation_id = "aspnetGet",
    params(("id" = schema::SimpleId, Path)),
    responses(
        (status = 200, body = WebHookView),
        (status = 404, description = "It is not there, or not the caller's."),
    ),
)]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    id: Result<Id<RegistrationId>, ApiError>,
) -> Result<AspnetJson<WebHookView>, AspnetError> {
    let Ok(Id(id)) = id else { return Err(AspnetError::NotFound) };
    let own = Visibility::Own(caller.user.id);
    let found = app.store.find_registration(own, id).await?;
    let registration = found.ok_or(AspnetError::NotFound)?;
    Ok(AspnetJson(WebHookView::for_owner(registration, &caller)))
}
