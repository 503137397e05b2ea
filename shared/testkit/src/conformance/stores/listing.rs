//! Lists of registrations: their order, their pages, and what they show.

use std::cmp::Ordering;

use postrider_domain::ports::{
    ListedRegistration, RegistrationCursor, RegistrationQuery, RegistrationSort, SortKey, Store,
};
use postrider_domain::{Registration, Timestamp, Visibility};

use super::CaseResult;
use super::given::{self, NOW, every_registration, id, seconds};

const COLUMNS: [RegistrationSort; 6] = [
    RegistrationSort::Uri,
    RegistrationSort::Description,
    RegistrationSort::Owner,
    RegistrationSort::Paused,
    RegistrationSort::CreatedAt,
    RegistrationSort::UpdatedAt,
];

fn everything() -> RegistrationQuery {
    RegistrationQuery::of(Visibility::All)
}

/// Registrations of three owners in which every column has ties, and texts that only bytes put into
/// an order that everybody agrees on.
async fn many(store: &dyn Store) -> anyhow::Result<Vec<ListedRegistration>> {
    let mut owners = Vec::new();
    for name in ["Zoe", "ada", "Äbi"] {
        owners.push((given::user(store, name).await?, name.parse()?));
    }
    let paths = ["b", "B", "a", "A", "_", "~", "a/b", "a"];
    let texts = [None, Some("b"), Some(""), Some("B"), Some("ä"), Some("a b"), Some("b")];
    let mut all = Vec::new();
    for place in 0..17_usize {
        let (owner, owner_name) = &owners[place % 3];
        let made = |steps: usize| NOW + seconds(steps as u64) + std::time::Duration::from_micros(1);
        let registration = Registration {
            uri: format!("https://receiver.example/{}", paths[place % paths.len()]).parse()?,
            description: texts[place % texts.len()].map(Into::into),
            paused: place % 4 == 1,
            created_at: made(place % 5),
            updated_at: made(place % 6),
            ..given::new_registration(*owner)?
        };
        given::add(store, &registration).await?;
        let owner_name = Clone::clone(owner_name);
        all.push(ListedRegistration { registration, owner_name });
    }
    Ok(all)
}

fn compare(one: &ListedRegistration, other: &ListedRegistration, by: RegistrationSort) -> Ordering {
    let text = |listed: &ListedRegistration| match by {
        RegistrationSort::Uri => listed.registration.uri.as_str().to_owned(),
        RegistrationSort::Description => {
            listed.registration.description.clone().unwrap_or_default()
        }
        RegistrationSort::Owner => listed.owner_name.key(),
        _ => String::new(),
    };
    let number = |listed: &ListedRegistration| match by {
        RegistrationSort::Paused => i64::from(listed.registration.paused),
        RegistrationSort::CreatedAt => listed.registration.created_at.as_micros(),
        RegistrationSort::UpdatedAt => listed.registration.updated_at.as_micros(),
        _ => 0,
    };
    text(one).as_bytes().cmp(text(other).as_bytes()).then(number(one).cmp(&number(other)))
}

