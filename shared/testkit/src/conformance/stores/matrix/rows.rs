//! The rows: owners who differ in what they may do, and by whose leave.

use futures_util::stream::{StreamExt, TryStreamExt, iter};
use postrider_domain::ports::{AccountChange, Store};
use postrider_domain::{Access, Holder, RegistrationId, ResourceScope, RoleId, UserId};

use super::{AT_ONCE, KINDS};
use crate::conformance::stores::given::{self, NOW};

/// An owner with a registration.
#[derive(Debug)]
pub(super) struct Row {
    /// Says what they may do.
    pub(super) name: String,
    /// Where they are told.
    pub(super) registration: RegistrationId,
    /// May read everything.
    pub(super) administrator: bool,
    /// Is there, and not switched off.
    pub(super) active: bool,
    /// What was granted, and whom to: kind, scope, access.
    grants: Vec<(Whose, &'static str, ResourceScope, Access)>,
}

impl Row {
    /// What they may do: of what was granted, all that was granted to them or a role of theirs.
    pub(super) fn may(&self) -> impl Iterator<Item = (&str, &ResourceScope, Access)> {
        let theirs = |whose: Whose| !matches!(whose, Whose::RoleOfSomebodyElse);
        let grants = self.grants.iter().filter(move |(whose, ..)| theirs(*whose));
        grants.map(|(_, kind, scope, access)| (*kind, scope, *access))
    }
}

/// Whose a permission is, as its owner sees it.
#[derive(Debug, Clone, Copy)]
enum Whose {
    TheirOwn,
    TheirRole,
    /// Granted to them and to their role.
    Both,
    RoleOfSomebodyElse,
}

/// How an owner stands otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Ordinary,
    Administrator,
    Disabled,
    DisabledAdministrator,
    Deleted,
}

/// What a row is made from.
struct Plan {
    name: String,
    standing: Standing,
    grants: Vec<(Whose, &'static str, ResourceScope, Access)>,
}

/// Every scope: that of no permission is the caller's business.
fn scopes(kind: &str) -> Vec<ResourceScope> {
    let mut scopes = vec![ResourceScope::Any, given::one("42"), given::one("43")];
    if kind != "categories" {
        scopes.extend(["sales", "purchase"].map(given::category));
    }
    scopes
}

fn plans() -> Vec<Plan> {
    let ordinary = |name: String, grants| Plan { name, standing: Standing::Ordinary, grants };
    let mut plans = vec![ordinary("nothing".into(), vec![])];
    for kind in KINDS {
        for scope in scopes(kind) {
            for access in [Access::READ, Access::OWNER, Access::CREATE] {
                for whose in
                    [Whose::TheirOwn, Whose::TheirRole, Whose::Both, Whose::RoleOfSomebodyElse]
                {
                    let name = format!("{kind} {scope:?} {} {whose:?}", access.bits());
                    plans.push(ordinary(name, vec![(whose, kind, scope.clone(), access)]));
                }
            }
        }
    }
    let any = |kind| (Whose::TheirOwn, kind, ResourceScope::Any, Access::READ);
    let by_role = |kind| (Whose::TheirRole, kind, given::one("42"), Access::READ);
    plans.push(ordinary("two kinds".into(), vec![any("reports"), by_role("tasks")]));
    let mixed = vec![any("alerts"), by_role("alerts"), by_role("connections")];
    plans.push(ordinary("twice the same kind".into(), mixed));
    for standing in [
        Standing::Administrator,
        Standing::Disabled,
        Standing::DisabledAdministrator,
        Standing::Deleted,
    ] {
        for grants in [vec![], KINDS.map(any).into(), KINDS.map(by_role).into()] {
            plans.push(Plan { name: format!("{standing:?} {}", plans.len()), standing, grants });
        }
    }
    plans
}

/// Stores an owner for each row of the table.
pub(super) async fn rows(store: &dyn Store) -> anyhow::Result<Vec<Row>> {
    given::administrator(store, "who remains").await?;
    let role = given::role(store, "a role without permissions").await?;
    let somebody = given::user(store, "somebody else").await?;
    let make = |(place, plan)| make(store, place, plan, (role, somebody));
    iter(plans().into_iter().enumerate()).map(make).buffered(AT_ONCE).try_collect().await
}

async fn make(
    store: &dyn Store,
    place: usize,
    plan: Plan,
    (empty, somebody): (RoleId, UserId),
) -> anyhow::Result<Row> {
    let Plan { name, standing, grants } = plan;
    let administrator =
        matches!(standing, Standing::Administrator | Standing::DisabledAdministrator);
    let owner = if administrator {
        given::administrator(store, &name).await?
    } else {
        given::user(store, &name).await?
    };
    given::join(store, empty, owner).await?;
    for (whose, kind, scope, access) in &grants {
        if matches!(whose, Whose::TheirOwn | Whose::Both) {
            given::grant(store, owner, kind, scope.clone(), *access).await?;
        }
        if !matches!(whose, Whose::TheirOwn) {
            let role = given::role(store, &format!("{kind} of {name}")).await?;
            let member = if matches!(whose, Whose::RoleOfSomebodyElse) { somebody } else { owner };
            given::join(store, role, member).await?;
            given::grant_to(store, Holder::Role(role), kind, scope.clone(), *access).await?;
        }
    }
    // By the wildcard and by name in turn, as nobody spells them.
    let filters: Vec<_> = KINDS.iter().map(|kind| kind.to_uppercase()).collect();
    let filters: Vec<_> = filters.iter().map(String::as_str).collect();
    let filters = if place.is_multiple_of(2) { &["*"][..] } else { &filters };
    let registration = given::registration_for(store, owner, filters).await?.id;
    match standing {
        Standing::Ordinary | Standing::Administrator => {}
        Standing::Disabled | Standing::DisabledAdministrator => {
            given::disable(store, owner).await?;
        }
        Standing::Deleted => {
            let change = store.delete_user(owner, None, NOW).await?;
            anyhow::ensure!(change == AccountChange::Done, "they are gone");
        }
    }
    let active = matches!(standing, Standing::Ordinary | Standing::Administrator);
    Ok(Row { name, registration, administrator, active, grants })
}
