//! Accepting what comes in.

use postrider_domain::inbox::{
    Ended, HeaderList, InboxItem, InboxState, ReceivedRequest, ReceiverAddress,
};
use postrider_domain::ports::{Accepted, InboxReport, InboxStore};

use super::CaseResult;
use super::given::{self, NOW, RESCUE_AT};

pub async fn an_accepted_webhook_reads_back_as_it_came(store: &dyn InboxStore) -> CaseResult {
    let item = InboxItem {
        address: ReceiverAddress::new("stripe", ""),
        actions: vec!["charge.failed".into(), "a \"b\", {c}".into()],
        dedupe_key: Some("evt_1".into()),
        request: ReceivedRequest {
            method: "PUT".into(),
            query: "a=1&b=%00".into(),
            headers: HeaderList::from_iter([("x-a", "1"), ("b", ""), ("x-a", "2")]),
            body: vec![0, 255, b'\'', 0].into(),
        },
        ..given::item()
    };
    assert_eq!(store.accept(std::slice::from_ref(&item), RESCUE_AT).await?, [Accepted::Stored]);
    let expected = InboxReport {
        body_bytes: 4,
        state: InboxState::Pending,
        due_at: Some(RESCUE_AT),
        settled_at: None,
        duplicates: 0,
        replays: 0,
        runs: Vec::new(),
        item: item.clone(),
    };
    assert_eq!(given::look(store, item.id).await?, expected);
    assert_eq!(store.find_inbox(given::id()).await?, None);
    Ok(())
}

pub async fn whatever_is_empty_is_kept_as_such(store: &dyn InboxStore) -> CaseResult {
    let mut items = [given::item(), given::item(), given::item()];
    for item in &mut items {
        item.actions = Vec::new();
        item.request.headers = HeaderList::default();
        item.request.body = "".into();
    }
    given::accept(store, &items[..2]).await?;
    items[0].id = given::id();
    items[1].id = given::id();
    items[1].request.body = "not empty".into();
    given::accept(store, &items).await?;
    for item in items {
        assert_eq!(given::look(store, item.id).await?.item, item);
    }
    Ok(())
}

pub async fn a_call_without_webhooks_is_answered_with_nothing(
    store: &dyn InboxStore,
) -> CaseResult {
    assert_eq!(store.accept(&[], RESCUE_AT).await?, []);
    Ok(())
}

pub async fn what_has_a_key_that_is_there_is_counted_and_not_stored(
    store: &dyn InboxStore,
) -> CaseResult {
    let first = given::keyed("a");
    given::accept(store, std::slice::from_ref(&first)).await?;
    let (again, other) = (given::keyed("a"), given::keyed("b"));
    let outcomes = store.accept(&[again.clone(), other.clone()], RESCUE_AT).await?;
    assert_eq!(outcomes, [Accepted::Duplicate(first.id), Accepted::Stored]);
    let third = store.accept(&[given::keyed("a")], RESCUE_AT).await?;
    assert_eq!(third, [Accepted::Duplicate(first.id)]);

    let report = given::look(store, first.id).await?;
    assert_eq!((report.duplicates, report.item), (2, first));
    assert_eq!(given::look(store, other.id).await?.duplicates, 0);
    assert_eq!(store.find_inbox(again.id).await?, None);
    Ok(())
}

pub async fn a_key_that_comes_twice_in_one_call_is_stored_once(
    store: &dyn InboxStore,
) -> CaseResult {
    let there = given::keyed("there");
    given::accept(store, std::slice::from_ref(&there)).await?;
    let batch = ["z", "there", "a", "z", "there", "z"].map(given::keyed);
    let (z, a) = (batch[0].id, batch[2].id);
    let expected = [
        Accepted::Stored,
        Accepted::Duplicate(there.id),
        Accepted::Stored,
        Accepted::Duplicate(z),
        Accepted::Duplicate(there.id),
        Accepted::Duplicate(z),
    ];
    assert_eq!(store.accept(&batch, RESCUE_AT).await?, expected);
    for (item, duplicates) in [(z, 2), (a, 0), (there.id, 2)] {
        assert_eq!(given::look(store, item).await?.duplicates, duplicates);
    }
    Ok(())
}

pub async fn the_same_key_at_another_address_is_another_webhook(
    store: &dyn InboxStore,
) -> CaseResult {
    let at = |receiver: &str, id: &str| InboxItem {
        address: ReceiverAddress::new(receiver, id),
        ..given::keyed("a")
    };
    let batch =
        [at("github", "org1"), at("github", "org2"), at("github", ""), at("gitlab", "org1")];
    assert_eq!(store.accept(&batch, RESCUE_AT).await?, [Accepted::Stored; 4]);
    Ok(())
}

pub async fn without_a_key_everything_is_stored(store: &dyn InboxStore) -> CaseResult {
    let batch = [given::item(), given::item(), given::keyed("a"), given::item()];
    assert_eq!(store.accept(&batch, RESCUE_AT).await?, [Accepted::Stored; 4]);
    Ok(())
}

