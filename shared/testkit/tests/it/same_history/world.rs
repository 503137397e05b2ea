//! What is known of the stores in the course of a history: enough to make calls that mean something.

mod flow;
mod owners;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use postrider_domain::ports::{
    Conditional, DeliveryFilter, EventFilter, Lease, NewUser, PasswordHash, Recorded,
};
use postrider_domain::{
    CatalogueEntry, Clock, DeliveryId, DeliveryState, EventId, Ids, LeaseToken, NewEvent,
    Permission, Registration, ReplayId, Role, Timestamp, User, Visibility,
};
use postrider_testkit::clock::MockClock;
use proptest::sample::Index;

use super::calls::{Answer, Call};
use super::made;
use super::steps::{End, Step};

const START: Timestamp = Timestamp::from_micros(1_795_248_000_123_456);
const LEASE: Duration = Duration::from_secs(30);
/// Kind, id, and category.
const RESOURCES: [(&str, &str, Option<&str>); 4] = [
    ("reports", "1", None),
    ("reports", "2", Some("c")),
    ("tasks", "1", Some("c")),
    ("categories", "c", None),
];
const FILTERS: [&[&str]; 5] =
    [&["*"], &["reports"], &["reports", "*"], &["tasks"], &["postrider", "tasks"]];

/// What is known.
pub(super) struct World {
    clock: Arc<MockClock>,
    ids: Ids,
    users: Vec<User>,
    registrations: Vec<Registration>,
    roles: Vec<Role>,
    permissions: Vec<Permission>,
    resources: Vec<CatalogueEntry>,
    events: Vec<EventId>,
    undispatched: Vec<EventId>,
    deliveries: Vec<DeliveryId>,
    leases: HashMap<DeliveryId, LeaseToken>,
    last_batch: Vec<Recorded>,
    /// What is still to be judged.
    conditional: Vec<Conditional>,
    /// The deliveries that tried whether a receiver is back.
    probes: Vec<DeliveryId>,
    replays: Vec<ReplayId>,
    notices: u64,
}

impl World {
    /// A world with an administrator and two others, of whom nothing is stored yet.
    pub(super) fn new() -> Self {
        let clock = Arc::new(MockClock::new(START));
        let ids = Ids::seeded(Arc::clone(&clock) as Arc<dyn Clock>, 1);
        let mut users = ["root", "ann", "bob"].map(|name| made::user(&ids, name, START));
        users[0].administrator = true;
        let roles = ["readers", "writers"].map(|name| made::role(&ids, name, START));
        Self {
            clock,
            users: users.into(),
            roles: roles.into(),
            ids,
            registrations: Vec::new(),
            permissions: Vec::new(),
            resources: Vec::new(),
            events: Vec::new(),
            undispatched: Vec::new(),
            deliveries: Vec::new(),
            leases: HashMap::new(),
            last_batch: Vec::new(),
            conditional: Vec::new(),
            probes: Vec::new(),
            replays: Vec::new(),
            notices: 0,
        }
    }

