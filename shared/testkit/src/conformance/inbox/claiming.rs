//! Claiming, prolonging and letting go.

use futures_util::future::try_join_all;
use postrider_domain::Timestamp;
use postrider_domain::inbox::{AfterRun, Ended, InboxItem, InboxState};
use postrider_domain::ports::{ClaimedInbox, InboxBacklog, InboxStore, Lease};

use super::CaseResult;
use super::given::{self, NOW, failed, id, seconds};

pub async fn a_claim_has_all_that_a_handler_needs(store: &dyn InboxStore) -> CaseResult {
    let mut item = InboxItem { actions: vec!["a".into(), "b".into()], ..given::keyed("k") };
    item.request.query = "a=1".into();
    item.request.body = vec![1, 2, 0, 255].into();
    given::accept(store, std::slice::from_ref(&item)).await?;
    let claimed = given::claim(store, &[item.id], NOW).await?;
    let expected = ClaimedInbox {
        body_bytes: 4,
        item,
        done: Vec::new(),
        runs: 0,
        failures: 0,
        failed_handler: None,
    };
    assert!(expected.has_body());
    assert_eq!(claimed, [expected]);
    Ok(())
}

pub async fn a_body_comes_with_its_claim_up_to_the_limit_and_alone_beyond_it(
    store: &dyn InboxStore,
) -> CaseResult {
    for (bytes, comes) in [(0, true), (ClaimedInbox::BODY_LIMIT, true), (200_000, false)] {
        let mut item = given::item();
        // Nothing that could be packed into less.
        item.request.body = (0..bytes).map(|place| (place * place / 7).to_le_bytes()[0]).collect();
        given::accept(store, std::slice::from_ref(&item)).await?;
        let (_, claimed) = given::take(store, item.id, NOW).await?;
        assert_eq!((claimed.body_bytes, claimed.has_body()), (bytes as u64, comes));
        let body = store.load_inbox_body(item.id).await?;
        assert!(body.as_ref() == Some(&item.request.body), "{bytes} bytes");
        if !comes {
            item.request.body = "".into();
        }
        assert_eq!(claimed.item, item);
    }
    assert_eq!(store.load_inbox_body(id()).await?, None);
    Ok(())
}

pub async fn what_is_wanted_a_little_later_is_claimed_and_what_is_leased_is_not(
    store: &dyn InboxStore,
) -> CaseResult {
    let wanted_by = NOW + seconds(5);
    let early = given::accept(store, &[given::item_at(wanted_by)]).await?[0];
    let too_early = given::accept(store, &[given::item_at(wanted_by + seconds(1))]).await?[0];
    let leased = given::pending(store).await?;
    let lease = Lease { token: id(), until: wanted_by };
    assert_eq!(store.claim_inbox(&[leased], lease, NOW, NOW).await?.items.len(), 1);

    let all = [early, too_early, leased];
    let claimed = store.claim_inbox(&all, given::lease(NOW), NOW, wanted_by).await?.items;
    assert_eq!(claimed.iter().map(|claimed| claimed.item.id).collect::<Vec<_>>(), [early]);
    Ok(())
}

pub async fn what_is_leased_is_passed_over_until_the_lease_ends(
    store: &dyn InboxStore,
) -> CaseResult {
    let item = given::pending(store).await?;
    given::take(store, item, NOW).await?;
    let end = NOW + seconds(30);
    let early = Timestamp::from_micros(end.as_micros() - 1);
    assert_eq!(given::claim(store, &[item], early).await?, []);
    assert_eq!(given::claim(store, &[item], end).await?.len(), 1);
    Ok(())
}

pub async fn ids_given_twice_are_claimed_once(store: &dyn InboxStore) -> CaseResult {
    let item = given::pending(store).await?;
    assert_eq!(given::claim(store, &[item, item], NOW).await?.len(), 1);
    Ok(())
}