pub async fn a_key_is_known_until_its_webhook_is_removed(store: &dyn InboxStore) -> CaseResult {
    let first = given::keyed("a");
    given::accept(store, std::slice::from_ref(&first)).await?;
    given::end(store, first.id, Ended::Processed).await?;
    let outcomes = store.accept(&[given::keyed("a")], RESCUE_AT).await?;
    assert_eq!(outcomes, [Accepted::Duplicate(first.id)]);
    assert_eq!(given::look(store, first.id).await?.state, InboxState::Processed);

    store.remove_inbox(InboxState::Processed, NOW + given::seconds(60), 10).await?;
    assert_eq!(store.accept(&[given::keyed("a")], RESCUE_AT).await?, [Accepted::Stored]);
    Ok(())
}

pub async fn no_text_keeps_a_webhook_from_being_accepted(store: &dyn InboxStore) -> CaseResult {
    let mut item = given::keyed("a\0b");
    item.actions = vec!["c\0d".into()];
    item.request.query = "e\0f".into();
    item.request.headers = HeaderList::from_iter([("x", "g\0h")]);
    assert_eq!(store.accept(std::slice::from_ref(&item), RESCUE_AT).await?, [Accepted::Stored]);
    let found = given::look(store, item.id).await?.item;
    assert_eq!(found.dedupe_key.as_deref(), Some("a\u{fffd}b"));
    assert_eq!(found.actions, ["c\u{fffd}d"]);
    let again = store.accept(&[given::keyed("a\0b")], RESCUE_AT).await?;
    assert_eq!(again, [Accepted::Duplicate(item.id)]);
    Ok(())
}

/// More than are worth a statement of their own.
pub async fn among_many_each_is_stored_or_counted_as_it_would_be_alone(
    store: &dyn InboxStore,
) -> CaseResult {
    let there = given::keyed("there");
    let with_nul = given::keyed("n\0l");
    given::accept(store, &[there.clone(), with_nul.clone()]).await?;
    let strange = InboxItem {
        address: ReceiverAddress::new("stripe", ""),
        actions: vec!["a \"b\", {c}".into(), "d\0".into(), String::new()],
        ..given::keyed("NULL")
    };
    let mut empty = given::item();
    empty.actions = Vec::new();
    empty.request.headers = HeaderList::default();
    empty.request.body = "".into();
    let mut large = given::keyed("large");
    large.request.body = vec![0xff; 700_000].into();
    let elsewhere =
        InboxItem { address: ReceiverAddress::new("github", "org2"), ..given::keyed("there") };
    let mut batch: Vec<_> = (0..20).map(|n| given::keyed(&format!("new {n}"))).collect();
    batch.extend([given::keyed("n\0l"), strange, empty, large, given::keyed("there"), elsewhere]);
    batch.extend([given::keyed("new 3"), given::item(), given::keyed("there")]);

    let outcomes = store.accept(&batch, RESCUE_AT).await?;
    let mut expected = vec![Accepted::Stored; batch.len()];
    expected[20] = Accepted::Duplicate(with_nul.id);
    expected[24] = Accepted::Duplicate(there.id);
    expected[26] = Accepted::Duplicate(batch[3].id);
    expected[28] = Accepted::Duplicate(there.id);
    assert_eq!(outcomes, expected);
    for (id, duplicates) in [(there.id, 2), (with_nul.id, 1), (batch[3].id, 1), (batch[4].id, 0)] {
        assert_eq!(given::look(store, id).await?.duplicates, duplicates);
    }
    for (item, outcome) in batch.iter().zip(outcomes) {
        let found = store.find_inbox(item.id).await?;
        assert_eq!(found.is_some(), outcome == Accepted::Stored);
        let Some(found) = found else { continue };
        let mut item = item.clone();
        item.actions.iter_mut().for_each(|name| *name = name.replace('\0', "\u{fffd}"));
        assert_eq!((found.item, found.state), (item, InboxState::Pending));
    }
    Ok(())
}

pub async fn some_hundred_webhooks_are_accepted_in_one_call(store: &dyn InboxStore) -> CaseResult {
    let batch: Vec<_> = (0..500)
        .map(|number| {
            let mut item = given::item();
            item.request.body = format!("the body of {number}").into();
            item.dedupe_key = (number % 2 == 0).then(|| format!("key {}", number % 100));
            item
        })
        .collect();
    let outcomes = store.accept(&batch, RESCUE_AT).await?;
    for (number, (item, outcome)) in batch.iter().zip(outcomes).enumerate() {
        if number % 2 == 0 && number >= 100 {
            assert_eq!(outcome, Accepted::Duplicate(batch[number % 100].id));
        } else {
            assert_eq!(outcome, Accepted::Stored);
            assert_eq!(given::look(store, item.id).await?.item, *item);
        }
    }
    Ok(())
}
