//! `POST api/webhooks/registrations`.

use axum::extract::State;
use http::header::{HOST, LOCATION};
use http::{HeaderMap, HeaderName, StatusCode, Uri};
use postrider_domain::RegistrationId;
use tracing::info;
use url::Url;

use super::REGISTRATIONS;
use super::body::WebHook;
use super::error::AspnetError;
use super::view::WebHookView;
use crate::App;
use crate::extract::{Caller, Json, JsonBody};

pub(super) async fn register(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<WebHookView>), AspnetError> {
    let webhook = WebHook::parse(&body)?;
    let registration = app.registrations.create(caller.user.id, webhook.into()).await?;
    info!(registration.id = %registration.id, "registration created");
    let location = location(app.config.public_url.as_ref(), &uri, &headers, registration.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(registration.into())))
}

/// The absolute URL of a registration: below the configured one, or else at the host that the client
/// asked for.
fn location(
    public_url: Option<&Url>,
    uri: &Uri,
    headers: &HeaderMap,
    registration: RegistrationId,
) -> String {
    let path = format!("{REGISTRATIONS}/{}", registration.simple());
    // HTTP/2 has the host in the request's URI.
    let host = uri.authority().map(http::uri::Authority::as_str);
    let host = host.or_else(|| headers.get(HOST)?.to_str().ok());
    match (public_url, host) {
        (Some(base), _) => format!("{}{path}", base.as_str().trim_end_matches('/')),
        (None, Some(host)) => format!("http://{host}{path}"),
        (None, None) => path,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_location_is_below_the_public_url_or_at_the_requests_host() {
        let id: RegistrationId = "0193456789ab7def8123456789abcdef".parse().unwrap();
        let path = "/api/webhooks/registrations/0193456789ab7def8123456789abcdef";
        let (uri, headers) = (
            Uri::from_static(REGISTRATIONS),
            HeaderMap::from_iter([(HOST, HeaderValue::from_static("hooks.example:81"))]),
        );
        let public_url: Url = "https://a.example/base/".parse().unwrap();
        assert_eq!(
            location(Some(&public_url), &uri, &headers, id),
            format!("https://a.example/base{path}")
        );
        assert_eq!(location(None, &uri, &headers, id), format!("http://hooks.example:81{path}"));
        let uri = Uri::from_static("http://two.example/api");
        assert_eq!(
            location(None, &uri, &HeaderMap::new(), id),
            format!("http://two.example{path}")
        );
    }
}