    /// The calls that every history begins with: users, a registration of each, and roles.
    pub(super) fn beginning(&mut self) -> Vec<Call> {
        let password = || PasswordHash("hash".into());
        let mut calls: Vec<_> = (self.users.iter().cloned())
            .map(|user| Call::AddUser(NewUser { user, password: password() }))
            .collect();
        calls.extend(self.roles.iter().cloned().map(Call::AddRole));
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
        let mut calls = vec![Call::Backlog(self.now()), Call::ListUsers];
        calls.extend(self.end_of_owners());
        calls.extend(self.end_of_flow());
        calls.extend(self.deliveries.iter().map(|delivery| Call::FindDelivery(all, *delivery)));
        calls.extend(self.events.iter().map(|event| Call::FindEvent(all, *event)));
        let own = Visibility::Own(self.users[1].id);
        calls.extend(self.events.iter().map(|event| Call::FindEvent(own, *event)));
        for filter in self.filters() {
            let list = |visibility| Call::ListDeliveries(visibility, filter.clone());
            calls.extend([all, own].map(list));
        }
        calls.extend(
            self.users
                .iter()
                .map(|user| Call::ListEvents(Visibility::Own(user.id), EventFilter::default())),
        );
        let reports = EventFilter { filter: "reports".parse().ok(), ..EventFilter::default() };
        for filter in [EventFilter::default(), reports] {
            calls.extend([all, own].map(|visibility| Call::ListEvents(visibility, filter.clone())));
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
                let all = DeliveryFilter { registration, event, ..DeliveryFilter::default() };
                let reports = DeliveryFilter { filter: "reports".parse().ok(), ..all.clone() };
                let states = (DeliveryState::ALL.iter())
                    .map(|&state| DeliveryFilter { state: Some(state), ..all.clone() });
                filters.extend(states);
                filters.extend([all, reports]);
            }
        }
        filters
    }

    /// The call that `step` means by now; `None` when there is nothing it could be about.
    pub(super) fn call(&mut self, step: Step) -> Option<Call> {
        let now = self.now();
        Some(match step {
            Step::Accept(events) => {
                let submission =
                    events.into_iter().map(|(about, whom, key)| self.event(about, whom, key));
                Call::Accept(vec![submission.collect()], now + Duration::from_mins(1))
            }
            Step::Dispatch(again) => {
                let mut events = std::mem::take(&mut self.undispatched);
                events.extend(pick(again, &self.events));
                Call::Dispatch(events, now)
            }
            Step::Claim(some, busy) => {
                let mut deliveries: Vec<_> =
                    some.iter().filter_map(|one| pick(*one, &self.deliveries)).collect();
                deliveries.extend(deliveries.first().copied());
                let busy = busy.and_then(|one| pick(one, &self.registrations));
                let busy = busy.into_iter().map(|registration| registration.id).collect();
                let lease = Lease { token: self.ids.next(), until: now + LEASE };
                Call::Claim(deliveries, busy, lease, now)
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
            Step::Flow(step) => return self.call_about_flow(step),
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

    /// Remembers what the answer to `call` tells.
    pub(super) fn learn(&mut self, call: &Call, answer: Answer) {
        match (call, answer) {
            (_, Answer::Dispatched(dispatched)) => {
                self.deliveries.extend(dispatched.created);
                self.conditional.extend(dispatched.conditional);
            }
            (_, Answer::Created(deliveries)) => self.deliveries.extend(deliveries),
            (_, Answer::Due(events)) => {
                // Of notices nobody else has told.
                let notices = events.iter().filter(|event| event.filter.is_reserved());
                let new: Vec<_> = notices.map(|event| event.id).collect();
                self.undispatched.extend(&new);
                self.events.extend(new);
            }
            (Call::Claim(_, _, lease, _), Answer::Claimed(claimed)) => {
                let probes = claimed.iter().filter(|claim| claim.flow.is_probe);
                self.probes.extend(probes.map(|claim| claim.delivery));
                self.leases.extend(claimed.iter().map(|claim| (claim.delivery, lease.token)));
            }
            (Call::Accept(submissions, _), Answer::Other(_)) => {
                // Also those that were refused or repeated: nothing may come of them.
                let events = submissions.iter().flatten().map(|new| new.event.id);
                self.undispatched.extend(events.clone());
                self.events.extend(events);
            }
            (Call::Record(batch, _), _) => self.last_batch.clone_from(batch),
            (Call::Register(registration), answer)
                if answer == Answer::Other("Created(New)".into()) =>
            {
                self.registrations.push(registration.clone());
            }
            (Call::Update(_, changed, _), answer) if answer == Answer::Other("true".into()) => {
                let known = self.registrations.iter_mut().find(|known| known.id == changed.id);
                *known.expect("only what is known is changed") = changed.clone();
            }
            (Call::Flow(call), Answer::Other(told)) => self.learn_of_flow(call, &told),
            (Call::Grant(permission), _) => self.permissions.push(permission.clone()),
            (call, answer) => self.learn_of_resources(call, &answer),
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn event(&self, about: Index, whom: Index, key: Option<(u8, u8)>) -> NewEvent {
        // A moment later than the last, so that events have an order.
        self.clock.advance(Duration::from_millis(1));
        let audience = *whom.get(&[None, None, None, Some("ANN"), Some("nobody")]);
        made::event(&self.ids, *about.get(&RESOURCES), audience, key, self.now())
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
