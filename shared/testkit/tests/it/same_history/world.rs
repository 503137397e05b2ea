//! What is known of the stores in the course of a history: enough to make calls that mean something.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use postrider_domain::ports::{DeliveryFilter, Lease, NewUser, PasswordHash, Recorded};
use postrider_domain::{
    Access, Clock, DeliveryId, DeliveryState, EventId, FilterSet, Ids, LeaseToken, NewEvent,
    Permission, Registration, ResourceScope, Role, Timestamp, User, Visibility,
};
use postrider_testkit::clock::MockClock;
use proptest::sample::Index;

use super::calls::{Answer, Call};
use super::made;
use super::steps::{End, Step};

const START: Timestamp = Timestamp::from_micros(1_795_248_000_123_456);
const LEASE: Duration = Duration::from_secs(30);
const FILTERS: [&[&str]; 4] = [&["*"], &["reports"], &["reports", "*"], &["tasks"]];

/// What is known.
pub(super) struct World {
    clock: Arc<MockClock>,
    ids: Ids,
    users: Vec<User>,
    registrations: Vec<Registration>,
    permissions: Vec<Permission>,
    events: Vec<EventId>,
    undispatched: Vec<EventId>,
    deliveries: Vec<DeliveryId>,
    leases: HashMap<DeliveryId, LeaseToken>,
    last_batch: Vec<Recorded>,
}

impl World {
    /// A world with an administrator and two others, of whom nothing is stored yet.
    pub(super) fn new() -> Self {
        let clock = Arc::new(MockClock::new(START));
        let ids = Ids::seeded(Arc::clone(&clock) as Arc<dyn Clock>, 1);
        let users = [("root", Role::Administrator), ("ann", Role::User), ("bob", Role::User)]
            .map(|(name, role)| made::user(&ids, name, role, START));
        Self {
            clock,
            users: users.into(),
            ids,
            registrations: Vec::new(),
            permissions: Vec::new(),
            events: Vec::new(),
            undispatched: Vec::new(),
            deliveries: Vec::new(),
            leases: HashMap::new(),
            last_batch: Vec::new(),
        }
    }

    /// The calls that every history begins with: users, and a registration of each.
    pub(super) fn beginning(&mut self) -> Vec<Call> {
        let password = || PasswordHash("hash".into());
        let mut calls: Vec<_> = (self.users.iter().cloned())
            .map(|user| Call::AddUser(NewUser { user, password: password() }))
            .collect();
        for user in [self.users[0].id, self.users[1].id, self.users[2].id] {
            let registration = made::registration(&self.ids, user, &["*"], false, self.now());
            self.registrations.push(registration.clone());
            calls.push(Call::Register(registration));
        }
        calls
    }

    /// The questions that every history ends with.
    pub(super) fn end(&self) -> Vec<Call> {
        let all = Visibility::All;
        let mut calls = vec![Call::Backlog(self.now()), Call::ListRegistrations(all)];
        calls.extend(self.users.iter().map(|user| Call::ListPermissions(user.id)));
        calls.extend(self.deliveries.iter().map(|delivery| Call::FindDelivery(all, *delivery)));
        calls.extend(self.events.iter().map(|event| Call::FindEvent(all, *event)));
        let own = Visibility::Own(self.users[1].id);
        calls.push(Call::ListRegistrations(own));
        calls.extend(self.events.iter().map(|event| Call::FindEvent(own, *event)));
        for filter in self.filters() {
            calls.extend([all, own].map(|visibility| Call::ListDeliveries(visibility, filter)));
        }
        calls
    }

    /// Every combination of an event, a registration and a state.
    fn filters(&self) -> Vec<DeliveryFilter> {
        let events = [None, self.events.first().copied()];
        let registrations = [None, self.registrations.last().map(|registration| registration.id)];
        let mut filters = Vec::new();
        for event in events {
            for registration in registrations {
                filters.push(DeliveryFilter { registration, event, state: None });
                filters.extend((DeliveryState::ALL.iter()).map(|&state| DeliveryFilter {
                    registration,
                    event,
                    state: Some(state),
                }));
            }
        }
        filters
    }

