//! Sessions: logins that go on while they are used.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use postrider_domain::ports::{AccountChange, PasswordHash, Store};
use postrider_domain::{Credential, Session, Timestamp, UserId};

use super::CaseResult;
use super::given::{self, NOW, id, seconds};

/// Good for a minute unless it is used, and for five at the most.
fn session() -> Session {
    Session { expires_at: NOW + seconds(60), ends_at: NOW + seconds(300) }
}

fn just_before(time: Timestamp) -> Timestamp {
    Timestamp::from_micros(time.as_micros() - 1)
}

/// A session of somebody who has just proved that they know their password.
async fn begin(store: &dyn Store, name: &str, number: u8) -> anyhow::Result<UserId> {
    let user = given::user(store, name).await?;
    let password = given::new_user(name)?.password;
    let added = store.add_session(given::token(number), user, &password, NOW, session()).await?;
    anyhow::ensure!(added, "they may have one");
    Ok(user)
}

pub async fn a_session_stands_for_its_user_until_it_expires(store: &dyn Store) -> CaseResult {
    let user = begin(store, "ada", 1).await?;
    let last = just_before(session().expires_at);
    let principal = store.find_principal(given::token(1), last).await?.expect("it is good");
    assert_eq!(Some(principal.user), store.find_user(user).await?);
    assert_eq!(principal.credential, Credential::Session(session()));
    assert_eq!(store.find_principal(given::token(1), session().expires_at).await?, None);
    Ok(())
}

pub async fn a_session_that_is_used_goes_on_and_never_beyond_its_end(
    store: &dyn Store,
) -> CaseResult {
    begin(store, "ada", 1).await?;
    let mut known = session();
    for (now, wanted, expires_at) in [
        (NOW + seconds(59), NOW + seconds(119), NOW + seconds(119)),
        (NOW + seconds(100), NOW + seconds(260), NOW + seconds(260)),
        (NOW + seconds(259), NOW + seconds(319), known.ends_at),
    ] {
        assert!(store.prolong_session(given::token(1), known, now, wanted).await?);
        known.expires_at = expires_at;
        let last = just_before(expires_at);
        let principal = store.find_principal(given::token(1), last).await?.expect("it is good");
        assert_eq!(principal.credential, Credential::Session(known));
        assert_eq!(store.find_principal(given::token(1), expires_at).await?, None);
    }
    Ok(())
}

pub async fn what_has_expired_or_is_no_session_is_not_prolonged(store: &dyn Store) -> CaseResult {
    let user = begin(store, "ada", 1).await?;
    let (now, later) = (session().expires_at, NOW + seconds(200));
    assert!(!store.prolong_session(given::token(1), session(), now, later).await?);
    assert_eq!(store.find_principal(given::token(1), now).await?, None);
    assert!(!store.prolong_session(given::token(2), session(), NOW, later).await?, "unknown");

    given::add_token(store, given::token(3), user, NOW, session().expires_at).await?;
    assert!(!store.prolong_session(given::token(3), session(), NOW, later).await?, "a token");
    assert_eq!(store.find_principal(given::token(3), now).await?, None);
    Ok(())
}

pub async fn of_those_who_prolong_a_session_at_once_one_does(store: &dyn Store) -> CaseResult {
    begin(store, "ada", 1).await?;
    let wanted = (1..=8).map(|more| session().expires_at + seconds(more));
    let calls = wanted.map(async |time| {
        let done = store.prolong_session(given::token(1), session(), NOW, time).await?;
        anyhow::Ok(done.then_some(time))
    });
    let done = join_all(calls).await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let done: BTreeSet<_> = done.into_iter().flatten().collect();
    assert_eq!(done.len(), 1);
    let found = store.find_principal(given::token(1), NOW).await?.expect("it is good");
    let Credential::Session(Session { expires_at, .. }) = found.credential else {
        panic!("it is a session: {found:?}");
    };
    assert_eq!(done.first(), Some(&expires_at));
    Ok(())
}

pub async fn a_replaced_password_buys_no_session(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    let old = given::new_user("ada")?.password;
    let new = PasswordHash("another hash".into());
    let add = async |user, password| {
        store.add_session(given::token(1), user, password, NOW, session()).await
    };
    store.set_password(user, &new, NOW).await?;
    assert!(!add(user, &old).await?);
    assert!(!add(id(), &new).await?, "nobody's");
    given::disable(store, user).await?;
    assert!(!add(user, &new).await?, "switched off");
    given::enable(store, user).await?;
    assert!(add(user, &new).await?);
    Ok(())
}

pub async fn sessions_end_as_tokens_do(store: &dyn Store) -> CaseResult {
    let names = ["ada", "bea", "cat", "dot", "eve", "fay"];
    let mut users = Vec::new();
    for (name, number) in names.into_iter().zip(1..) {
        users.push(begin(store, name, number).await?);
    }
    assert!(store.remove_token(given::token(1)).await?);
    assert_eq!(store.remove_tokens(users[1]).await?, 1);
    assert!(store.set_password(users[2], &PasswordHash("new".into()), NOW).await?);
    given::disable(store, users[3]).await?;
    given::enable(store, users[3]).await?;
    assert_eq!(store.delete_user(users[4], None, NOW).await?, AccountChange::Done);
    for (name, number) in names.into_iter().zip(1..) {
        let found = store.find_principal(given::token(number), NOW).await?;
        assert_eq!(found.is_some(), name == "fay", "{name}");
    }
    Ok(())
}
