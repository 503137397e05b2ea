//! What a batch stores, with each key once, and what that means for each of its items.

use std::borrow::Cow;

use postrider_domain::inbox::InboxItem;
use postrider_domain::ports::Accepted;

use super::Stored;
use crate::rows::without_nul;

/// What makes two received webhooks the same one: receiver, id and key, as they are stored.
pub(super) type Key<'a> = (Cow<'a, str>, Cow<'a, str>, Cow<'a, str>);

/// An item that is to be stored.
pub(super) struct Given<'a> {
    pub(super) item: &'a InboxItem,
    key: Option<Key<'a>>,
    /// How often its key follows in the same batch.
    pub(super) repeats: i32,
}

/// The first of each key, since one statement can store or count a key only once, in the order of the
/// keys: two statements that want the same keys take them in the same order, and cannot deadlock.
pub(super) fn once_each(items: &[InboxItem]) -> Vec<Given<'_>> {
    let given = |item| Given { item, key: key_of(item), repeats: 0 };
    let mut given: Vec<_> = items.iter().map(given).collect();
    // Stable, so that the first of a key stays the first.
    given.sort_by(|one, other| one.key.cmp(&other.key));
    given.dedup_by(|later, first| {
        let is_repeated = first.key.is_some() && later.key == first.key;
        first.repeats += i32::from(is_repeated);
        is_repeated
    });
    given
}

/// What became of each item, when these keys came more than once.
pub(super) fn outcomes(items: &[InboxItem], stored: &Stored) -> Vec<Accepted> {
    if stored.is_empty() {
        return vec![Accepted::Stored; items.len()];
    }
    let outcome = |item: &InboxItem| match key_of(item).and_then(|key| stored.get(&key)) {
        Some(&id) if id != item.id => Accepted::Duplicate(id),
        // Without a key, each is new.
        _ => Accepted::Stored,
    };
    items.iter().map(outcome).collect()
}

fn key_of(item: &InboxItem) -> Option<Key<'_>> {
    let key = item.dedupe_key.as_deref()?;
    Some((without_nul(&item.address.receiver), without_nul(&item.address.id), without_nul(key)))
}
