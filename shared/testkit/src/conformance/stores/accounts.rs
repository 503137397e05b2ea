//! Users: adding, finding, listing, switching off, deleting.

use futures_util::future::try_join_all;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{AccountChange, PasswordHash, Store, StoreError};
use postrider_domain::{DeliveryState, Holder, KeyScopes, PageRequest, User, UserName, Visibility};

use super::CaseResult;
use super::given::{self, NOW, id, seconds};

async fn all_users(store: &dyn Store) -> anyhow::Result<Vec<User>> {
    given::every_page(PageRequest::MAX_LIMIT, |page| store.list_users(None, page)).await
}

pub async fn a_user_is_found_by_name_in_any_case(store: &dyn Store) -> CaseResult {
    let new = given::new_user("Ada Ünal")?;
    store.add_user(&new).await?;
    let (user, password) =
        store.find_user_by_name(&"aDA üNAL".parse()?).await?.expect("the name is the same");
    assert_eq!((&user, &password), (&new.user, &new.password));
    assert_eq!(user.name.as_str(), "Ada Ünal");
    assert_eq!(password, PasswordHash("hash of Ada Ünal".into()));
    assert_eq!(store.find_user_by_name(&"ada".parse()?).await?, None);
    assert_eq!(store.find_user(new.user.id).await?, Some(new.user));
    assert_eq!(store.find_user(id()).await?, None);
    Ok(())
}

pub async fn a_name_that_is_taken_in_another_case_is_refused(store: &dyn Store) -> CaseResult {
    given::user(store, "ada").await?;
    let refused = store.add_user(&given::new_user("ADA")?).await;
    assert!(matches!(refused, Err(StoreError::Conflict { entity: "user" })), "{refused:?}");
    assert_eq!(all_users(store).await?.len(), 1);
    Ok(())
}

pub async fn the_first_user_is_added_once(store: &dyn Store) -> CaseResult {
    let first = given::new_administrator("root")?;
    assert!(store.add_first_user(&first).await?);
    assert!(!store.add_first_user(&given::new_administrator("other")?).await?);
    assert_eq!(all_users(store).await?, [first.user]);
    Ok(())
}

pub async fn of_processes_that_start_at_once_one_adds_the_first_user(
    store: &dyn Store,
) -> CaseResult {
    let users: Vec<_> = (0..6)
        .map(|place| given::new_administrator(&format!("root {place}")))
        .collect::<Result<_, _>>()?;
    let added = try_join_all(users.iter().map(|user| store.add_first_user(user))).await?;
    assert_eq!(added.into_iter().filter(|added| *added).count(), 1);
    assert_eq!(all_users(store).await?.len(), 1);
    Ok(())
}

pub async fn users_are_listed_newest_first_and_page_by_page(store: &dyn Store) -> CaseResult {
    let mut names = ["bob", "Ada", "_x", "eve", "Élise", "ada lovelace", "Zoe"];
    for name in names {
        given::user(store, name).await?;
    }
    names.reverse();
    for limit in [1, 3, 7, 100] {
        let listed = given::every_page(limit, |page| store.list_users(None, page)).await?;
        let listed: Vec<_> = listed.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(listed, names, "{limit}");
    }
    Ok(())
}

pub async fn users_are_found_by_a_part_of_their_name_in_any_case(store: &dyn Store) -> CaseResult {
    for name in ["Ada Ünal", "adam", "bob", "100%", "under_score", "back\\slash", "it's"] {
        given::user(store, name).await?;
    }
    for (search, expected) in [
        ("ADA", &["adam", "Ada Ünal"][..]),
        ("üN", &["Ada Ünal"]),
        ("a ü", &["Ada Ünal"]),
        ("%", &["100%"]),
        ("_", &["under_score"]),
        ("\\", &["back\\slash"]),
        ("'", &["it's"]),
        ("nobody", &[]),
    ] {
        for limit in [1, 100] {
            let found =
                given::every_page(limit, |page| store.list_users(Some(search), page)).await?;
            let found: Vec<_> = found.iter().map(|user| user.name.as_str()).collect();
            assert_eq!(found, expected, "{search}");
        }
    }
    Ok(())
}

