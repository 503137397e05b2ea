//! How clients ask for received webhooks.

use std::str::FromStr;

use postrider_domain::ports::InboxFilter;
use postrider_domain::{Invalid, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::StateName;
use crate::error::{ApiError, Code};
use crate::extract::page_request;
use crate::openapi::schema;

/// The longest text that is looked for, in characters.
const MAX_TEXT: usize = 200;

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only those of this receiver, in any case.
    #[param(max_length = 200, pattern = r"^[^\x00]*$")]
    receiver: Option<String>,
    /// Only those of this id of a receiver, in any case; empty is the URL without one.
    #[param(max_length = 200, pattern = r"^[^\x00]*$")]
    receiver_id: Option<String>,
    /// Only those with this action.
    #[param(max_length = 200, pattern = r"^[^\x00]*$")]
    action: Option<String>,
    /// Only those in this state.
    #[param(value_type = Option<StateName>)]
    state: Option<String>,
    /// Only those that were received at this time or later.
    #[param(value_type = Option<schema::Time>)]
    from: Option<String>,
    /// Only those that were received before this time.
    #[param(value_type = Option<schema::Time>)]
    to: Option<String>,
    /// Where the page before ended.
    #[param(value_type = Option<schema::Cursor>)]
    cursor: Option<String>,
    /// The most entries of the page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
}

impl ListQuery {
    pub(super) fn filter(&self) -> Result<InboxFilter, ApiError> {
        fn read<T>(
            read: impl FnOnce(&str) -> Result<T, Invalid>,
            text: Option<&String>,
        ) -> Result<Option<T>, ApiError> {
            let read = text.map(|text| read(text)).transpose();
            read.map_err(|invalid| ApiError::new(Code::InvalidQuery).detail(invalid.to_string()))
        }
        Ok(InboxFilter {
            receiver: read(address_part, self.receiver.as_ref())?,
            id: read(address_part, self.receiver_id.as_ref())?,
            action: read(text, self.action.as_ref())?,
            state: read(FromStr::from_str, self.state.as_ref())?,
            from: read(FromStr::from_str, self.from.as_ref())?,
            to: read(FromStr::from_str, self.to.as_ref())?,
        })
    }

    pub(super) fn page(&self) -> Result<PageRequest, ApiError> {
        page_request(self.cursor.as_deref(), self.limit)
    }
}

/// A text to look for.
pub(super) fn text(text: &str) -> Result<String, Invalid> {
    if text.chars().count() > MAX_TEXT || text.contains('\0') {
        return Err(Invalid::new(format!(
            "a text to look for has at most {MAX_TEXT} characters and no NUL character"
        )));
    }
    Ok(text.to_owned())
}

/// A part of an address to look for, as it is kept.
pub(super) fn address_part(part: &str) -> Result<String, Invalid> {
    text(part).map(|part| part.to_lowercase())
}