pub async fn what_is_unknown_settled_or_not_wanted_yet_is_passed_over(
    store: &dyn InboxStore,
) -> CaseResult {
    let good = given::pending(store).await?;
    let processed = given::ended(store, Ended::Processed).await?;
    let dead = given::ended(store, Ended::Dead).await?;
    let early = given::accept(store, &[given::item_at(NOW + seconds(1))]).await?[0];
    let retried = given::pending(store).await?;
    let (token, _) = given::take(store, retried, NOW).await?;
    let retry = AfterRun::Retry { at: NOW + seconds(10) };
    store.record_run(&given::run(retried, token, (1, "a"), failed(), retry)).await?;

    let all = [id(), processed, early, good, dead, retried];
    let claimed = given::claim(store, &all, NOW).await?;
    assert_eq!(claimed.iter().map(|claimed| claimed.item.id).collect::<Vec<_>>(), [good]);
    assert_eq!(given::claim(store, &[], NOW).await?, []);

    let later = given::claim(store, &all, NOW + seconds(10)).await?;
    assert_eq!(later.len(), 2, "the early one and the retry");
    Ok(())
}

pub async fn workers_at_once_never_claim_the_same_webhook(store: &dyn InboxStore) -> CaseResult {
    let items = given::pending_of(store, 60).await?;
    let claimed = try_join_all((0..8).map(|_| given::claim(store, &items, NOW))).await?;
    let mut claimed: Vec<_> =
        claimed.into_iter().flatten().map(|claimed| claimed.item.id).collect();
    claimed.sort_unstable();
    assert_eq!(claimed, items);
    Ok(())
}

pub async fn a_lease_is_prolonged_by_its_holder_and_nobody_else(
    store: &dyn InboxStore,
) -> CaseResult {
    let item = given::pending(store).await?;
    let (token, _) = given::take(store, item, NOW).await?;
    let until = NOW + seconds(90);
    assert!(!store.extend_inbox(item, Lease { token: id(), until: NOW + seconds(500) }).await?);
    assert!(!store.extend_inbox(id(), Lease { token, until }).await?);
    assert!(store.extend_inbox(item, Lease { token, until }).await?);
    let early = Timestamp::from_micros(until.as_micros() - 1);
    assert_eq!(given::claim(store, &[item], early).await?, []);

    // It ran out, and nobody took it.
    let until = NOW + seconds(200);
    assert!(store.extend_inbox(item, Lease { token, until }).await?);
    given::take(store, item, until).await?;
    assert!(!store.extend_inbox(item, Lease { token, until: until + seconds(500) }).await?);
    assert_eq!(given::claim(store, &[item], until + seconds(30)).await?.len(), 1);
    Ok(())
}

pub async fn what_is_over_has_no_lease_to_prolong(store: &dyn InboxStore) -> CaseResult {
    let item = given::pending(store).await?;
    let (token, _) = given::take(store, item, NOW).await?;
    store.record_run(&given::last(item, token, Ended::Processed)).await?;
    assert!(!store.extend_inbox(item, Lease { token, until: NOW + seconds(90) }).await?);
    store.release_inbox(item, token, NOW).await?;
    assert_eq!(given::look(store, item).await?.state, InboxState::Processed);
    Ok(())
}

pub async fn what_is_put_off_is_due_at_its_time_and_wanted_all_along(
    store: &dyn InboxStore,
) -> CaseResult {
    let received = NOW - seconds(5);
    let item = given::accept(store, &[given::item_at(received)]).await?[0];
    let (token, _) = given::take(store, item, NOW).await?;
    let later = NOW + seconds(60);
    store.release_inbox(item, id(), later).await?;
    assert_eq!(given::claim(store, &[item], NOW).await?, [], "the token was another");
    store.release_inbox(item, token, later).await?;

    let expected = InboxBacklog { wanted: 1, waiting: 0, dead: 0, oldest: Some(received) };
    assert_eq!(store.inbox_backlog(NOW).await?, expected);
    assert_eq!(given::look(store, item).await?.due_at, Some(later));
    let early = Timestamp::from_micros(later.as_micros() - 1);
    assert_eq!(store.take_due_inbox(early, later + seconds(60), 10).await?, []);
    assert_eq!(store.take_due_inbox(later, later + seconds(60), 10).await?, [item]);
    assert_eq!(given::claim(store, &[item], NOW).await?.len(), 1, "nobody has it");
    Ok(())
}
