//! Tokens and API keys: how requests prove who they are.

use postrider_domain::ports::{PasswordHash, Store};
use postrider_domain::{ApiKey, Credential, KeyScopes, PageRequest, Timestamp};

use super::CaseResult;
use super::given::{self, NOW, id, seconds};

pub async fn a_token_stands_for_its_user_until_it_expires(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    let token = given::token(7);
    let end = NOW + seconds(60);
    given::add_token(store, token, user, NOW, end).await?;

    let last = Timestamp::from_micros(end.as_micros() - 1);
    let principal = store.find_principal(token, last).await?.expect("it is good until the end");
    assert_eq!(Some(principal.user), store.find_user(user).await?);
    assert_eq!(principal.credential, Credential::Token);
    assert_eq!(store.find_principal(token, end).await?, None);
    assert_eq!(store.find_principal(given::token(8), NOW).await?, None);
    Ok(())
}

pub async fn expired_tokens_are_removed_when_one_is_added(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    let [old, good, new] = [1, 2, 3].map(given::token);
    given::add_token(store, old, user, NOW, NOW + seconds(1)).await?;
    given::add_token(store, good, user, NOW, NOW + seconds(100)).await?;
    let later = NOW + seconds(50);
    given::add_token(store, new, user, later, later + seconds(60)).await?;
    // Asked as of a time at which it was good, only its removal can be the reason.
    assert_eq!(store.find_principal(old, NOW).await?, None);
    assert!(store.find_principal(good, later).await?.is_some());
    assert!(store.find_principal(new, later).await?.is_some());
    Ok(())
}

pub async fn a_replaced_password_buys_no_token(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    let old = given::new_user("ada")?.password;
    let new = PasswordHash("another hash".into());
    let end = NOW + seconds(60);
    // It was the right one when it was verified.
    store.set_password(user, &new, NOW + seconds(1)).await?;
    assert!(!store.add_token(given::token(1), user, &old, NOW, end).await?);
    assert_eq!(store.find_principal(given::token(1), NOW).await?, None);
    assert!(!store.add_token(given::token(1), id(), &new, NOW, end).await?, "nobody's");
    assert!(store.add_token(given::token(1), user, &new, NOW, end).await?);
    assert!(store.find_principal(given::token(1), NOW).await?.is_some());
    Ok(())
}

pub async fn a_token_can_be_ended(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    let [token, other] = [1, 2].map(given::token);
    for token in [token, other] {
        given::add_token(store, token, user, NOW, NOW + seconds(60)).await?;
    }
    assert!(store.remove_token(token).await?);
    assert!(!store.remove_token(token).await?);
    assert_eq!(store.find_principal(token, NOW).await?, None);
    assert!(store.find_principal(other, NOW).await?.is_some());
    Ok(())
}

pub async fn all_tokens_of_a_user_can_be_ended_at_once(store: &dyn Store) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    for (number, user) in [(1, ada), (2, ada), (3, bob)] {
        given::add_token(store, given::token(number), user, NOW, NOW + seconds(60)).await?;
    }
    store.add_api_key(&given::new_key(ada, KeyScopes::ALL), given::token(4)).await?;
    assert_eq!(store.remove_tokens(ada).await?, 2);
    assert_eq!(store.remove_tokens(ada).await?, 0);
    for (number, good) in [(1, false), (2, false), (3, true), (4, true)] {
        let found = store.find_principal(given::token(number), NOW).await?;
        assert_eq!(found.is_some(), good, "{number}");
    }
    Ok(())
}

pub async fn an_api_key_stands_for_its_user_within_its_scopes(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    for bits in 1..=7 {
        let scopes = KeyScopes::from_bits(bits)?;
        let key = given::new_key(user, scopes);
        store.add_api_key(&key, given::token(bits)).await?;
        let principal = store.find_principal(given::token(bits), NOW + seconds(1_000_000)).await?;
        let principal = principal.expect("a key without an end does not expire");
        assert_eq!(principal.user.id, user);
        assert_eq!(principal.credential, Credential::Key { id: key.id, scopes });
    }
    Ok(())
}

