//! Calls with all their arguments, and answers that can be compared.

mod flow;

use std::fmt::Debug;
use std::time::Duration;

use postrider_domain::ports::{
    Announcement, Claimed, DeliveryFilter, Dispatched, EventFilter, Lease, NewUser, Recorded,
    RegistrationQuery, ResourceFilter, Store, StoreError,
};
use postrider_domain::{
    CatalogueEntry, DeliveryId, Event, EventId, FilterName, Holder, PageRequest, Permission,
    Registration, RegistrationId, Role, RoleId, Submission, Timestamp, UserId, Visibility,
};

pub(super) use flow::FlowCall;

/// How long the scheduler waits before it looks again.
const RESCUE_AFTER: Duration = Duration::from_mins(1);

/// A call of a port.
#[derive(Debug, Clone)]
pub(super) enum Call {
    AddUser(NewUser),
    AddRole(Role),
    Accept(Vec<Submission>, Timestamp),
    Dispatch(Vec<EventId>, Timestamp),
    /// Some deliveries, and the registrations that are busy.
    Claim(Vec<DeliveryId>, Vec<RegistrationId>, Lease, Timestamp),
    Record(Vec<Recorded>, Timestamp),
    TakeDueEvents(Timestamp),
    TakeDueDeliveries(Timestamp),
    Flow(FlowCall),
    Replay(Visibility, DeliveryId, Timestamp),
    Register(Registration),
    /// A registration as it should be, and when it was last changed.
    Update(Visibility, Registration, Timestamp),
    Delete(Visibility, RegistrationId, Timestamp),
    Grant(Permission),
    Revoke(Permission),
    Disable(UserId, bool, Timestamp),
    Join(RoleId, UserId, Timestamp),
    Leave(RoleId, UserId, Timestamp),
    /// A resource, and what its owner may do with it.
    AddResource(CatalogueEntry, Permission, Announcement),
    /// A resource as it should be, and when it was last changed.
    ChangeResource(CatalogueEntry, Timestamp, Announcement),
    DeleteResource(CatalogueEntry, Announcement),
    Backlog(Timestamp),
    FindEvent(Visibility, EventId),
    FindDelivery(Visibility, DeliveryId),
    ListDeliveries(Visibility, DeliveryFilter),
    ListEvents(Visibility, EventFilter),
    ListRegistrations(RegistrationQuery),
    ListPermissions(Holder),
    ListRolesOf(UserId),
    ListUsers,
    ListResources(Visibility),
    AccessTo(UserId, FilterName),
}

/// What a store answers, in an order that does not depend on the store where the port promises none.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// The new deliveries, and what is to be judged.
    Dispatched(Dispatched),
    /// New deliveries.
    Created(Vec<DeliveryId>),
    /// Events that are due.
    Due(Vec<Event>),
    /// What may be attempted.
    Claimed(Vec<Claimed>),
    /// Anything else, in words.
    Other(String),
}

impl Call {
    /// Asks `store`.
    pub(super) async fn ask(&self, store: &dyn Store) -> Answer {
        match self.clone() {
            Self::Dispatch(events, now) => {
                match store.dispatch_events(&events, now, now + RESCUE_AFTER).await {
                    Ok(dispatched) => Answer::Dispatched(in_order(dispatched)),
                    Err(error) => failed(&error),
                }
            }
            Self::Claim(deliveries, busy, lease, now) => {
                match store.claim_deliveries(&deliveries, &busy, lease, now).await {
                    Ok(mut claimed) => {
                        claimed.sort_unstable_by_key(|claim| claim.delivery);
                        Answer::Claimed(claimed)
                    }
                    Err(error) => failed(&error),
                }
            }
            Self::TakeDueEvents(now) => match store.take_due_events(now, RESCUE_AFTER, 3).await {
                Ok(events) => Answer::Due(events),
                Err(error) => failed(&error),
            },
            Self::Flow(call) => call.ask(store).await,
            other => other.ask_in_words(store).await,
        }
    }

