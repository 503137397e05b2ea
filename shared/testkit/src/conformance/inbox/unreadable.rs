//! What cannot be read stands in nobody else's way.

use postrider_domain::inbox::InboxState;
use postrider_domain::ports::{InboxFilter, StoreError};
use postrider_domain::{InboxId, PageRequest};

use super::CaseResult;
use super::given::{self, NOW};
use crate::databases::Database;

pub async fn a_claim_passes_over_what_cannot_be_read(database: &dyn Database) -> CaseResult {
    let store = database.inbox().await;
    let items = given::pending_of(&*store, 3).await?;
    database.spoil_inbox(items[1]).await;
    let claimed = given::claim(&*store, &items, NOW).await?;
    let mut claimed: Vec<_> = claimed.into_iter().map(|claimed| claimed.item.id).collect();
    claimed.sort_unstable();
    assert_eq!(claimed, [items[0], items[2]]);
    let found = store.find_inbox(items[1]).await;
    assert!(matches!(found, Err(StoreError::Corrupt { .. })), "{found:?}");
    Ok(())
}

pub async fn a_list_passes_over_what_cannot_be_read(database: &dyn Database) -> CaseResult {
    let store = database.inbox().await;
    let items = given::pending_of(&*store, 6).await?;
    for place in [1, 2, 3] {
        database.spoil_inbox(items[place]).await;
    }
    let filters = [
        InboxFilter::default(),
        InboxFilter { action: Some("push".into()), ..InboxFilter::default() },
        InboxFilter { state: Some(InboxState::Pending), ..InboxFilter::default() },
    ];
    for filter in filters {
        let mut listed: Vec<InboxId> = Vec::new();
        let mut page = PageRequest::first(2);
        // Pages may be short, or empty, and lead on all the same.
        loop {
            let shown = store.list_inbox(&filter, page).await?;
            listed.extend(shown.items.into_iter().map(|report| report.item.id));
            page.before = shown.next;
            if page.before.is_none() {
                break;
            }
        }
        assert_eq!(listed, [items[5], items[4], items[0]], "{filter:?}");
    }
    Ok(())
}
