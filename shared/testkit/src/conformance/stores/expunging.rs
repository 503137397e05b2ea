//! Removing a payload while something is under way with it.

use postrider_domain::ports::{Judged, Recorded, Store};
use postrider_domain::{DeliveryId, EventId, Registration, ResponseHead, Visibility};

use super::CaseResult;
use super::given::{self, LATER, NOW, Pending, RESCUE_AT, seconds};
use crate::databases::Database;

const ALL: Visibility = Visibility::All;

async fn event_of(store: &dyn Store, delivery: DeliveryId) -> anyhow::Result<EventId> {
    Ok(given::look(store, delivery).await?.event)
}

/// With an answer that repeats what was sent.
fn answered(mut recorded: Recorded) -> Recorded {
    recorded.attempt.response = Some(ResponseHead {
        headers: vec![("x-echo".into(), "the salaries".into())],
        body: b"the salaries".to_vec(),
    });
    recorded
}

/// What was answered to the last attempt of a delivery.
async fn answer(store: &dyn Store, of: DeliveryId) -> anyhow::Result<Option<ResponseHead>> {
    let attempts = given::report(store, of).await?.attempts;
    anyhow::ensure!(!attempts.is_empty(), "there is an attempt");
    Ok(attempts.into_iter().next_back().and_then(|attempt| attempt.response))
}

pub async fn what_is_removed_while_its_condition_is_judged_is_sent_to_nobody(
    store: &dyn Store,
) -> CaseResult {
    let ada = given::reader(store, "ada").await?;
    let condition = Some("@.data.pages > 10".parse()?);
    let asking = Registration { condition, ..given::new_registration(ada)? };
    given::add(store, &asking).await?;
    let [removed, other] = [given::event(store).await?, given::event(store).await?];
    let dispatched = store.dispatch_events(&[removed, other], NOW, RESCUE_AT).await?;
    assert_eq!(dispatched.conditional.len(), 2);
    assert_eq!(store.expunge_event(removed, LATER).await?, Some(true));
    let judged =
        [removed, other].map(|event| Judged { event, registration: asking.id, holds: true });
    let created = store.dispatch_conditional(&[removed, other], &judged, LATER, RESCUE_AT).await?;
    assert_eq!(created, [DeliveryId::derive(other, asking.id)]);
    assert_eq!(given::all_deliveries(store).await?.len(), 1);
    Ok(())
}

pub async fn the_answer_to_a_request_under_way_is_not_kept(store: &dyn Store) -> CaseResult {
    let Pending { deliveries, .. } = given::pending_of(store, 2).await?;
    for (delivery, removed) in [(deliveries[0], true), (deliveries[1], false)] {
        let token = given::take(store, delivery, NOW).await?;
        if removed {
            store.expunge_event(event_of(store, delivery).await?, LATER).await?;
        }
        let success = answered(given::success(delivery, 1, token));
        store.record_attempts(&[success], LATER + seconds(1)).await?;
        assert_eq!(answer(store, delivery).await?.is_none(), removed);
    }
    Ok(())
}

pub async fn the_answer_to_a_bundle_under_way_is_not_kept(store: &dyn Store) -> CaseResult {
    let Pending { deliveries, .. } = given::bundled(store, 3).await?;
    let token = given::take(store, deliveries[0], NOW).await?;
    store.expunge_event(event_of(store, deliveries[1]).await?, LATER).await?;
    let success = answered(given::success(deliveries[0], 1, token));
    store.record_attempts(&[success], LATER + seconds(1)).await?;
    assert_eq!(answer(store, deliveries[0]).await?, None);
    Ok(())
}

pub async fn who_removes_again_removes_what_is_there_by_then(
    database: &dyn Database,
) -> CaseResult {
    let store = &*database.store();
    let delivery = given::delivered(store).await?.delivery();
    let event = event_of(store, delivery).await?;
    assert_eq!(store.expunge_event(event, NOW).await?, Some(true));
    database.overwrite_answers("the salaries").await;
    assert!(answer(store, delivery).await?.is_some());
    assert_eq!(store.expunge_event(event, LATER).await?, Some(false));
    assert_eq!(answer(store, delivery).await?, None);
    let report = store.find_event(ALL, event).await?;
    assert_eq!(report.and_then(|report| report.expunged_at), Some(NOW), "the first time counts");
    Ok(())
}