    async fn ask_in_words(self, store: &dyn Store) -> Answer {
        match self {
            Self::Accept(submissions, rescue_at) => {
                words(store.accept_events(&submissions, rescue_at).await)
            }
            Self::Record(batch, now) => words(store.record_attempts(&batch, now).await),
            // All of them: which of those that are due since the same moment come first is open.
            Self::TakeDueDeliveries(now) => {
                words(store.take_due_deliveries(now, RESCUE_AFTER, 1_000).await)
            }
            Self::Replay(visibility, delivery, now) => {
                words(store.replay_delivery(visibility, delivery, now).await)
            }
            other => other.ask_of_owners(store).await,
        }
    }

    async fn ask_of_owners(self, store: &dyn Store) -> Answer {
        match self {
            Self::AddUser(user) => words(store.add_user(&user).await),
            Self::AddRole(role) => words(store.add_role(&role).await),
            Self::Register(registration) => {
                words(store.add_registration(&registration, None, 3).await)
            }
            Self::Update(visibility, registration, expected) => {
                words(store.update_registration(visibility, &registration, expected).await)
            }
            Self::Delete(visibility, registration, now) => {
                words(store.delete_registration(visibility, registration, None, now).await)
            }
            Self::Grant(permission) => words(store.grant_permission(&permission).await),
            Self::Revoke(permission) => {
                words(store.revoke_permission(permission.holder, permission.id).await)
            }
            Self::Disable(user, disabled, now) => {
                words(store.set_user_disabled(user, disabled, None, now).await)
            }
            Self::Join(role, user, now) => words(store.add_role_member(role, user, now).await),
            Self::Leave(role, user, now) => words(store.remove_role_member(role, user, now).await),
            Self::AddResource(entry, access, told) => {
                words(store.add_resource(&entry, Some(&access), None, &told).await)
            }
            Self::ChangeResource(entry, expected, told) => {
                words(store.update_resource(&entry, expected, &told).await)
            }
            Self::DeleteResource(entry, told) => {
                words(store.delete_resource(&entry, entry.updated_at, &told).await)
            }
            other => other.look(store).await,
        }
    }

    async fn look(self, store: &dyn Store) -> Answer {
        let page = PageRequest::first(PageRequest::MAX_LIMIT);
        match self {
            Self::Backlog(now) => words(store.backlog(now).await),
            Self::FindEvent(visibility, event) => words(store.find_event(visibility, event).await),
            Self::FindDelivery(visibility, delivery) => {
                words(store.find_delivery(visibility, delivery).await)
            }
            Self::ListDeliveries(visibility, filter) => {
                words(store.list_deliveries(visibility, &filter, page).await)
            }
            Self::ListEvents(visibility, filter) => {
                words(store.list_events(visibility, &filter, page).await)
            }
            Self::ListRegistrations(query) => words(store.list_registrations(&query).await),
            Self::ListRolesOf(user) => words(store.list_roles_of(user).await),
            Self::ListUsers => words(store.list_users(None, page).await),
            Self::ListResources(visibility) => {
                words(store.list_resources(visibility, &ResourceFilter::default(), page).await)
            }
            Self::AccessTo(user, kind) => words(store.access_of(user, &kind, None).await),
            Self::ListPermissions(holder) => words(store.list_permissions(&[holder], page).await),
            other => unreachable!("{other:?} is no question"),
        }
    }
}

fn in_order(mut dispatched: Dispatched) -> Dispatched {
    dispatched.created.sort_unstable();
    dispatched.conditional.sort_unstable_by_key(|conditional| conditional.event.id);
    for conditional in &mut dispatched.conditional {
        conditional.registrations.sort_unstable();
    }
    dispatched
}

fn words<T: Debug>(answer: Result<T, StoreError>) -> Answer {
    answer.map_or_else(|error| failed(&error), |answer| Answer::Other(format!("{answer:?}")))
}

/// No call of a history may fail for want of a store; that one is refused must be the same on both.
fn failed(error: &StoreError) -> Answer {
    assert!(!error.is_transient(), "{error:?}");
    Answer::Other(format!("error: {error}"))
}
