//! Somebody always remains who can manage everything.

use futures_util::future::try_join_all;
use postrider_domain::ports::{AccountChange, Store, StoreError};
use postrider_domain::{PageRequest, RoleId, UserId};

use super::CaseResult;
use super::given::{self, NOW, id};

const ROLE: RoleId = RoleId::SYSTEM_ADMINISTRATOR;

/// What can make an administrator cease to be one that can do anything.
#[derive(Debug, Clone, Copy)]
enum Loss {
    Disabled,
    Deleted,
    Demoted,
}

impl Loss {
    const ALL: [Self; 3] = [Self::Disabled, Self::Deleted, Self::Demoted];

    async fn befall(self, store: &dyn Store, user: UserId) -> Result<AccountChange, StoreError> {
        match self {
            Self::Disabled => store.set_user_disabled(user, true, None, NOW).await,
            Self::Deleted => store.delete_user(user, None, NOW).await,
            Self::Demoted => store.remove_role_member(ROLE, user, NOW).await,
        }
    }
}

/// How many there are who can do something.
async fn administrators(store: &dyn Store) -> anyhow::Result<usize> {
    let members = store.list_role_members(ROLE, PageRequest::first(100)).await?.items;
    Ok(members.iter().filter(|user| user.administrator && !user.disabled).count())
}

pub async fn the_last_administrator_stays_one(store: &dyn Store) -> CaseResult {
    let root = given::administrator(store, "root").await?;
    given::user(store, "ada").await?;
    let before = store.find_user(root).await?;
    given::add_token(store, given::token(1), root, NOW, NOW + given::seconds(60)).await?;
    for loss in Loss::ALL {
        let change = loss.befall(store, root).await?;
        assert_eq!(change, AccountChange::LastAdministrator, "{loss:?}");
        assert_eq!(store.find_user(root).await?, before, "{loss:?}");
    }
    assert!(store.find_principal(given::token(1), NOW).await?.is_some());
    Ok(())
}

pub async fn an_administrator_who_is_switched_off_does_not_count(store: &dyn Store) -> CaseResult {
    let [root, other] =
        [given::administrator(store, "root").await?, given::administrator(store, "other").await?];
    given::disable(store, other).await?;
    for loss in Loss::ALL {
        let change = loss.befall(store, root).await?;
        assert_eq!(change, AccountChange::LastAdministrator, "{loss:?}");
    }
    // Nothing is lost with one who could do nothing.
    assert_eq!(Loss::Disabled.befall(store, other).await?, AccountChange::Done);
    assert_eq!(Loss::Demoted.befall(store, other).await?, AccountChange::Done);
    assert_eq!(Loss::Deleted.befall(store, other).await?, AccountChange::Done);
    assert_eq!(administrators(store).await?, 1);
    Ok(())
}

pub async fn with_another_administrator_there_any_can_go(store: &dyn Store) -> CaseResult {
    given::administrator(store, "root").await?;
    for (place, loss) in Loss::ALL.into_iter().enumerate() {
        let other = given::administrator(store, &format!("other {place}")).await?;
        assert_eq!(loss.befall(store, other).await?, AccountChange::Done, "{loss:?}");
        assert_eq!(administrators(store).await?, 1);
    }
    Ok(())
}

pub async fn of_administrators_who_go_at_once_one_remains(store: &dyn Store) -> CaseResult {
    for round in 0..9 {
        let [first, second] = [Loss::ALL[round / 3], Loss::ALL[round % 3]];
        let ada = given::administrator(store, &format!("ada {round}")).await?;
        let bob = given::administrator(store, &format!("bob {round}")).await?;
        // Those of the rounds before are out of the way.
        for user in store.list_role_members(ROLE, PageRequest::first(100)).await?.items {
            if user.id != ada && user.id != bob {
                store.remove_role_member(ROLE, user.id, NOW).await?;
            }
        }
        let changes = try_join_all([first.befall(store, ada), second.befall(store, bob)]).await?;
        let done = changes.iter().filter(|change| **change == AccountChange::Done).count();
        assert_eq!(done, 1, "{first:?} and {second:?}: {changes:?}");
        assert!(changes.contains(&AccountChange::LastAdministrator), "{changes:?}");
        assert_eq!(administrators(store).await?, 1);
    }
    Ok(())
}

pub async fn membership_in_their_role_is_what_makes_an_administrator(
    store: &dyn Store,
) -> CaseResult {
    let root = given::administrator(store, "root").await?;
    let ada = given::user(store, "ada").await?;
    let later = NOW + given::seconds(3);
    assert_eq!(store.add_role_member(ROLE, ada, later).await?, AccountChange::Done);
    assert_eq!(store.add_role_member(ROLE, ada, later).await?, AccountChange::Done);
    let found = store.find_user(ada).await?.expect("she is there");
    assert!(found.administrator);
    assert_eq!(found.updated_at, later);
    let members = store.list_role_members(ROLE, PageRequest::first(10)).await?.items;
    assert_eq!(members.iter().map(|user| user.id).collect::<Vec<_>>(), [ada, root]);
    let roles = store.list_roles_of(ada).await?;
    assert_eq!(roles.iter().map(|role| role.id).collect::<Vec<_>>(), [ROLE]);

    assert_eq!(store.remove_role_member(ROLE, root, NOW).await?, AccountChange::Done);
    assert_eq!(store.remove_role_member(ROLE, root, NOW).await?, AccountChange::NotFound);
    assert!(store.find_user(root).await?.is_some_and(|user| !user.administrator));
    assert_eq!(store.list_roles_of(root).await?, []);
    assert_eq!(store.add_role_member(ROLE, id(), NOW).await?, AccountChange::NotFound);
    assert_eq!(store.remove_role_member(ROLE, id(), NOW).await?, AccountChange::NotFound);
    Ok(())
}
