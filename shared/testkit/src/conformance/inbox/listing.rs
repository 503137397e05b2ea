//! The list of what came in.

use postrider_domain::inbox::{Ended, HeaderList, InboxItem, InboxState, ReceiverAddress};
use postrider_domain::ports::{InboxFilter, InboxStore};
use postrider_domain::{InboxId, PageRequest, Timestamp};

use super::CaseResult;
use super::given::{self, NOW, seconds};

async fn listed(store: &dyn InboxStore, filter: &InboxFilter) -> anyhow::Result<Vec<InboxId>> {
    let all = given::every_page(2, |page| store.list_inbox(filter, page)).await?;
    Ok(all.into_iter().map(|report| report.item.id).collect())
}

pub async fn webhooks_are_listed_newest_first_and_page_by_page(
    store: &dyn InboxStore,
) -> CaseResult {
    let mut items = given::pending_of(store, 5).await?;
    items.reverse();
    let page = store.list_inbox(&InboxFilter::default(), PageRequest::first(2)).await?;
    assert_eq!(page.next, Some(items[1].0));
    assert_eq!(listed(store, &InboxFilter::default()).await?, items);
    Ok(())
}

pub async fn a_list_shows_everything_but_headers_body_and_runs(
    store: &dyn InboxStore,
) -> CaseResult {
    let mut item = given::keyed("a");
    item.request.body = "12345".into();
    item.request.query = "a=1".into();
    given::accept(store, &[item.clone(), given::keyed("a")]).await?;
    given::end(store, item.id, Ended::Dead).await?;
    let mut expected = given::look(store, item.id).await?;
    assert_eq!((expected.duplicates, expected.body_bytes), (1, 5));
    expected.item.request.headers = HeaderList::default();
    expected.item.request.body = "".into();
    expected.runs.clear();
    let page = store.list_inbox(&InboxFilter::default(), PageRequest::first(10)).await?;
    assert_eq!(page.items, [expected]);
    Ok(())
}

/// Items at two receivers, with different actions, in all states and of different times.
async fn mixture(store: &dyn InboxStore) -> anyhow::Result<Vec<InboxItem>> {
    let mut items = Vec::new();
    let addresses = [("github", "org1"), ("github", "org2"), ("github", ""), ("stripe", "org1")];
    for place in 0..24 {
        let (receiver, id) = addresses[place % 4];
        let actions: &[&str] = [&[][..], &["push"], &["push", "ping"]][place % 3];
        let item = InboxItem {
            address: ReceiverAddress::new(receiver, id),
            actions: actions.iter().map(|&action| action.into()).collect(),
            ..given::item_at(NOW + seconds(place as u64 / 2) - seconds(60))
        };
        given::accept(store, std::slice::from_ref(&item)).await?;
        match place / 8 {
            0 => {}
            1 => given::end(store, item.id, Ended::Processed).await?,
            _ => given::end(store, item.id, Ended::Dead).await?,
        }
        items.push(item);
    }
    Ok(items)
}

fn state(place: usize) -> InboxState {
    [InboxState::Pending, InboxState::Processed, InboxState::Dead][place / 8]
}

fn is_shown(filter: &InboxFilter, item: &InboxItem, state: InboxState) -> bool {
    let is = |asked: &Option<String>, has: &str| asked.as_deref().is_none_or(|asked| asked == has);
    is(&filter.receiver, &item.address.receiver)
        && is(&filter.id, &item.address.id)
        && filter.action.as_ref().is_none_or(|action| item.actions.contains(action))
        && filter.state.is_none_or(|asked| asked == state)
        && filter.from.is_none_or(|from| item.received_at >= from)
        && filter.to.is_none_or(|to| item.received_at < to)
}

pub async fn a_list_shows_only_what_its_filter_asks_for(store: &dyn InboxStore) -> CaseResult {
    let items = mixture(store).await?;
    let some = |text: &str| Some(text.to_owned());
    let (early, late): (Timestamp, Timestamp) = (NOW - seconds(57), NOW - seconds(50));
    let mut most = 0;
    for receiver in [None, some("github"), some("gitlab")] {
        for id in [None, some("org1"), some("")] {
            for action in [None, some("push"), some("ping"), some("pu")] {
                for state_asked in [None, Some(0), Some(8), Some(16)] {
                    for (from, to) in [(None, None), (Some(early), None), (Some(early), Some(late))]
                    {
                        let filter = InboxFilter {
                            receiver: receiver.clone(),
                            id: id.clone(),
                            action: action.clone(),
                            state: state_asked.map(state),
                            from,
                            to,
                        };
                        let expected: Vec<_> = items
                            .iter()
                            .enumerate()
                            .filter(|(place, item)| is_shown(&filter, item, state(*place)))
                            .map(|(_, item)| item.id)
                            .rev()
                            .collect();
                        most = most.max(expected.len());
                        assert_eq!(listed(store, &filter).await?, expected, "{filter:?}");
                    }
                }
            }
        }
    }
    assert_eq!(most, 24);
    Ok(())
}

/// What is rare is far behind what is looked at for one page.
pub async fn a_search_looks_at_so_many_and_leads_on(store: &dyn InboxStore) -> CaseResult {
    let mut rare = given::item_at(NOW - seconds(10));
    rare.address = ReceiverAddress::new("github", "rare");
    rare.actions = vec!["rare".into()];
    given::accept(store, std::slice::from_ref(&rare)).await?;
    let mut left = InboxFilter::WALK_LIMIT as usize;
    while left > 0 {
        let many = left.min(1_000);
        given::pending_of(store, many).await?;
        left -= many;
    }
    let any = InboxFilter::default();
    let some = |text: &str| Some(text.to_owned());
    let pending = Some(InboxState::Pending);
    let searches = [
        InboxFilter { action: some("rare"), ..any.clone() },
        InboxFilter { id: some("rare"), ..any.clone() },
        InboxFilter { receiver: some("github"), action: some("rare"), ..any.clone() },
        InboxFilter { state: pending, id: some("rare"), ..any.clone() },
        InboxFilter { to: Some(NOW + seconds(1)), action: some("rare"), ..any.clone() },
    ];
    for filter in searches {
        let page = store.list_inbox(&filter, PageRequest::first(10)).await?;
        assert_eq!(page.items, [], "{filter:?}");
        let before = page.next;
        assert!(before.is_some(), "{filter:?}");
        let page = store.list_inbox(&filter, PageRequest { before, limit: 10 }).await?;
        let listed: Vec<_> = page.items.iter().map(|report| report.item.id).collect();
        assert_eq!((listed, page.next), (vec![rare.id], None), "{filter:?}");
    }
    // What an index knows is found at once.
    let known = [
        InboxFilter { receiver: some("github"), id: some("rare"), ..any.clone() },
        InboxFilter { to: Some(NOW), ..any },
    ];
    for filter in known {
        assert_eq!(listed(store, &filter).await?, [rare.id], "{filter:?}");
    }
    Ok(())
}
