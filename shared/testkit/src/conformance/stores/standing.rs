//! How a registration does, as its owner sees it, and parking what was claimed.

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{DeliveryFilter, FlowReport, Store};
use postrider_domain::{
    BoundedCount, DeliveryId, DeliveryState, FlowState, HoldReason, PageRequest, RateLimit,
    Settlement, Visibility,
};

use super::CaseResult;
use super::given::{self, LATER, NOW, Pending, hold_reason, id, seconds};

const DEAD: Settlement = Settlement::Dead { reason: DeadReason::Exhausted };

fn exactly(count: u64) -> BoundedCount {
    BoundedCount { count, more: false }
}

pub async fn a_registration_shows_what_is_held_and_what_was_given_up(
    store: &dyn Store,
) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_of(store, 5).await?;
    let others = given::held_of(store, 2).await?;
    assert_eq!(given::flow(store, registration.id).await?, FlowReport::default());
    given::settle(store, deliveries[0], DEAD, NOW).await?;
    given::settle(store, deliveries[1], Settlement::Delivered, NOW).await?;
    let paused = given::pause(store, &registration).await?;
    given::hold_all(store, &deliveries[2..4], NOW).await?;

    let expected = FlowReport {
        state: FlowState::fresh(paused.updated_at),
        held: exactly(2),
        oldest_held_at: Some(NOW),
        dead: exactly(1),
    };
    assert_eq!(given::flow(store, registration.id).await?, expected);
    let of_others = given::flow(store, others.registration.id).await?;
    assert_eq!((of_others.held, of_others.dead), (exactly(2), exactly(0)));

    // The oldest goes, and the next one is the oldest then.
    let late = given::more_at(store, &registration, 1, NOW + seconds(60)).await?;
    given::hold_all(store, &late, NOW + seconds(60)).await?;
    store.discard_held(Visibility::All, registration.id, DeadReason::Discarded, LATER, 2).await?;
    let found = given::flow(store, registration.id).await?;
    assert_eq!((found.held, found.dead), (exactly(1), exactly(3)));
    assert_eq!(found.oldest_held_at, Some(NOW + seconds(60)));
    Ok(())
}

pub async fn how_a_registration_does_is_shown_to_its_owner_and_to_nobody_else(
    store: &dyn Store,
) -> CaseResult {
    let held = given::held(store).await?;
    let eve = Visibility::Own(given::reader(store, "eve").await?);
    let hers = Visibility::Own(held.registration.owner);
    let of = held.registration.id;
    let report = given::flow(store, of).await?;
    assert_eq!(store.flow_of(hers, of).await?, Some(report));
    assert_eq!(store.flow_of(eve, of).await?, None);
    assert_eq!(store.flow_of(Visibility::All, id()).await?, None);
    let reason = DeadReason::Discarded;
    assert_eq!(store.discard_held(eve, of, reason, NOW, 10).await?, None);
    assert_eq!(store.discard_held(Visibility::All, id(), reason, NOW, 10).await?, None);
    assert_eq!(hold_reason(store, held.delivery()).await?, Some(HoldReason::Paused));
    assert_eq!(store.discard_held(hers, of, reason, NOW, 10).await?, Some(1));
    Ok(())
}

pub async fn counting_stops_at_its_limit(store: &dyn Store) -> CaseResult {
    let limit = FlowReport::COUNT_LIMIT;
    let pending = given::pending_with(store, 0, |changed| changed.paused = true).await?;
    let of = pending.registration.id;
    let mut deliveries = Vec::new();
    while deliveries.len() as u64 <= limit {
        let more = (limit + 1 - deliveries.len() as u64).min(2_000);
        deliveries.extend(given::more(store, &pending.registration, usize::try_from(more)?).await?);
    }
    for some in deliveries.chunks(1_000) {
        assert_eq!(given::claim(store, some, NOW).await?, []);
    }
    let found = given::flow(store, of).await?;
    assert_eq!(found.held, BoundedCount { count: limit, more: true });
    assert_eq!(found.oldest_held_at, Some(NOW));
    for (limit_of_call, held, dead) in [
        (1, exactly(limit), exactly(1)),
        (9_999, exactly(1), exactly(limit)),
        (1, exactly(0), BoundedCount { count: limit, more: true }),
    ] {
        let reason = DeadReason::Discarded;
        store.discard_held(Visibility::All, of, reason, NOW, limit_of_call).await?;
        let found = given::flow(store, of).await?;
        assert_eq!((found.held, found.dead), (held, dead));
    }
    Ok(())
}