pub async fn an_api_key_is_good_until_it_expires(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    let end = NOW + seconds(60);
    let key = ApiKey { expires_at: Some(end), ..given::new_key(user, KeyScopes::PUBLISH) };
    store.add_api_key(&key, given::token(1)).await?;
    let last = Timestamp::from_micros(end.as_micros() - 1);
    assert!(store.find_principal(given::token(1), last).await?.is_some());
    assert_eq!(store.find_principal(given::token(1), end).await?, None);
    // Expired, it is still listed, so that somebody sees why a program fails.
    assert_eq!(store.list_api_keys(Some(user), PageRequest::first(10)).await?.items, [key]);
    Ok(())
}

pub async fn a_disabled_user_has_no_way_in(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    given::disable(store, user).await?;
    // What is added from now on is no good either.
    let password = given::new_user("ada")?.password;
    assert!(!store.add_token(given::token(1), user, &password, NOW, NOW + seconds(60)).await?);
    store.add_api_key(&given::new_key(user, KeyScopes::ALL), given::token(2)).await?;
    for (number, when_enabled) in [(1, false), (2, true)] {
        given::disable(store, user).await?;
        assert_eq!(store.find_principal(given::token(number), NOW).await?, None, "{number}");
        given::enable(store, user).await?;
        let principal = store.find_principal(given::token(number), NOW).await?;
        assert_eq!(principal.is_some(), when_enabled, "{number}");
    }
    Ok(())
}

pub async fn api_keys_are_listed_newest_first_and_page_by_page(store: &dyn Store) -> CaseResult {
    let [ada, bob] = [given::user(store, "ada").await?, given::user(store, "bob").await?];
    let mut all = Vec::new();
    for number in 0..7 {
        let user = if number % 2 == 0 { ada } else { bob };
        let key = ApiKey {
            name: format!("schlüssel '{number}'"),
            expires_at: (number % 3 == 0).then(|| NOW + seconds(5)),
            ..given::new_key(user, KeyScopes::from_bits(number + 1)?)
        };
        store.add_api_key(&key, given::token(number)).await?;
        all.push(key);
    }
    all.reverse();
    let hers: Vec<_> = all.iter().filter(|key| key.user == ada).cloned().collect();
    for limit in [1, 3, 7, 100] {
        let listed = given::every_page(limit, |page| store.list_api_keys(None, page)).await?;
        assert_eq!(listed, all, "{limit}");
        let listed = given::every_page(limit, |page| store.list_api_keys(Some(ada), page)).await?;
        assert_eq!(listed, hers, "{limit}");
    }
    let nobodys = store.list_api_keys(Some(id()), PageRequest::first(10)).await?;
    assert_eq!(nobodys.items, []);
    Ok(())
}

pub async fn an_api_key_is_ended_by_its_user_or_by_whoever_may_end_any(
    store: &dyn Store,
) -> CaseResult {
    let [ada, eve] = [given::user(store, "ada").await?, given::user(store, "eve").await?];
    let keys = [KeyScopes::READ, KeyScopes::MANAGE].map(|scopes| given::new_key(ada, scopes));
    for (key, number) in keys.iter().zip([1, 2]) {
        store.add_api_key(key, given::token(number)).await?;
    }
    assert!(!store.remove_api_key(Some(eve), keys[0].id).await?);
    assert!(store.find_principal(given::token(1), NOW).await?.is_some());
    assert!(store.remove_api_key(Some(ada), keys[0].id).await?);
    assert!(!store.remove_api_key(Some(ada), keys[0].id).await?);
    assert_eq!(store.find_principal(given::token(1), NOW).await?, None);

    assert!(!store.remove_api_key(None, id()).await?);
    assert!(store.find_principal(given::token(2), NOW).await?.is_some());
    assert!(store.remove_api_key(None, keys[1].id).await?);
    assert_eq!(store.find_principal(given::token(2), NOW).await?, None);
    Ok(())
}
