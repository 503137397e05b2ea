//! What handlers take out of a request. Each of these fails with an [`crate::error::ApiError`].

mod address;
mod caller;
mod id;
mod json;
mod page;
mod query;

pub(crate) use address::ClientAddress;
pub(crate) use caller::{Administrator, Caller};
pub(crate) use id::{Id, parse_id};
pub(crate) use json::{Json, JsonBody, read_body};
pub(crate) use page::{Listed, page_request};
pub(crate) use query::Query;
