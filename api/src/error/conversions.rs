//! How the errors of the use cases look to a client.

use std::sync::Arc;

use postrider_batcher::BatchError;
use postrider_domain::ports::StoreError;

use super::{ApiError, Code, Violation};
use crate::accounts::AccountError;
use crate::registrations::{Member, RegistrationError};

impl From<BatchError<StoreError>> for ApiError {
    fn from(error: BatchError<StoreError>) -> Self {
        match error {
            BatchError::Failed(error) => {
                let code = if error.is_transient() { Code::Unavailable } else { Code::Internal };
                Self::new(code).because(Shared(error))
            }
            BatchError::Stopped => Self::new(Code::Unavailable).because(error),
        }
    }
}

/// An error that everybody in a batch is told.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Shared(Arc<StoreError>);

impl From<RegistrationError> for ApiError {
    fn from(error: RegistrationError) -> Self {
        let violation = |member: Member, detail: &dyn ToString| Violation {
            pointer: pointer(member).to_owned(),
            detail: detail.to_string(),
        };
        match error {
            RegistrationError::Invalid(problems) => Self::invalid(
                problems.iter().map(|(member, invalid)| violation(*member, invalid)).collect(),
            ),
            RegistrationError::Refused(member, refusal) => {
                Self::invalid(vec![violation(member, &refusal)])
            }
            RegistrationError::NotVerified(error) => {
                Self::invalid(vec![violation(Member::Uri, &error)])
            }
            RegistrationError::LimitReached { limit } => Self::new(Code::RegistrationLimit)
                .detail(format!("a user has at most {limit} registrations")),
            RegistrationError::SecretOfAnother => Self::new(Code::Forbidden).detail(
                "only its owner may see or change the secret of a registration, or change its key",
            ),
            RegistrationError::CredentialsOfAnother => Self::new(Code::Forbidden).detail(
                "only its owner may have the credentials of a registration sent to another host",
            ),
            RegistrationError::KeyReused => Self::new(Code::IdempotencyConflict)
                .detail("the key was used before for another request; nothing was stored"),
            RegistrationError::Gone => Self::new(Code::IdempotencyConflict)
                .detail("the registration that was created with the key is deleted by now"),
            RegistrationError::Changed => Self::new(Code::ConcurrentUpdate)
                .detail("somebody else changed the registration; read it and try again"),
            RegistrationError::Store(error) => error.into(),
        }
    }
}

fn pointer(member: Member) -> &'static str {
    match member {
        Member::Filters => "/filters",
        Member::Secret => "/secret",
        Member::Uri => "/uri",
        Member::Headers => "/headers",
        Member::Timeout => "/timeoutSeconds",
        Member::RetryDelays => "/retryDelaysSeconds",
        Member::RateLimit => "/rateLimit",
        Member::MaxInFlight => "/maxInFlight",
        Member::Batch => "/batch",
        Member::Condition => "/condition",
        Member::SecretExpiresAt => "/secretExpiresAt",
        Member::Authentication => "/authentication",
        Member::TokenUri => "/authentication/tokenUri",
        Member::Tls => "/tls",
        Member::Whole => "",
    }
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        let invalid = |pointer: &str, detail: String| {
            Self::invalid(vec![Violation { pointer: pointer.to_owned(), detail }])
        };
        match error {
            AccountError::Name(rule) => invalid("/name", rule.0),
            AccountError::Password(rule) => invalid("/password", rule.0),
            AccountError::Expiry(rule) => invalid("/expiresAt", rule.0),
            AccountError::NotFound => Self::not_found(),
            AccountError::NameTaken => {
                Self::new(Code::NameTaken).detail("there is a user of this name already")
            }
            AccountError::Store(error) => error.into(),
            AccountError::Hashing(error) => Self::new(Code::Internal).because(error),
        }
    }
}
