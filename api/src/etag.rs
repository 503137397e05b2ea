//! Versions of what is shown, so that nobody overwrites what they have not seen (RFC 9110, sections
//! 8.8.3 and 13.1).
//!
//! A handler that shows one thing takes an [`IfNoneMatch`], one that changes it an [`IfMatch`]. Named
//! among the `params` of its `#[utoipa::path]`, they also put the headers and the statuses that follow
//! from them into the OpenAPI document.

use std::borrow::Cow;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use postrider_domain::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::error::{ApiError, Code};
use crate::extract::Json;

/// How many versions a change may be meant for where each costs a question to the store.
const MAX_CANDIDATES: usize = 8;

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ETag(String);

impl ETag {
    /// The version of something that was last changed at `updated_at`.
    pub(crate) fn of(updated_at: Timestamp) -> Self {
        Self(format!("\"{:x}\"", updated_at.as_micros()))
    }

    /// The version of this, shown together with `content` that changes without being a change to it: as
    /// good as the bare version for whoever changes something.
    pub(crate) fn with(&self, content: &impl Serialize) -> Self {
        let Self(content) = Self::of_content(content);
        let (own, content) = (self.0.trim_end_matches('"'), content.trim_start_matches('"'));
        Self(format!("{own}-{content}"))
    }

    /// The part of a version that is about what is changed.
    fn bare(tag: &str) -> Cow<'_, str> {
        match tag.split_once('-') {
            Some((own, shown)) if own.starts_with('"') && shown.ends_with('"') => {
                format!("{own}\"").into()
            }
            _ => tag.into(),
        }
    }

    /// When that was last changed whose version this is, if it is one of [`Self::of`].
    fn time(tag: &str) -> Option<Timestamp> {
        let tag = Self::bare(tag);
        let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
        let time = Timestamp::from_micros(i64::from_str_radix(digits, 16).ok()?);
        (Self::of(time).0 == tag).then_some(time)
    }

    /// The version of something that has no time of its last change: what it says itself.
    pub(crate) fn of_content(content: &impl Serialize) -> Self {
        let json = serde_json::to_vec(content).expect("what is shown can be written as JSON");
        Self(format!("\"{}\"", hex::encode(&Sha256::digest(json)[..16])))
    }
}

impl IntoResponseParts for ETag {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        let value = HeaderValue::try_from(self.0).expect("hex digits fit a header");
        parts.headers_mut().insert(ETAG, value);
        Ok(parts)
    }
}

/// The version that a change is meant for.
pub(crate) struct IfMatch(Option<Wanted>);

impl IfMatch {
    /// Refuses the change unless it is meant for this version, or for whichever there is.
    pub(crate) fn require(&self, current: &ETag) -> Result<(), ApiError> {
        if self.0.as_ref().is_none_or(|wanted| wanted.names(current)) {
            return Ok(());
        }
        Err(other_version())
    }

    /// The version that was `read` and that [`Self::require`] has let pass, for the store to look for it
    /// once more as it makes the change; `None` when any will do.
    pub(crate) fn expected(&self, read: Timestamp) -> Option<Timestamp> {
        self.0.as_ref().filter(|wanted| !matches!(wanted, Wanted::Any)).map(|_| read)
    }

    /// The versions that the change may be meant for, for a store that compares them itself; `None`
    /// alone when any will do. Those that are none of ours, and those after the first few, are left
    /// out: no change is made to them.
    pub(crate) fn candidates(&self) -> Vec<Option<Timestamp>> {
        match &self.0 {
            None | Some(Wanted::Any) => vec![None],
            Some(Wanted::OneOf(tags)) => {
                let times = tags.iter().filter_map(|tag| ETag::time(tag)).map(Some);
                times.take(MAX_CANDIDATES).collect()
            }
        }
    }
}

/// What a change is refused with that is meant for another version.
pub(crate) fn other_version() -> ApiError {
    ApiError::new(Code::PreconditionFailed)
        .detail("it was changed after the version that `If-Match` names; read it again")
}

/// The version that the client has already.
pub(crate) struct IfNoneMatch(Option<Wanted>);

impl IfNoneMatch {
    /// Shows `body` as version `current`, unless the client has it.
    pub(crate) fn show<T: Serialize>(&self, current: ETag, body: T) -> Response {
        if self.0.as_ref().is_some_and(|wanted| wanted.names_weakly(&current)) {
            return (StatusCode::NOT_MODIFIED, current, ()).into_response();
        }
        (current, Json(body)).into_response()
    }
}

/// The value of such a header. One that cannot be read names no version.
#[derive(Debug)]
enum Wanted {
    Any,
    OneOf(Vec<String>),
}

