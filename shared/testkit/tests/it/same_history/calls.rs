//! Calls with all their arguments, and answers that can be compared.

use std::fmt::Debug;
use std::time::Duration;

use postrider_domain::ports::{
    Claimed, DeliveryFilter, Lease, NewUser, Recorded, Store, StoreError,
};
use postrider_domain::{
    DeliveryId, EventId, PageRequest, Permission, Registration, RegistrationId, Submission,
    Timestamp, UserId, Visibility,
};

/// How long the scheduler waits before it looks again.
const RESCUE_AFTER: Duration = Duration::from_mins(1);

/// A call of a port.
#[derive(Debug, Clone)]
pub(super) enum Call {
    AddUser(NewUser),
    Accept(Vec<Submission>, Timestamp),
    Dispatch(Vec<EventId>, Timestamp),
    Claim(Vec<DeliveryId>, Lease, Timestamp),
    Record(Vec<Recorded>, Timestamp),
    TakeDueEvents(Timestamp),
    TakeDueDeliveries(Timestamp),
    ReleaseHeld(Timestamp, u32),
    Replay(Visibility, DeliveryId, Timestamp),
    Register(Registration),
    /// A registration as it should be, and when it was last changed.
    Update(Visibility, Registration, Timestamp),
    Delete(Visibility, RegistrationId, Timestamp),
    Grant(Permission),
    Revoke(Permission),
    Disable(UserId, bool),
    Backlog(Timestamp),
    FindEvent(Visibility, EventId),
    FindDelivery(Visibility, DeliveryId),
    ListDeliveries(Visibility, DeliveryFilter),
    ListRegistrations(Visibility),
    ListPermissions(UserId),
}

/// What a store answers, in an order that does not depend on the store where the port promises none.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// The new deliveries.
    Dispatched(Vec<DeliveryId>),
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
                    Ok(mut deliveries) => {
                        deliveries.sort_unstable();
                        Answer::Dispatched(deliveries)
                    }
                    Err(error) => failed(&error),
                }
            }
            Self::Claim(deliveries, lease, now) => {
                match store.claim_deliveries(&deliveries, lease, now).await {
                    Ok(mut claimed) => {
                        claimed.sort_unstable_by_key(|claim| claim.delivery);
                        Answer::Claimed(claimed)
                    }
                    Err(error) => failed(&error),
                }
            }
            other => other.ask_in_words(store).await,
        }
    }

    async fn ask_in_words(self, store: &dyn Store) -> Answer {
        match self {
            Self::Accept(submissions, rescue_at) => {
                words(store.accept_events(&submissions, rescue_at).await)
            }
            Self::Record(batch, now) => words(store.record_attempts(&batch, now).await),
            Self::TakeDueEvents(now) => words(store.take_due_events(now, RESCUE_AFTER, 3).await),
            // All of them: which of those that are due since the same moment come first is open.
            Self::TakeDueDeliveries(now) => {
                words(store.take_due_deliveries(now, RESCUE_AFTER, 1_000).await)
            }
            Self::ReleaseHeld(now, limit) => words(store.release_held(now, limit).await),
            Self::Replay(visibility, delivery, now) => {
                words(store.replay_delivery(visibility, delivery, now).await)
            }
            other => other.ask_of_owners(store).await,
        }
    }

    async fn ask_of_owners(self, store: &dyn Store) -> Answer {
        match self {
            Self::AddUser(user) => words(store.add_user(&user).await),
            Self::Register(registration) => words(store.add_registration(&registration, 3).await),
            Self::Update(visibility, registration, expected) => {
                words(store.update_registration(visibility, &registration, expected).await)
            }
            Self::Delete(visibility, registration, now) => {
                words(store.delete_registration(visibility, registration, now).await)
            }
            Self::Grant(permission) => words(store.grant_permission(&permission).await),
            Self::Revoke(permission) => {
                words(store.revoke_permission(permission.user, permission.id).await)
            }
            Self::Disable(user, disabled) => words(store.set_user_disabled(user, disabled).await),
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
                words(store.list_deliveries(visibility, filter, page).await)
            }
            Self::ListRegistrations(visibility) => {
                words(store.list_registrations(visibility, page).await)
            }
            Self::ListPermissions(user) => words(store.list_permissions(user).await),
            other => unreachable!("{other:?} is no question"),
        }
    }
}

fn words<T: Debug>(answer: Result<T, StoreError>) -> Answer {
    answer.map_or_else(|error| failed(&error), |answer| Answer::Other(format!("{answer:?}")))
}

/// No call of a history may fail for want of a store; that one is refused must be the same on both.
fn failed(error: &StoreError) -> Answer {
    assert!(!error.is_transient(), "{error:?}");
    Answer::Other(format!("error: {error}"))
}
