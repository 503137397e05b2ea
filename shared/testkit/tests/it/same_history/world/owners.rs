//! Calls about registrations and their owners, and about resources and who may read them.

use std::time::Duration;

use postrider_domain::ports::{RegistrationQuery, RegistrationSort, SortKey};
use postrider_domain::{
    Access, CatalogueEntry, FilterSet, Holder, Permission, Registration, ResourceScope, RoleId,
    Visibility,
};
use proptest::sample::Index;

use super::{FILTERS, RESOURCES, World, pick};
use crate::same_history::calls::{Answer, Call};
use crate::same_history::made;
use crate::same_history::steps::Step;

/// What permissions are about.
fn scopes() -> [ResourceScope; 3] {
    [ResourceScope::Any, ResourceScope::One("1".into()), ResourceScope::Category("c".into())]
}

impl World {
    pub(super) fn call_about_owners(&mut self, step: Step) -> Option<Call> {
        let now = self.now();
        Some(match step {
            Step::Register(user, filters, paused) => {
                let user = pick(user, &self.users)?.id;
                let filters = FILTERS[filters.index(FILTERS.len())];
                Call::Register(made::registration(&self.ids, user, filters, paused, now))
            }
            Step::Pause(one) => self.change(one, |registration| registration.paused = true)?,
            Step::Resume(one) => self.change(one, |registration| registration.paused = false)?,
            Step::Refilter(one, filters) => self.change(one, |registration| {
                registration.filters =
                    FilterSet::parse(FILTERS[filters.index(FILTERS.len())]).expect("filters");
            })?,
            Step::ChangeTooLate(one) => {
                let registration = pick(one, &self.registrations)?;
                let before = registration.updated_at - Duration::from_secs(1);
                Call::Update(Visibility::All, registration, before)
            }
            Step::Delete(one) => {
                let registration = pick(one, &self.registrations)?;
                Call::Delete(Visibility::Own(registration.owner), registration.id, now)
            }
            Step::Grant(whom, kind, scope, bits) => Call::Grant(Permission {
                id: self.ids.next(),
                holder: *whom.get(&self.holders()),
                kind: kind.get(&["reports", "tasks"]).parse().expect("a kind"),
                scope: scope.get(&scopes()).clone(),
                access: Access::from_bits(bits % 8).ok()?,
                created_at: now,
            }),
            Step::Revoke(one) => Call::Revoke(pick(one, &self.permissions)?),
            Step::Disable(user, disabled) => {
                Call::Disable(pick(user, &self.users)?.id, disabled, now)
            }
            Step::Join(role, user, joins) => {
                let roles: Vec<_> = self.roles.iter().map(|role| role.id).collect();
                let roles = [&roles[..], &[RoleId::SYSTEM_ADMINISTRATOR]].concat();
                let (role, user) = (*role.get(&roles), pick(user, &self.users)?.id);
                if joins { Call::Join(role, user, now) } else { Call::Leave(role, user, now) }
            }
            other => return self.call_about_resources(other),
        })
    }

    /// None of these is made by a caller who has not looked before: each is about what is known.
    fn call_about_resources(&mut self, step: Step) -> Option<Call> {
        // A moment later than the last, so that events have an order.
        self.clock.advance(Duration::from_millis(1));
        let now = self.now();
        Some(match step {
            Step::AddResource(about, owner, filed) => {
                let (kind, id, category) = *about.get(&RESOURCES);
                let owner = pick(owner, &self.users)?.id;
                let about = (kind, id, category.filter(|_| filed));
                let entry = made::resource(&self.ids, about, owner, now);
                let access = Permission {
                    id: self.ids.next(),
                    holder: Holder::User(owner),
                    kind: entry.kind.clone(),
                    scope: ResourceScope::One(entry.id.clone()),
                    access: Access::OWNER,
                    created_at: now,
                };
                let told = made::announcement(&self.ids, &entry, "Added", now);
                Call::AddResource(entry, access, told)
            }
            Step::ChangeResource(one, filed) => {
                let mut entry = pick(one, &self.resources)?;
                let expected = entry.updated_at;
                entry.name.push('+');
                let in_category = filed && entry.kind.as_str() != CatalogueEntry::CATEGORIES;
                entry.category = in_category.then(|| "c".into());
                entry.updated_at = now;
                let told = made::announcement(&self.ids, &entry, "Edited", now);
                Call::ChangeResource(entry, expected, told)
            }
            Step::DeleteResource(one) => {
                let entry = pick(one, &self.resources)?;
                let told = made::announcement(&self.ids, &entry, "Deleted", now);
                Call::DeleteResource(entry, told)
            }
            other => unreachable!("{other:?} is not about resources"),
        })
    }

    /// What the answer tells of the catalogue, and of the event that goes with the change.
    pub(super) fn learn_of_resources(&mut self, call: &Call, answer: &Answer) {
        let done = |words: &str| *answer == Answer::Other(words.into());
        let told = match call {
            Call::AddResource(entry, _, told) => {
                if done("Created(New)") {
                    self.resources.push(entry.clone());
                }
                told
            }
            Call::ChangeResource(entry, _, told) => {
                let known = self.resources.iter_mut().find(|known| known.entry == entry.entry);
                if let Some(known) = known.filter(|_| done("Done")) {
                    known.clone_from(entry);
                }
                told
            }
            Call::DeleteResource(entry, told) => {
                if done("Done") {
                    self.resources.retain(|known| known.entry != entry.entry);
                }
                told
            }
            _ => return,
        };
        // Also of what was refused: nothing may come of it.
        self.undispatched.push(told.event.id);
        self.events.push(told.event.id);
    }

    /// The questions about owners that every history ends with.
    pub(super) fn end_of_owners(&self) -> Vec<Call> {
        let [all, own] = [Visibility::All, Visibility::Own(self.users[1].id)];
        let mut calls: Vec<_> = self.holders().into_iter().map(Call::ListPermissions).collect();
        calls.extend(self.users.iter().map(|user| Call::ListRolesOf(user.id)));
        for kind in ["reports", "tasks", "categories"] {
            let kind = || kind.parse().expect("a kind");
            calls.extend(self.users.iter().map(|user| Call::AccessTo(user.id, kind())));
        }
        calls.extend([all, own].map(Call::ListResources));
        for visibility in [all, own] {
            for by in [RegistrationSort::Uri, RegistrationSort::Owner, RegistrationSort::UpdatedAt]
            {
                let sort = vec![SortKey { by, descending: by == RegistrationSort::Owner }];
                let query = RegistrationQuery { sort, ..RegistrationQuery::of(visibility) };
                calls.push(Call::ListRegistrations(query));
            }
        }
        calls
    }

    /// Everybody who can have a permission.
    fn holders(&self) -> Vec<Holder> {
        let users = self.users.iter().map(|user| Holder::User(user.id));
        users.chain(self.roles.iter().map(|role| Holder::Role(role.id))).collect()
    }

    /// A registration that is changed a moment after it was changed last.
    pub(super) fn change(
        &self,
        one: Index,
        change: impl FnOnce(&mut Registration),
    ) -> Option<Call> {
        let mut registration = pick(one, &self.registrations)?;
        let expected = registration.updated_at;
        change(&mut registration);
        registration.updated_at = self.now().max(expected + Duration::from_micros(1));
        Some(Call::Update(Visibility::All, registration, expected))
    }
}
