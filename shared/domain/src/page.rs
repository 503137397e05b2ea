//! Pages of a list that is read by key, newest first.

use uuid::Uuid;

/// Which page of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// Only entries whose id is smaller than this; `None` for the first page.
    pub before: Option<Uuid>,
    /// The most entries of a page, 1 to 100.
    pub limit: u32,
}

impl PageRequest {
    /// The most entries a page can have.
    pub const MAX_LIMIT: u32 = 100;

    /// The first page of `limit` entries, clamped to what a page can have.
    pub fn first(limit: u32) -> Self {
        Self { before: None, limit: limit.clamp(1, Self::MAX_LIMIT) }
    }
}

/// One page of a list, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// The id to ask for the next page with; `None` when this is the last one.
    pub next: Option<Uuid>,
}

impl<T> Page<T> {
    /// Makes a page from up to `limit + 1` rows: the one too many only tells that there is more.
    pub fn from_rows(mut rows: Vec<T>, limit: u32, id: impl Fn(&T) -> Uuid) -> Self {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(id) } else { None };
        Self { items: rows, next }
    }

    /// The same page with each entry turned into another type.
    pub fn map<U>(self, into: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(into).collect(), next: self.next }
    }
}
