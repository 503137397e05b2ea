//! Lists of registrations: what is looked for.

use anyhow::Context;
use postrider_domain::ports::{RegistrationQuery, RegistrationSort, SortKey, Store};
use postrider_domain::{FilterSet, Registration, RegistrationHeaders, UserId, Visibility};

use super::CaseResult;
use super::given::{self, every_registration};

fn everything() -> RegistrationQuery {
    RegistrationQuery::of(Visibility::All)
}

/// Four registrations that differ in whatever can be looked for.
async fn various(store: &dyn Store) -> anyhow::Result<[Registration; 4]> {
    let [ada, bob] = [given::user(store, "Ada Ünal").await?, given::user(store, "bob").await?];
    let new = |owner: UserId, uri: &str, text: Option<&str>, filters: &[&str]| {
        anyhow::Ok(Registration {
            uri: uri.parse()?,
            description: text.map(Into::into),
            filters: FilterSet::parse(filters)?,
            ..given::new_registration(owner)?
        })
    };
    let mut all = [
        new(ada, "https://one.example/Hook", Some("It's 100% of Alpha"), &["*"])?,
        new(ada, "https://two.example/", None, &["OrderPlaced", "tasks"])?,
        new(bob, "https://three.example/a_b", Some("alpha \\ beta"), &["tasks"])?,
        new(bob, "https://four.example/", Some("größer"), &["*", "reports"])?,
    ];
    all[2].paused = true;
    for registration in &all {
        given::add(store, registration).await?;
    }
    Ok(all)
}

/// The places in `all` of those that a query shows, in order.
async fn places(
    store: &dyn Store,
    all: &[Registration],
    query: &RegistrationQuery,
) -> anyhow::Result<Vec<usize>> {
    let mut places = Vec::new();
    for listed in every_registration(store, query, 1).await? {
        let place = all.iter().position(|one| one.id == listed.registration.id);
        places.push(place.context("it was added")?);
    }
    places.sort_unstable();
    Ok(places)
}

pub async fn a_search_looks_at_uri_description_filters_and_owner_in_any_case(
    store: &dyn Store,
) -> CaseResult {
    let all = various(store).await?;
    for (search, expected) in [
        ("ALPHA", &[0, 2][..]),
        ("TWO.", &[1]),
        ("hOOK", &[0]),
        ("derpl", &[1]),
        ("TASK", &[1, 2]),
        ("BO", &[2, 3]),
        ("a üN", &[0, 1]),
        ("größ", &[3]),
        ("%", &[0]),
        ("a_b", &[2]),
        ("'s 1", &[0]),
        (" \\ ", &[2]),
        ("nowhere", &[]),
        ("", &[0, 1, 2, 3]),
    ] {
        let query = RegistrationQuery { search: Some(search.into()), ..everything() };
        assert_eq!(places(store, &all, &query).await?, expected, "`{search}`");
    }
    Ok(())
}

pub async fn a_search_never_looks_at_secrets_or_headers(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let registration = Registration {
        headers: RegistrationHeaders::parse([("x-team", "purple")])?,
        ..given::new_registration(ada)?
    };
    given::add(store, &registration).await?;
    for search in [registration.secret.expose(), "purple", "x-team", "s1:test:"] {
        let query = RegistrationQuery { search: Some(search.into()), ..everything() };
        assert!(store.list_registrations(&query).await?.items.is_empty(), "`{search}`");
    }
    Ok(())
}

pub async fn a_list_shows_those_that_ask_for_a_filter_by_name(store: &dyn Store) -> CaseResult {
    let all = various(store).await?;
    for (filter, expected) in [
        ("tasks", &[1, 2][..]),
        ("TASKS", &[1, 2]),
        ("orderplaced", &[1]),
        ("reports", &[3]),
        ("order", &[]),
        ("alerts", &[]),
    ] {
        let query = RegistrationQuery { filter: Some(filter.parse()?), ..everything() };
        assert_eq!(places(store, &all, &query).await?, expected, "`{filter}`");
    }
    Ok(())
}

pub async fn what_a_list_is_asked_for_holds_together(store: &dyn Store) -> CaseResult {
    let all = various(store).await?;
    let [ada, bob] = [all[0].owner, all[2].owner];
    let tasks = || "tasks".parse().ok();
    for (query, expected) in [
        (RegistrationQuery { paused: Some(true), ..everything() }, &[2][..]),
        (RegistrationQuery { paused: Some(false), ..everything() }, &[0, 1, 3]),
        (RegistrationQuery { paused: Some(false), filter: tasks(), ..everything() }, &[1]),
        (RegistrationQuery { owner: Some(bob), filter: tasks(), ..everything() }, &[2]),
        (RegistrationQuery { owner: Some(ada), search: Some("A".into()), ..everything() }, &[0, 1]),
        (
            RegistrationQuery {
                search: Some("alpha".into()),
                ..RegistrationQuery::of(Visibility::Own(bob))
            },
            &[2],
        ),
        (
            RegistrationQuery {
                paused: Some(true),
                search: Some("alpha".into()),
                filter: tasks(),
                sort: vec![SortKey { by: RegistrationSort::Owner, descending: true }],
                ..RegistrationQuery::of(Visibility::Own(bob))
            },
            &[2],
        ),
        (RegistrationQuery { paused: Some(true), owner: Some(ada), ..everything() }, &[]),
    ] {
        assert_eq!(places(store, &all, &query).await?, expected, "{query:?}");
    }
    Ok(())
}
