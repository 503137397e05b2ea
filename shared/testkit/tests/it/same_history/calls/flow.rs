//! Calls about holding and releasing, conditions, replays, and what is removed.

use std::sync::Arc;
use std::time::Duration;

use postrider_domain::delivery::DeadReason;
use postrider_domain::flow::ReleasePolicy;
use postrider_domain::ports::{Judged, Store};
use postrider_domain::{
    BreakerPolicy, DeliveryId, Event, EventId, HealthReport, HoldPolicy, Ids, LeaseToken,
    PageRequest, RegistrationId, Replay, ReplayId, Timestamp, Visibility,
};
use postrider_testkit::clock::MockClock;

use super::{Answer, RESCUE_AFTER, failed, words};

/// Small enough that a history meets its bounds.
const RAMP: ReleasePolicy =
    ReleasePolicy { ramp_first: 1, ramp_max: 4, probe_patience: Duration::from_mins(2) };

/// As many as there are: which of several registrations goes first is open.
const ALL: u32 = 1_000;

/// A call about how deliveries flow. A number seeds the ids of notices, so that both stores make the
/// same.
#[derive(Debug, Clone)]
pub(in crate::same_history) enum FlowCall {
    Judge(Vec<EventId>, Vec<Judged>, Timestamp),
    Park(Vec<(DeliveryId, LeaseToken)>, Timestamp),
    Release(Timestamp),
    Report(HealthReport, u64, Timestamp),
    GiveUp(HoldPolicy, u64, Timestamp),
    Discard(Visibility, RegistrationId, u32, Timestamp),
    AddReplay(Visibility, Replay),
    AdvanceReplays(Timestamp),
    CancelReplay(ReplayId, Timestamp),
    Test(Visibility, Event, RegistrationId, Timestamp),
    Expunge(EventId, Timestamp),
    FlowOf(Visibility, RegistrationId),
    ListReplays(Visibility),
    OpenBreakers,
}

fn ids(seed: u64, now: Timestamp) -> Ids {
    Ids::seeded(Arc::new(MockClock::new(now)), seed)
}

impl FlowCall {
    pub(super) async fn ask(self, store: &dyn Store) -> Answer {
        match self {
            Self::Judge(events, judged, now) => {
                let rescue_at = now + RESCUE_AFTER;
                match store.dispatch_conditional(&events, &judged, now, rescue_at).await {
                    Ok(mut created) => {
                        created.sort_unstable();
                        Answer::Created(created)
                    }
                    Err(error) => failed(&error),
                }
            }
            Self::Test(visibility, event, of, now) => {
                match store.accept_test(visibility, &event, of, now).await {
                    Ok(created) => Answer::Created(created.into_iter().collect()),
                    Err(error) => failed(&error),
                }
            }
            Self::Park(some, now) => words(store.park_deliveries(&some, now).await),
            Self::Release(now) => words(store.release_held(&RAMP, now, ALL).await),
            Self::Report(report, seed, now) => {
                let policy = BreakerPolicy {
                    disable_after: Some(Duration::from_mins(2)),
                    ..BreakerPolicy::default()
                };
                words(store.report_health(&[report], &policy, &ids(seed, now), now).await)
            }
            Self::GiveUp(policy, seed, now) => {
                let ids = ids(seed, now);
                words(match store.find_overflow(&policy, now).await {
                    Ok(full) => store.give_up_overflow(&full, &policy, &ids, now, ALL).await,
                    Err(error) => Err(error),
                })
            }
            Self::Discard(visibility, of, limit, now) => {
                let reason = DeadReason::Discarded;
                words(store.discard_held(visibility, of, reason, now, limit).await)
            }
            other => other.ask_of_history(store).await,
        }
    }

    async fn ask_of_history(self, store: &dyn Store) -> Answer {
        match self {
            Self::AddReplay(visibility, replay) => {
                let (of, query) = (replay.registration, &replay.query);
                let counted = store.count_replay(visibility, of, query, replay.created_at).await;
                words(match counted {
                    Ok(counted) => {
                        store.add_replay(visibility, &replay).await.map(|added| (counted, added))
                    }
                    Err(error) => Err(error),
                })
            }
            Self::AdvanceReplays(now) => words(store.advance_replays(now, ALL).await),
            Self::CancelReplay(replay, now) => {
                words(store.cancel_replay(Visibility::All, replay, now).await)
            }
            Self::Expunge(event, now) => words(store.expunge_event(event, now).await),
            Self::FlowOf(visibility, of) => words(store.flow_of(visibility, of).await),
            Self::ListReplays(visibility) => {
                let page = PageRequest::first(PageRequest::MAX_LIMIT);
                words(store.list_replays(visibility, None, page).await)
            }
            Self::OpenBreakers => words(store.open_breakers().await),
            other => unreachable!("{other:?} was asked before"),
        }
    }
}