    /// The call that `step` means by now; `None` when there is nothing it could be about.
    pub(super) fn call(&mut self, step: Step) -> Option<Call> {
        let now = self.now();
        Some(match step {
            Step::Accept(events) => {
                let submission = events.into_iter().map(|(about, key)| self.event(about, key));
                Call::Accept(vec![submission.collect()], now + Duration::from_mins(1))
            }
            Step::Dispatch(again) => {
                let mut events = std::mem::take(&mut self.undispatched);
                events.extend(pick(again, &self.events));
                Call::Dispatch(events, now)
            }
            Step::Claim(some) => {
                let mut deliveries: Vec<_> =
                    some.iter().filter_map(|one| pick(*one, &self.deliveries)).collect();
                deliveries.extend(deliveries.first().copied());
                Call::Claim(deliveries, Lease { token: self.ids.next(), until: now + LEASE }, now)
            }
            Step::Record(some) => {
                let batch: Vec<_> = some
                    .into_iter()
                    .filter_map(|(one, end, leased)| self.recorded(one, end, leased))
                    .collect();
                Call::Record(batch, now)
            }
            Step::RecordAgain => Call::Record(self.last_batch.clone(), now),
            Step::TakeDueEvents => Call::TakeDueEvents(now),
            Step::TakeDueDeliveries => Call::TakeDueDeliveries(now),
            Step::ReleaseHeld(limit) => Call::ReleaseHeld(now, limit),
            Step::Replay(one, own) => {
                let visibility =
                    if own { Visibility::Own(self.users[1].id) } else { Visibility::All };
                Call::Replay(visibility, pick(one, &self.deliveries)?, now)
            }
            Step::Wait(seconds) => {
                self.clock.advance(Duration::from_secs(seconds.into()));
                Call::Backlog(self.now())
            }
            other => return self.call_about_owners(other),
        })
    }

    fn call_about_owners(&mut self, step: Step) -> Option<Call> {
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
            Step::Grant(user, kind, any, bits) => Call::Grant(Permission {
                id: self.ids.next(),
                user: pick(user, &self.users)?.id,
                kind: kind.get(&["reports", "tasks"]).parse().expect("a kind"),
                scope: if any { ResourceScope::Any } else { ResourceScope::One("1".into()) },
                access: Access::from_bits(bits % 8).ok()?,
            }),
            Step::Revoke(one) => Call::Revoke(pick(one, &self.permissions)?),
            Step::Disable(user, disabled) => Call::Disable(pick(user, &self.users)?.id, disabled),
            other => unreachable!("{other:?} is not about owners"),
        })
    }

    /// Remembers what the answer to `call` tells.
    pub(super) fn learn(&mut self, call: &Call, answer: Answer) {
        let done = answer == Answer::Other("true".into());
        match (call, answer) {
            (_, Answer::Dispatched(deliveries)) => self.deliveries.extend(deliveries),
            (Call::Claim(_, lease, _), Answer::Claimed(claimed)) => {
                self.leases.extend(claimed.iter().map(|claim| (claim.delivery, lease.token)));
            }
            (Call::Accept(submissions, _), Answer::Other(_)) => {
                // Also those that were refused or repeated: nothing may come of them.
                let events = submissions.iter().flatten().map(|new| new.event.id);
                self.undispatched.extend(events.clone());
                self.events.extend(events);
            }
            (Call::Record(batch, _), _) => self.last_batch.clone_from(batch),
            (Call::Register(registration), _) if done => {
                self.registrations.push(registration.clone());
            }
            (Call::Update(_, changed, _), _) if done => {
                let known = self.registrations.iter_mut().find(|known| known.id == changed.id);
                *known.expect("only what is known is changed") = changed.clone();
            }
            (Call::Grant(permission), _) => self.permissions.push(permission.clone()),
            _ => {}
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A registration that is changed a moment after it was changed last.
    fn change(&self, one: Index, change: impl FnOnce(&mut Registration)) -> Option<Call> {
        let mut registration = pick(one, &self.registrations)?;
        let expected = registration.updated_at;
        change(&mut registration);
        registration.updated_at = self.now().max(expected + Duration::from_micros(1));
        Some(Call::Update(Visibility::All, registration, expected))
    }

    fn event(&self, about: Index, key: Option<(u8, u8)>) -> NewEvent {
        // A moment later than the last, so that events have an order.
        self.clock.advance(Duration::from_millis(1));
        let about = *about.get(&[("reports", "1"), ("reports", "2"), ("tasks", "1")]);
        made::event(&self.ids, about, key, self.now())
    }

    fn recorded(&self, one: Index, end: End, leased: bool) -> Option<Recorded> {
        let delivery = pick(one, &self.deliveries)?;
        let token = self.leases.get(&delivery).copied().filter(|_| leased);
        let token = token.unwrap_or_else(|| self.ids.next());
        Some(made::recorded(&self.ids, delivery, end, token, self.now()))
    }
}

fn pick<T: Clone>(index: Index, all: &[T]) -> Option<T> {
    (!all.is_empty()).then(|| index.get(all).clone())
}
