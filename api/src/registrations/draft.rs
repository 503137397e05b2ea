use std::collections::BTreeMap;

use postrider_domain::{
    Authentication, Credentials, Disabled, FilterSet, Invalid, PreviousSecret, Registration,
    RegistrationHeaders, RegistrationId, Secret, SecretText, TargetUri, Timestamp, UserId,
};
use postrider_wire::request::Request;
use serde_json::value::RawValue;

pub(crate) use self::change::Change;
pub(crate) use self::credentials::{DraftAuthentication, DraftTls};
use self::headers::unmask;
use self::settings::{CheckedSettings, SecretChange};
pub(crate) use self::settings::{DraftBatch, DraftRate, Seconds, Settings};
use super::RegistrationError;
use crate::filters::FilterSnapshot;

mod change;
mod credentials;
mod headers;
mod settings;

/// A registration as its owner wrote it, before anything is checked.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) uri: String,
    pub(crate) filters: Vec<String>,
    /// Missing: one is generated for a new registration, and an existing one keeps its own.
    pub(crate) secret: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) paused: bool,
    /// Whether it is switched on again, if the product has switched it off.
    pub(crate) switches_on: bool,
    /// A mask in place of a value stands for the value that is stored.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) properties: BTreeMap<String, Box<RawValue>>,
    pub(crate) settings: Settings,
}

impl From<&Registration> for Draft {
    fn from(registration: &Registration) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            uri: registration.uri.as_str().to_owned(),
            filters: registration.filters.iter().map(str::to_owned).collect(),
            secret: None,
            description: registration.description.clone(),
            paused: registration.paused,
            switches_on: false,
            headers: registration.headers.iter().map(owned).collect(),
            properties: registration.properties.clone(),
            settings: Settings::default(),
        }
    }
}

/// A member of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    Filters,
    Secret,
    Uri,
    Headers,
    Timeout,
    RetryDelays,
    RateLimit,
    MaxInFlight,
    Batch,
    Condition,
    SecretExpiresAt,
    Authentication,
    TokenUri,
    Tls,
    /// What only the registration as a whole can tell.
    Whole,
}

/// Gathers what is wrong with a draft.
#[derive(Default)]
struct Problems(Vec<(Member, Invalid)>);

impl Problems {
    /// Keeps the value, or notes what is wrong with it.
    fn keep<T>(&mut self, member: Member, checked: Result<T, Invalid>) -> Option<T> {
        checked.map_err(|invalid| self.0.push((member, invalid))).ok()
    }

    /// Reads a member that may be missing or taken away, `kept` being the present value.
    fn read<T, U>(
        &mut self,
        member: Member,
        change: Change<Option<T>>,
        kept: Option<U>,
        read: impl FnOnce(T) -> Result<U, Invalid>,
    ) -> Option<U> {
        match change {
            Change::Keep => kept,
            Change::To(written) => self.keep(member, written.map(read).transpose()).flatten(),
        }
    }
}

impl Draft {
    /// The filters it asks for by name.
    pub(super) fn filter_names(&self) -> impl Iterator<Item = &str> {
        self.filters.iter().map(String::as_str).filter(|name| *name != FilterSet::WILDCARD)
    }

    /// Checks every member, those of `current` being what is kept.
    pub(super) fn check(
        mut self,
        known: &FilterSnapshot,
        current: Option<&Registration>,
        now: Timestamp,
    ) -> Result<Checked, Vec<(Member, Invalid)>> {
        let mut problems = Problems::default();
        let filters = known.parse(&self.filters, current.map(|current| &current.filters));
        let filters = problems.keep(Member::Filters, filters);
        let secret = self.secret.as_deref().map(Secret::parse).transpose();
        let secret = problems.keep(Member::Secret, secret);
        let uri = problems.keep(Member::Uri, self.uri.parse::<TargetUri>());
        let headers = unmask(&self.headers, current.map(|current| &current.headers));
        let headers = problems.keep(Member::Headers, headers);
        let another = |secret: &Secret| current.is_some_and(|current| *secret != current.secret);
        let with_secret = match secret.as_ref() {
            Some(Some(secret)) if another(secret) => SecretChange::Another,
            _ => SecretChange::Same,
        };
        let settings =
            std::mem::take(&mut self.settings).check(current, with_secret, now, &mut problems);
        let authentication = Credentials {
            authentication: settings.authentication.clone(),
            ..Credentials::default()
        };
        problems.keep(Member::Authentication, Request::check(&authentication));
        match (filters, secret, uri, headers) {
            (Some(filters), Some(secret), Some(uri), Some(headers)) if problems.0.is_empty() => {
                Ok(Checked { filters, secret, uri, headers, settings, draft: self })
            }
            _ => Err(problems.0),
        }
    }
}

