//! What handlers take out of a request. Each of these fails with an [`crate::error::ApiError`].

mod caller;
mod id;
mod idempotency_key;
mod json;
mod page;
mod query;

pub(crate) use caller::{Administrator, Caller};
pub(crate) use id::{Id, IdPair};
pub(crate) use idempotency_key::IdempotencyKey;
pub(crate) use json::{Json, JsonBody, read_body};
pub(crate) use page::{Listed, PageQuery, page_request, search_text};
pub(crate) use query::{Query, parsed};
