//! Lists, read page by page.

use postrider_domain::ports::{ListedRegistration, RegistrationQuery, Store, StoreError};
use postrider_domain::{Page, PageRequest};

/// Reads a whole list in pages of `limit`, each of which but the last is full.
pub async fn every_page<T, Asked>(
    limit: u32,
    ask: impl Fn(PageRequest) -> Asked,
) -> anyhow::Result<Vec<T>>
where
    Asked: Future<Output = Result<Page<T>, StoreError>>,
{
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let page = ask(PageRequest { before, limit }).await?;
        let full = page.items.len() == limit as usize;
        let last = page.next.is_none();
        anyhow::ensure!(full || last && page.items.len() < limit as usize, "a page is full");
        all.extend(page.items);
        before = page.next;
        if last {
            return Ok(all);
        }
    }
}

/// Reads all that a query of registrations shows in pages of `limit`, each of which but the last is
/// full.
pub async fn every_registration(
    store: &dyn Store,
    query: &RegistrationQuery,
    limit: u32,
) -> anyhow::Result<Vec<ListedRegistration>> {
    let mut all = Vec::new();
    let mut query = RegistrationQuery { limit, ..query.clone() };
    loop {
        let page = store.list_registrations(&query).await?;
        let full = page.items.len() == limit as usize;
        let last = page.next.is_none();
        anyhow::ensure!(full || last && page.items.len() < limit as usize, "a page is full");
        all.extend(page.items);
        query.after = page.next;
        if last {
            return Ok(all);
        }
    }
}