/// A draft whose members are each in order.
pub(super) struct Checked {
    filters: FilterSet,
    secret: Option<Secret>,
    uri: TargetUri,
    headers: RegistrationHeaders,
    settings: CheckedSettings,
    draft: Draft,
}

/// What a registration has that no draft can say.
pub(super) struct Origin {
    pub(super) id: RegistrationId,
    pub(super) owner: UserId,
    /// The secret, unless the draft has one.
    pub(super) secret: Secret,
    pub(super) previous_secret: Option<PreviousSecret>,
    /// When the secret ends, unless the draft says.
    pub(super) secret_expires_at: Option<Timestamp>,
    pub(super) disabled: Option<Disabled>,
    /// Its keys are kept.
    pub(super) credentials: Credentials,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl Checked {
    /// The secret that the draft sets.
    pub(super) fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    /// Whether a credential of `current` would go to another host than before, or to one that proves
    /// itself to somebody else.
    pub(super) fn redirects_credentials(&self, current: &Registration) -> bool {
        let kept = |(name, value): (&str, &str)| {
            RegistrationHeaders::is_sensitive(name)
                && current.headers.iter().any(|stored| stored == (name, value))
        };
        let stored = &current.credentials;
        let authentication = self.settings.authentication.as_ref();
        let secret = authentication.map(secret_of);
        let keeps_secret =
            secret.is_some() && secret == stored.authentication.as_ref().map(secret_of);
        let tls = self.settings.tls.as_ref();
        let key = tls.and_then(|tls| tls.key.as_ref());
        let stored_tls = stored.tls.as_ref();
        let keeps_key = key.is_some() && key == stored_tls.and_then(|tls| tls.key.as_ref());
        let trusts = tls.and_then(|tls| tls.authorities.as_ref());
        let elsewhere = self.uri.origin() != current.uri.origin()
            || trusts != stored_tls.and_then(|tls| tls.authorities.as_ref());
        let token_elsewhere = authentication.and_then(token_origin)
            != stored.authentication.as_ref().and_then(token_origin);
        (elsewhere && (self.headers.iter().any(kept) || keeps_key))
            || (keeps_secret && (elsewhere || token_elsewhere))
    }

    pub(super) fn into_registration(
        self,
        origin: Origin,
    ) -> Result<Registration, RegistrationError> {
        let registration = Registration {
            id: origin.id,
            owner: origin.owner,
            uri: self.uri,
            filters: self.filters,
            secret: self.secret.unwrap_or(origin.secret),
            previous_secret: origin.previous_secret,
            description: self.draft.description,
            paused: self.draft.paused,
            secret_expires_at: self.settings.secret_expires_at.or(origin.secret_expires_at),
            disabled: origin.disabled,
            condition: self.settings.condition,
            options: self.settings.options,
            credentials: Credentials {
                authentication: self.settings.authentication,
                tls: self.settings.tls,
                ..origin.credentials
            },
            headers: self.headers,
            properties: self.draft.properties,
            created_at: origin.created_at,
            updated_at: origin.updated_at,
        };
        registration
            .validate()
            .map_err(|invalid| RegistrationError::Invalid(vec![(Member::Whole, invalid)]))?;
        Ok(registration)
    }
}

/// What proves something to whoever gets it.
fn secret_of(authentication: &Authentication) -> &SecretText {
    match authentication {
        Authentication::Basic { password: secret, .. }
        | Authentication::Bearer { token: secret }
        | Authentication::OAuth2 { client_secret: secret, .. } => secret,
    }
}

/// The host that the secret of a client goes to.
fn token_origin(authentication: &Authentication) -> Option<String> {
    match authentication {
        Authentication::OAuth2 { token_uri, .. } => Some(token_uri.origin()),
        Authentication::Basic { .. } | Authentication::Bearer { .. } => None,
    }
}
