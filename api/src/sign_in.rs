//! Signing in with a name and a password: slowed down, counted and noted alike wherever it is done.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use http::StatusCode;
use postrider_domain::ports::StoreError;
use postrider_domain::{Credential, User, UserName};
use postrider_runtime::RequestOrigin;
use secrecy::SecretString;
use tower_http::request_id::RequestId;
use tracing::info;

use crate::App;
use crate::accounts::{AccountError, Lasting};
use crate::audit::Act;
use crate::error::{ApiError, Code};
use crate::metrics::Login;

/// Somebody who tries to sign in.
pub(crate) struct Attempt<'a> {
    /// As the audit log has it.
    pub(crate) act: Act,
    pub(crate) address: Option<IpAddr>,
    /// The name that they claim to have.
    pub(crate) name: &'a str,
    pub(crate) password: &'a SecretString,
    /// What they want.
    pub(crate) lasting: Lasting,
    /// How they are told that name or password is wrong.
    pub(crate) refusal: StatusCode,
}

/// Somebody who has signed in.
pub(crate) struct SignedIn {
    pub(crate) user: User,
    /// Shown once, and kept nowhere.
    pub(crate) token: SecretString,
    pub(crate) credential: Credential,
}

/// Why somebody could not sign in.
pub(crate) enum SignInError {
    /// Name or password is wrong, or the user is switched off. Which one is nobody's business.
    Refused,
    /// Too many attempts; how long until the next one.
    SlowDown(Duration),
    /// It could not be found out, or not be noted.
    Failed(ApiError),
}

impl From<AccountError> for SignInError {
    fn from(error: AccountError) -> Self {
        Self::Failed(error.into())
    }
}

/// A request as the audit log has it.
pub(crate) fn act_of(origin: &RequestOrigin, request: &Request) -> Act {
    let extensions = request.extensions();
    let route = extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    Act::new(request.method(), route, request.uri(), origin, extensions.get::<RequestId>())
}

/// Gives somebody who knows their password what they want.
pub(crate) async fn sign_in(app: &App, attempt: Attempt<'_>) -> Result<SignedIn, SignInError> {
    let Attempt { act, address, name: claimed, password, lasting, refusal } = attempt;
    // A name that nobody can have is refused like one that nobody has.
    let name = claimed.parse::<UserName>().ok();
    if let Err(slowed) = app.throttle.check(name.as_ref(), address) {
        app.metrics.logins.of(Login::Throttled).inc();
        app.auditor.slow_sign_in(act, claimed, &slowed.who).await.map_err(unnoted)?;
        return Err(SignInError::SlowDown(slowed.wait));
    }
    let issued = match app.accounts.sign_in(name.as_ref(), password).await? {
        Some((user, password)) => {
            let issued = app.accounts.issue(user.id, &password, lasting).await?;
            issued.map(|(token, credential)| SignedIn { user, token, credential })
        }
        None => None,
    };
    let Some(signed_in) = issued else {
        app.metrics.logins.of(Login::Refused).inc();
        info!("login refused");
        app.auditor.deny_sign_in(act, claimed, refusal).await.map_err(unnoted)?;
        return Err(SignInError::Refused);
    };
    // What could not be noted is given to nobody, and ends by itself.
    app.auditor.sign_in(act, &signed_in.user).await.map_err(unnoted)?;
    app.metrics.logins.of(Login::Succeeded).inc();
    info!(user.id = %signed_in.user.id, "logged in");
    Ok(signed_in)
}

/// What cannot be noted is not done.
fn unnoted(error: StoreError) -> SignInError {
    SignInError::Failed(ApiError::new(Code::Unavailable).because(error))
}