impl Wanted {
    fn read(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect();
        match values.as_slice() {
            [] => None,
            [value] if value.trim() == "*" => Some(Self::Any),
            // Foreign versions may have commas in them; none of ours has, so that they match nothing.
            values => {
                let tags = values.iter().flat_map(|value| value.split(','));
                Some(Self::OneOf(tags.map(|tag| tag.trim().to_owned()).collect()))
            }
        }
    }

    fn names(&self, tag: &ETag) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => tags.iter().any(|given| ETag::bare(given) == tag.0),
        }
    }

    fn names_weakly(&self, tag: &ETag) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => {
                tags.iter().any(|given| given.strip_prefix("W/").unwrap_or(given) == tag.0)
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Wanted::read(&parts.headers, &IF_MATCH)))
    }
}

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Wanted::read(&parts.headers, &IF_NONE_MATCH)))
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![header("If-Match", "Only change it if this is its version (its `ETag`), or `*`.")]
    }
}

impl IntoParams for IfNoneMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![header("If-None-Match", "The version (`ETag`) that need not be sent again.")]
    }
}

fn header(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(values: &[&'static str]) -> Option<Wanted> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IF_MATCH, HeaderValue::from_static(value));
        }
        Wanted::read(&headers, &IF_MATCH)
    }

    #[test]
    fn a_change_is_made_to_the_version_it_names_or_to_any() {
        let current = ETag::of(Timestamp::from_micros(255));
        for (values, made) in [
            (&[][..], true),
            (&["*"], true),
            (&["\"ff\""], true),
            (&["\"fe\", \"ff\""], true),
            (&["\"fe\"", "\"ff\""], true),
            (&["\"fe\""], false),
            // What is only alike is not good enough to overwrite.
            (&["W/\"ff\""], false),
            (&["ff"], false),
            (&[""], false),
        ] {
            assert_eq!(IfMatch(wanted(values)).require(&current).is_ok(), made, "{values:?}");
        }
    }

    #[test]
    fn what_is_shown_together_has_its_own_version_and_is_changed_by_the_bare_one() {
        let bare = ETag::of(Timestamp::from_micros(255));
        let shown = bare.with(&"well");
        assert_ne!(shown, bare.with(&"unwell"));
        assert!(shown.0.starts_with("\"ff-") && shown.0.ends_with('"'), "{shown:?}");
        let meant = |tag: &ETag| IfMatch(Some(Wanted::OneOf(vec![tag.0.clone()])));
        assert!(meant(&shown).require(&bare).is_ok());
        assert_eq!(meant(&shown).candidates(), [Some(Timestamp::from_micros(255))]);
        let other = ETag::of(Timestamp::from_micros(254)).with(&"well");
        assert!(meant(&other).require(&bare).is_err());
        let known = IfNoneMatch(Some(Wanted::OneOf(vec![shown.0.clone()])));
        assert_eq!(known.show(shown, "body").status(), StatusCode::NOT_MODIFIED);
        assert_eq!(known.show(bare, "body").status(), StatusCode::OK);
    }

    #[test]
    fn a_store_is_asked_for_the_versions_that_a_change_is_meant_for() {
        let time = |micros| Some(Timestamp::from_micros(micros));
        for (values, candidates, expected) in [
            (&[][..], vec![None], None),
            (&["*"], vec![None], None),
            (&["\"ff\""], vec![time(255)], time(7)),
            (&["\"fe\", \"ff\""], vec![time(254), time(255)], time(7)),
            (&["\"0ff\"", "\"FF\"", "\"+ff\"", "W/\"ff\"", "ff"], vec![], time(7)),
        ] {
            let meant = IfMatch(wanted(values));
            assert_eq!(meant.candidates(), candidates, "{values:?}");
            assert_eq!(meant.expected(Timestamp::from_micros(7)), expected, "{values:?}");
        }
        let many = IfMatch(wanted(&["\"1\""; 100]));
        assert_eq!(many.candidates().len(), MAX_CANDIDATES);
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let current = ETag::of(Timestamp::from_micros(255));
        for (values, status) in [
            (&[][..], StatusCode::OK),
            (&["\"fe\""], StatusCode::OK),
            (&["\"ff\""], StatusCode::NOT_MODIFIED),
            (&["W/\"ff\""], StatusCode::NOT_MODIFIED),
            (&["*"], StatusCode::NOT_MODIFIED),
        ] {
            let response = IfNoneMatch(wanted(values)).show(current.clone(), "body");
            assert_eq!(response.status(), status, "{values:?}");
            assert_eq!(response.headers()[ETAG], "\"ff\"");
        }
    }
}