pub async fn a_user_is_switched_off_and_on(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    for (disabled, at) in [(true, 1), (true, 2), (false, 3)] {
        let change = store.set_user_disabled(user, disabled, None, NOW + seconds(at)).await?;
        assert_eq!(change, AccountChange::Done);
        assert!(store.find_user(user).await?.is_some_and(|user| user.disabled == disabled));
    }
    let found = store.find_user(user).await?.expect("they are there");
    assert_eq!((found.created_at, found.updated_at), (NOW, NOW + seconds(3)));
    let unknown = store.set_user_disabled(id(), true, None, NOW).await?;
    assert_eq!(unknown, AccountChange::NotFound);
    Ok(())
}

pub async fn a_user_who_has_changed_meanwhile_is_left_alone(store: &dyn Store) -> CaseResult {
    let given::Pending { registration, deliveries } = given::pending(store).await?;
    let user = registration.owner;
    assert!(store.set_password(user, &PasswordHash("new".into()), NOW + seconds(1)).await?);
    let current = store.find_user(user).await?;
    given::add_token(store, given::token(1), user, NOW, NOW + seconds(60)).await?;
    for disabled in [true, false] {
        let change = store.set_user_disabled(user, disabled, Some(NOW), NOW + seconds(5)).await?;
        assert_eq!(change, AccountChange::Stale, "{disabled}");
    }
    let change = store.delete_user(user, Some(NOW), NOW + seconds(5)).await?;
    assert_eq!(change, AccountChange::Stale);
    assert_eq!(store.find_user(user).await?, current);
    assert!(store.find_principal(given::token(1), NOW).await?.is_some());
    let kept = store.find_registration(Visibility::All, registration.id).await?;
    assert_eq!(kept, Some(registration));
    assert_eq!(given::look(store, deliveries[0]).await?.state, DeliveryState::Pending);

    let expected = Some(NOW + seconds(1));
    for change in [
        store.set_user_disabled(id(), true, expected, NOW).await?,
        store.delete_user(id(), expected, NOW).await?,
    ] {
        assert_eq!(change, AccountChange::NotFound);
    }
    let change = store.set_user_disabled(user, true, expected, NOW + seconds(2)).await?;
    assert_eq!(change, AccountChange::Done);
    let change = store.delete_user(user, Some(NOW + seconds(2)), NOW + seconds(3)).await?;
    assert_eq!(change, AccountChange::Done);
    assert_eq!(store.find_user(user).await?, None);
    Ok(())
}

pub async fn switching_off_ends_tokens_and_keeps_keys(store: &dyn Store) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    let [token, key, bobs] = [1, 2, 3].map(given::token);
    given::add_token(store, token, ada, NOW, NOW + seconds(60)).await?;
    given::add_token(store, bobs, bob, NOW, NOW + seconds(60)).await?;
    store.add_api_key(&given::new_key(ada, KeyScopes::ALL), key).await?;

    given::disable(store, ada).await?;
    assert_eq!(store.find_principal(token, NOW).await?, None);
    assert_eq!(store.find_principal(key, NOW).await?, None);
    given::enable(store, ada).await?;
    assert_eq!(store.find_principal(token, NOW).await?, None, "it has ended");
    assert!(store.find_principal(key, NOW).await?.is_some());
    assert!(store.find_principal(bobs, NOW).await?.is_some());
    Ok(())
}

