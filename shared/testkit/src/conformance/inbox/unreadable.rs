//! What cannot be read stands in nobody else's way.

use postrider_domain::inbox::{Ended, InboxState};
use postrider_domain::ports::{InboxClaim, InboxFilter, StoreError};
use postrider_domain::{InboxId, PageRequest};

use super::CaseResult;
use super::given::{self, NOW};
use crate::databases::Database;

pub async fn what_cannot_be_read_is_claimed_apart_from_the_rest(
    database: &dyn Database,
) -> CaseResult {
    let store = database.inbox().await;
    let items = given::pending_of(&*store, 3).await?;
    database.spoil_inbox(items[1]).await;
    let claim = store.claim_inbox(&items, given::lease(NOW), NOW, NOW).await?;
    let mut claimed: Vec<_> = claim.items.into_iter().map(|claimed| claimed.item.id).collect();
    claimed.sort_unstable();
    assert_eq!(claimed, [items[0], items[2]]);
    assert_eq!(claim.unreadable, [items[1]]);
    let found = store.find_inbox(items[1]).await;
    assert!(matches!(found, Err(StoreError::Corrupt { .. })), "{found:?}");

    let again = store.claim_inbox(&items, given::lease(NOW), NOW, NOW).await?;
    assert_eq!(again, InboxClaim::default(), "it is leased as the others are");
    Ok(())
}

pub async fn what_cannot_be_read_is_settled_by_whoever_claimed_it(
    database: &dyn Database,
) -> CaseResult {
    let store = database.inbox().await;
    let item = given::pending(&*store).await?;
    database.spoil_inbox(item).await;
    let lease = given::lease(NOW);
    let claim = store.claim_inbox(&[item], lease, NOW, NOW).await?;
    assert_eq!(claim.unreadable, [item]);
    assert!(store.record_run(&given::last(item, lease.token, Ended::Dead)).await?);

    let backlog = store.inbox_backlog(NOW).await?;
    assert_eq!((backlog.wanted, backlog.waiting, backlog.dead), (0, 0, 1));
    let later = NOW + given::seconds(600);
    let claim = store.claim_inbox(&[item], given::lease(later), later, later).await?;
    assert_eq!(claim, InboxClaim::default());
    assert_eq!(store.remove_inbox(InboxState::Dead, later, 10).await?, 1);
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
