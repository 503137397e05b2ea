use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_domain::{Page, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Json;
use crate::error::{ApiError, Code};
use crate::openapi::schema;

/// How many entries a page has unless the client says.
const DEFAULT_LIMIT: u32 = 50;

/// Which page of a list is wanted, where nothing else can be said about it.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Where the page before ended.
    #[param(value_type = Option<schema::Cursor>)]
    cursor: Option<String>,
    /// The most entries of the page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
}

impl PageQuery {
    pub(crate) fn page(&self) -> Result<PageRequest, ApiError> {
        page_request(self.cursor.as_deref(), self.limit)
    }
}

/// Reads which page is wanted.
pub(crate) fn page_request(
    cursor: Option<&str>,
    limit: Option<u32>,
) -> Result<PageRequest, ApiError> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=PageRequest::MAX_LIMIT).contains(&limit) {
        return Err(ApiError::new(Code::InvalidQuery)
            .detail(format!("`limit` is a number from 1 to {}", PageRequest::MAX_LIMIT)));
    }
    let before = cursor.map(|cursor| {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
        bytes.and_then(|bytes| Uuid::from_slice(&bytes).ok()).ok_or_else(|| {
            ApiError::new(Code::InvalidQuery).detail("`cursor` is not one that was given out here")
        })
    });
    Ok(PageRequest { before: before.transpose()?, limit })
}

/// The longest text to search for, in characters.
const MAX_SEARCH: usize = 200;

/// Reads what to search for. Nothing is the same as an empty text.
pub(crate) fn search_text(search: Option<&str>) -> Result<Option<&str>, ApiError> {
    let search = search.filter(|text| !text.is_empty());
    if search.is_some_and(|text| text.chars().count() > MAX_SEARCH || text.contains('\0')) {
        return Err(ApiError::new(Code::InvalidQuery)
            .detail(format!("`search` has at most {MAX_SEARCH} characters and no NUL character")));
    }
    Ok(search)
}

/// How a cursor looks to clients, who need not know what it is made of.
fn cursor(before: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(before)
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Listed<T> {
    items: Vec<T>,
    /// The `cursor` of the next page; none after the last one.
    #[schema(required, value_type = Option<schema::Cursor>)]
    next: Option<String>,
}

impl<T> Listed<T> {
    /// A list that has one page only.
    pub(crate) fn whole(items: Vec<T>) -> Json<Self> {
        Json(Self { items, next: None })
    }

    /// A page whose end is described by a cursor of the list's own.
    pub(crate) fn paged(items: Vec<T>, next: Option<String>) -> Json<Self> {
        Json(Self { items, next })
    }
}

impl<T> From<Page<T>> for Json<Listed<T>> {
    fn from(page: Page<T>) -> Self {
        Json(Listed { items: page.items, next: page.next.map(cursor) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_as_it_was_given_out() {
        let id = Uuid::from_u128(0x0193_4567_89ab_7def_8123_4567_89ab_cdef);
        let request = page_request(Some(&cursor(id)), None).unwrap();
        assert_eq!(request, PageRequest { before: Some(id), limit: DEFAULT_LIMIT });
    }

    #[test]
    fn a_made_up_cursor_and_an_impossible_limit_are_refused() {
        assert!(page_request(Some("abc"), None).is_err());
        assert!(page_request(Some("!"), None).is_err());
        assert!(page_request(None, Some(0)).is_err());
        assert!(page_request(None, Some(101)).is_err());
    }
}