/// What a list in this order is.
fn sorted(all: &[ListedRegistration], sort: &[SortKey]) -> Vec<ListedRegistration> {
    let mut sorted = all.to_vec();
    sorted.sort_by(|one, other| {
        for key in sort {
            let order = compare(one, other, key.by);
            let order = if key.descending { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        let order = one.registration.id.cmp(&other.registration.id);
        if sort.last().is_some_and(|key| key.descending) { order.reverse() } else { order }
    });
    sorted
}

/// What can be told from each other in a message.
fn brief(listed: &[ListedRegistration]) -> Vec<(String, String)> {
    let brief = |listed: &ListedRegistration| {
        (listed.registration.id.to_string(), listed.owner_name.as_str().to_owned())
    };
    listed.iter().map(brief).collect()
}

async fn check_order(
    store: &dyn Store,
    all: &[ListedRegistration],
    sort: &[SortKey],
    limits: &[u32],
) -> anyhow::Result<()> {
    let expected = brief(&sorted(all, sort));
    let query = RegistrationQuery { sort: sort.to_vec(), ..everything() };
    for limit in limits {
        let listed = every_registration(store, &query, *limit).await?;
        assert_eq!(brief(&listed), expected, "{sort:?} by {limit}");
    }
    Ok(())
}

fn key(by: RegistrationSort, descending: bool) -> SortKey {
    SortKey { by, descending }
}

pub async fn a_list_is_by_uri_unless_told_otherwise(store: &dyn Store) -> CaseResult {
    let all = many(store).await?;
    let expected = sorted(&all, &[key(RegistrationSort::Uri, false)]);
    for limit in [1, 3, 17, 100] {
        let listed = every_registration(store, &everything(), limit).await?;
        assert_eq!(brief(&listed), brief(&expected), "{limit}");
        let whole = |listed: Vec<ListedRegistration>| -> Vec<Registration> {
            listed.into_iter().map(|listed| listed.registration).collect()
        };
        assert_eq!(whole(listed), whole(expected.clone()));
    }
    Ok(())
}

pub async fn a_list_is_sorted_by_any_column_in_either_direction(store: &dyn Store) -> CaseResult {
    let all = many(store).await?;
    for by in COLUMNS {
        for descending in [false, true] {
            check_order(store, &all, &[key(by, descending)], &[1, 3, 100]).await?;
        }
    }
    Ok(())
}

pub async fn a_list_is_sorted_by_any_two_columns(store: &dyn Store) -> CaseResult {
    let all = many(store).await?;
    for first in COLUMNS {
        for second in COLUMNS.into_iter().filter(|second| *second != first) {
            for directions in 0..4 {
                let sort = [key(first, directions & 1 == 1), key(second, directions & 2 == 2)];
                check_order(store, &all, &sort, &[5]).await?;
            }
        }
    }
    Ok(())
}

pub async fn a_list_is_sorted_by_three_columns(store: &dyn Store) -> CaseResult {
    let all = many(store).await?;
    for place in 0..COLUMNS.len() {
        let columns = [0, 2, 3].map(|step| COLUMNS[(place + step) % COLUMNS.len()]);
        for directions in 0..8 {
            let sort = [0, 1, 2].map(|bit| key(columns[bit], directions >> bit & 1 == 1));
            check_order(store, &all, &sort, &[4]).await?;
        }
    }
    Ok(())
}

pub async fn a_cursor_has_the_last_values_as_text(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "Ada").await?;
    let at = Timestamp::from_micros(1_795_248_000_123_457);
    let first = Registration {
        uri: "https://a.example/x".parse()?,
        created_at: at,
        paused: true,
        ..given::new_registration(ada)?
    };
    given::add(store, &first).await?;
    let last = Registration { uri: "https://b.example/".parse()?, ..first.clone() };
    given::add(store, &Registration { id: id(), ..last }).await?;
    let [uri, created] = ["https://a.example/x".to_owned(), at.as_micros().to_string()];
    let updated = NOW.as_micros().to_string();
    for (columns, values) in [
        (&COLUMNS[..3], vec![uri.clone(), String::new(), "ada".to_owned()]),
        (&COLUMNS[3..], vec!["1".to_owned(), created, updated]),
        (&[], vec![uri]),
    ] {
        let sort = columns.iter().map(|by| key(*by, false)).collect();
        let query = RegistrationQuery { sort, limit: 1, ..everything() };
        let page = store.list_registrations(&query).await?;
        assert_eq!(page.next, Some(RegistrationCursor { values, id: first.id }), "{columns:?}");
    }
    Ok(())
}

pub async fn a_page_begins_where_the_last_ended_whatever_went_meanwhile(
    store: &dyn Store,
) -> CaseResult {
    let all = many(store).await?;
    let sort = vec![key(RegistrationSort::Paused, true), key(RegistrationSort::Owner, false)];
    let order = sorted(&all, &sort);
    let mut query = RegistrationQuery { sort, limit: 5, ..everything() };
    let page = store.list_registrations(&query).await?;
    for gone in [3, 4, 5] {
        let gone = order[gone].registration.id;
        store.delete_registration(Visibility::All, gone, None, NOW).await?;
    }
    query.after = page.next;
    let page = store.list_registrations(&query).await?;
    assert_eq!(brief(&page.items), brief(&order[6..11]));
    Ok(())
}

pub async fn an_owner_is_shown_theirs_only_in_any_order(store: &dyn Store) -> CaseResult {
    let all = many(store).await?;
    let ada = all[1].registration.owner;
    let hers: Vec<_> =
        all.iter().filter(|listed| listed.registration.owner == ada).cloned().collect();
    for (visibility, owner, expected) in [
        (Visibility::Own(ada), None, &hers[..]),
        (Visibility::Own(ada), Some(ada), &hers),
        (Visibility::Own(ada), Some(all[0].registration.owner), &[]),
        (Visibility::All, Some(ada), &hers),
        (Visibility::All, Some(id()), &[]),
        (Visibility::Own(id()), None, &[]),
    ] {
        for by in COLUMNS {
            let sort = vec![key(by, true)];
            let expected = brief(&sorted(expected, &sort));
            let query = RegistrationQuery { owner, sort, ..RegistrationQuery::of(visibility) };
            for limit in [2, 100] {
                let listed = every_registration(store, &query, limit).await?;
                assert_eq!(brief(&listed), expected, "{visibility:?}, {owner:?}, {by:?}");
            }
        }
    }
    Ok(())
}