pub async fn held_deliveries_are_discarded_the_oldest_first_up_to_the_limit(
    store: &dyn Store,
) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_of(store, 6).await?;
    let others = given::held(store).await?;
    given::settle(store, deliveries[0], Settlement::Delivered, NOW).await?;
    given::pause(store, &registration).await?;
    let (held, pending) = (&deliveries[1..5], deliveries[5]);
    given::hold_all(store, held, NOW).await?;

    let mut gone = 0;
    for (limit, discarded) in [(3, 3), (3, 1), (3, 0)] {
        let reason = DeadReason::Discarded;
        let all = Visibility::All;
        let count = store.discard_held(all, registration.id, reason, LATER, limit).await?;
        assert_eq!(count, Some(discarded));
        gone += usize::try_from(discarded)?;
        for (place, delivery) in held.iter().enumerate() {
            let found = given::look(store, *delivery).await?;
            let expected = (place < gone).then_some((DeadReason::Discarded, LATER));
            assert_eq!(found.dead_reason.zip(found.settled_at), expected);
            assert_eq!(found.hold_reason.is_some(), place >= gone);
        }
    }
    let others = [deliveries[0], pending, others.delivery()];
    let expected = [DeliveryState::Delivered, DeliveryState::Pending, DeliveryState::Held];
    assert_eq!(given::states(store, &others).await?, expected);
    Ok(())
}

pub async fn a_list_shows_what_is_held_or_was_given_up_for_a_reason(
    store: &dyn Store,
) -> CaseResult {
    let paused = given::held_of(store, 2).await?;
    let rate = RateLimit::try_new(1, seconds(60))?;
    let paced = given::pending_with(store, 3, |changed| changed.options.rate = Some(rate)).await?;
    given::hold_all(store, &paced.deliveries, NOW).await?;
    let dead = given::pending_of(store, 3).await?;
    let gone = Settlement::Dead { reason: DeadReason::Gone };
    for (delivery, settlement) in dead.deliveries.iter().zip([DEAD, gone, DEAD]) {
        given::settle(store, *delivery, settlement, NOW).await?;
    }

    let all = given::all_deliveries(store).await?;
    for visibility in [Visibility::All, Visibility::Own(paced.registration.owner)] {
        for registration in [None, Some(paced.registration.id), Some(dead.registration.id)] {
            let reasons = HoldReason::ALL.iter().map(|reason| (Some(*reason), None));
            let dead_reasons = DeadReason::ALL.iter().map(|reason| (None, Some(*reason)));
            for (hold_reason, dead_reason) in reasons.chain(dead_reasons) {
                let filter = DeliveryFilter {
                    registration,
                    hold_reason,
                    dead_reason,
                    ..DeliveryFilter::default()
                };
                let expected: Vec<_> = (all.iter())
                    .filter(|found| {
                        visibility == Visibility::All || found.registration == paced.registration.id
                    })
                    .filter(|found| registration.is_none_or(|of| of == found.registration))
                    .filter(|found| hold_reason.is_none() || hold_reason == found.hold_reason)
                    .filter(|found| dead_reason.is_none() || dead_reason == found.dead_reason)
                    .cloned()
                    .collect();
                let filter = &filter;
                let listed = given::every_page(2, |page: PageRequest| async move {
                    let page = store.list_deliveries(visibility, filter, page).await?;
                    Ok(page.map(|listed| listed.delivery))
                });
                assert_eq!(listed.await?, expected, "{visibility:?} {filter:?}");
            }
        }
    }
    assert_eq!((paused.deliveries.len(), all.len()), (2, 8));
    Ok(())
}

pub async fn what_is_parked_is_held_and_costs_no_attempt(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_of(store, 3).await?;
    let [parked, lost, leased] = deliveries[..] else { unreachable!("there are three") };
    let token = given::take(store, parked, NOW).await?;
    let old = given::take(store, lost, NOW).await?;
    given::take(store, leased, NOW).await?;
    let again = NOW + seconds(30);
    given::take(store, lost, again).await?;

    let parks = [(lost, old), (parked, token), (id::<DeliveryId>(), token), (leased, id())];
    store.park_deliveries(&parks, again).await?;
    store.park_deliveries(&[], again).await?;
    let found = given::look(store, parked).await?;
    assert_eq!((found.state, found.hold_reason), (DeliveryState::Held, Some(HoldReason::Busy)));
    assert_eq!((found.attempts, found.next_attempt_at), (0, None));
    for delivery in [lost, leased] {
        assert_eq!(given::look(store, delivery).await?.state, DeliveryState::Pending);
    }
    let state = given::flow(store, registration.id).await?.state;
    assert_eq!((state.release_at, state.ramp_from), (Some(again), Some(again)));

    // Its lease has ended: it may go at once.
    assert_eq!(given::release(store, again, 10).await?, 1);
    let claimed = given::claim(store, &[parked], again).await?;
    assert_eq!((claimed[0].attempts, claimed[0].earlier_rounds), (0, 0));
    Ok(())
}

pub async fn parking_again_begins_the_ramp_anew(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_of(store, 2).await?;
    for (delivery, now) in deliveries.into_iter().zip([NOW, NOW + seconds(5)]) {
        let token = given::take(store, delivery, now).await?;
        store.park_deliveries(&[(delivery, token)], now).await?;
        let state = given::flow(store, registration.id).await?.state;
        assert_eq!(state.ramp_from, Some(now));
        assert!(state.release_at.is_some_and(|at| at <= now), "{state:?}");
    }
    Ok(())
}