pub async fn a_new_password_replaces_the_old_one_and_ends_tokens(store: &dyn Store) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    let [token, bobs] = [1, 2].map(given::token);
    given::add_token(store, token, ada, NOW, NOW + seconds(60)).await?;
    given::add_token(store, bobs, bob, NOW, NOW + seconds(60)).await?;

    let new = PasswordHash("another hash".into());
    assert!(store.set_password(ada, &new, NOW + seconds(5)).await?);
    let ada: UserName = "ada".parse()?;
    let (user, password) = store.find_user_by_name(&ada).await?.expect("she is there");
    assert_eq!((password, user.updated_at), (new.clone(), NOW + seconds(5)));
    assert_eq!(store.find_principal(token, NOW).await?, None);
    assert!(store.find_principal(bobs, NOW).await?.is_some());
    assert!(!store.set_password(id(), &new, NOW).await?);
    Ok(())
}

pub async fn a_deleted_user_leaves_nothing_that_was_theirs(store: &dyn Store) -> CaseResult {
    let [ada, bob] = [given::reader(store, "ada").await?, given::reader(store, "bob").await?];
    let role = given::role(store, "readers").await?;
    given::join(store, role, ada).await?;
    given::join(store, role, bob).await?;
    let [token, key] = [1, 2].map(given::token);
    given::add_token(store, token, ada, NOW, NOW + seconds(60)).await?;
    store.add_api_key(&given::new_key(ada, KeyScopes::ALL), key).await?;
    let registration = given::registration(store, ada).await?;

    assert_eq!(store.delete_user(ada, None, NOW).await?, AccountChange::Done);
    assert_eq!(store.find_user(ada).await?, None);
    assert_eq!(given::permissions(store, Holder::User(ada)).await?, []);
    assert_eq!(store.list_roles_of(ada).await?, []);
    assert_eq!(store.find_principal(token, NOW).await?, None);
    assert_eq!(store.find_principal(key, NOW).await?, None);
    assert_eq!(store.list_api_keys(None, PageRequest::first(10)).await?.items, []);
    assert!(store.find_registration(Visibility::All, registration.id).await?.is_none());
    let members = store.list_role_members(role, PageRequest::first(10)).await?.items;
    assert_eq!(members.iter().map(|user| user.id).collect::<Vec<_>>(), [bob]);
    assert_eq!(given::permissions(store, Holder::User(bob)).await?.len(), 1);

    assert_eq!(store.delete_user(ada, None, NOW).await?, AccountChange::NotFound);
    // The name is free again.
    assert_ne!(given::user(store, "ada").await?, ada);
    Ok(())
}

pub async fn what_was_on_its_way_to_a_deleted_user_is_given_up(store: &dyn Store) -> CaseResult {
    let given::Pending { registration, deliveries } = given::pending_of(store, 2).await?;
    let owner = registration.owner;
    let token = given::take(store, deliveries[0], NOW).await?;
    store.record_attempts(&[given::success(deliveries[0], 1, token)], NOW).await?;
    let others = given::pending(store).await?.delivery();

    let later = NOW + seconds(9);
    assert_eq!(store.delete_user(owner, None, later).await?, AccountChange::Done);
    let states = [
        (deliveries[0], DeliveryState::Delivered, None),
        (deliveries[1], DeliveryState::Dead, Some(DeadReason::RegistrationDeleted)),
        (others, DeliveryState::Pending, None),
    ];
    for (delivery, state, reason) in states {
        let found = given::look(store, delivery).await?;
        assert_eq!((found.state, found.dead_reason), (state, reason));
    }
    assert_eq!(given::look(store, deliveries[1]).await?.settled_at, Some(later));
    Ok(())
}

pub async fn what_a_deleted_user_was_told_stays_on_record(store: &dyn Store) -> CaseResult {
    let delivered = given::delivered(store).await?;
    let event = given::look(store, delivered.delivery()).await?.event;
    store.delete_user(delivered.registration.owner, None, NOW).await?;
    assert_eq!(given::report(store, delivered.delivery()).await?.attempts.len(), 1);
    let report = store.find_event(Visibility::All, event).await?;
    assert!(report.is_some_and(|report| report.deliveries.len() == 1));
    Ok(())
}
