//! Letting go what is held: the oldest first, as much as the ramp allows, and never twice.

use std::collections::HashSet;

use futures_util::future::try_join_all;
use postrider_domain::flow::ReleasePolicy;
use postrider_domain::ports::{Released, Store};
use postrider_domain::{
    Batching, DeliveryState, FlowState, HoldReason, RateLimit, Registration, Report, Timestamp,
};

use super::CaseResult;
use super::given::{self, LATER, NOW, Pending, hold_reason, seconds};

/// Two in the first second, then four, then eight and no more.
const GENTLE: ReleasePolicy =
    ReleasePolicy { ramp_first: 2, ramp_max: 8, probe_patience: std::time::Duration::from_mins(2) };

/// `count` deliveries that are held for a registration until just now, when it was resumed.
async fn resumed(store: &dyn Store, count: usize) -> anyhow::Result<(Pending, Timestamp)> {
    let held = given::held_of(store, count).await?;
    let registration = given::resume(store, &held.registration).await?;
    let since = registration.updated_at;
    Ok((Pending { registration, deliveries: held.deliveries }, since))
}

/// A registration with one delivery an hour.
fn slow(registration: &mut Registration) {
    registration.options.rate = RateLimit::try_new(1, seconds(3600)).ok();
}

pub async fn after_a_resume_the_oldest_go_first_and_more_every_second(
    store: &dyn Store,
) -> CaseResult {
    let (Pending { registration, deliveries }, since) = resumed(store, 30).await?;
    let mut rest = &deliveries[..];
    for (second, count) in [(0, 2), (1, 4), (2, 8), (3, 8), (4, 8), (5, 0)] {
        let now = since + seconds(second);
        let (next, others) = rest.split_at(count);
        assert_eq!(given::release_by(store, &GENTLE, rest, now).await?, next);
        for delivery in next {
            let found = given::look(store, *delivery).await?;
            assert_eq!((found.state, found.hold_reason), (DeliveryState::Pending, None));
            assert_eq!(found.next_attempt_at, Some(now));
        }
        assert_eq!(given::due(store, now).await?, next);
        // All of them are on their way: there is room for as many again.
        assert_eq!(given::claim(store, next, now).await?.len(), count);
        rest = others;
    }
    let state = given::flow(store, registration.id).await?.state;
    assert_eq!(state.ramp_from, Some(since));
    Ok(())
}

pub async fn what_was_let_go_and_is_not_claimed_takes_room(store: &dyn Store) -> CaseResult {
    let (Pending { deliveries, .. }, since) = resumed(store, 20).await?;
    let mut waiting = Vec::new();
    for (second, count) in [(0, 2), (1, 2), (1, 0), (2, 4), (3, 0)] {
        let now = since + seconds(second);
        let went = given::release_by(store, &GENTLE, &deliveries, now).await?;
        assert_eq!(went.len(), count, "after {second} s");
        waiting.extend(went);
    }
    let now = since + seconds(4);
    assert_eq!(given::claim(store, &waiting[..3], now).await?.len(), 3);
    let went = given::release_by(store, &GENTLE, &deliveries, now).await?;
    assert_eq!(went, deliveries[8..11]);
    Ok(())
}

pub async fn what_is_held_for_an_owner_goes_slowly_once_they_are_enabled(
    store: &dyn Store,
) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_of(store, 5).await?;
    let second = Registration { id: given::id(), ..registration.clone() };
    given::add(store, &second).await?;
    let seconds_deliveries = given::more(store, &second, 1).await?;
    given::disable(store, registration.owner).await?;
    let all = [deliveries, seconds_deliveries].concat();
    given::hold_all(store, &all, NOW).await?;
    assert_eq!(given::release_by(store, &GENTLE, &all, LATER).await?, []);
    given::enable(store, registration.owner).await?;
    let went = given::release_by(store, &GENTLE, &all, NOW).await?;
    assert_eq!(went, [all[0], all[1], all[5]]);
    let went = given::release_by(store, &GENTLE, &all, NOW + seconds(2)).await?;
    assert_eq!(went, all[2..5]);
    Ok(())
}

pub async fn nothing_goes_while_something_speaks_against_it(store: &dyn Store) -> CaseResult {
    let paced = async |change: fn(&mut Registration)| {
        let pending = given::pending_with(store, 1, |registration| {
            slow(registration);
            change(registration);
        })
        .await?;
        given::hold_all(store, &pending.deliveries, NOW).await?;
        anyhow::Ok(pending)
    };
    let expired = paced(|changed| changed.secret_expires_at = Some(LATER)).await?;
    let gone = paced(|_| ()).await?;
    given::report_of(store, gone.registration.id, Report::Gone, NOW).await?;
    let disabled = paced(|_| ()).await?;
    given::disable(store, disabled.registration.owner).await?;
    let paused = paced(|_| ()).await?;
    given::pause(store, &paused.registration).await?;
    let well = paced(|_| ()).await?;

    let released = given::released(store, LATER, 10).await?;
    assert_eq!(released, Released { deliveries: 1, probes: 0, more: false });
    assert_eq!(given::look(store, well.delivery()).await?.state, DeliveryState::Pending);
    for stopped in [&expired, &gone, &disabled, &paused] {
        let reason = hold_reason(store, stopped.delivery()).await?;
        assert_eq!(reason, Some(HoldReason::Paced));
        // Nobody looks again until somebody starts it again.
        let state = given::flow(store, stopped.registration.id).await?.state;
        assert_eq!(state.release_at, None);
    }
    Ok(())
}

pub async fn what_is_not_paced_any_more_goes_at_once(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_with(store, 5, slow).await?;
    given::hold_all(store, &deliveries, NOW).await?;
    assert_eq!(given::release(store, NOW, 10).await?, 1);
    assert_eq!(given::release(store, LATER, 10).await?, 0);
    given::change(store, &registration, |changed| changed.options.rate = None).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 4);
    assert_eq!(given::claim(store, &deliveries, LATER).await?.len(), 5);
    Ok(())
}

pub async fn nobody_looks_any_more_a_while_after_the_last_has_gone(
    store: &dyn Store,
) -> CaseResult {
    let (Pending { registration, deliveries }, since) = resumed(store, 1).await?;
    assert_eq!(given::release(store, since, 10).await?, 1);
    given::settle(store, deliveries[0], postrider_domain::Settlement::Delivered, since).await?;
    let mut now = since;
    while let Some(at) = given::flow(store, registration.id).await?.state.release_at {
        anyhow::ensure!(at <= since + seconds(120), "it ends: {at}");
        now = now.max(at);
        assert_eq!(given::release(store, now, 10).await?, 0);
        now = now + seconds(1);
    }
    assert!(store.backlog(now).await?.is_idle());
    Ok(())
}

pub async fn a_call_says_whether_there_is_more(store: &dyn Store) -> CaseResult {
    resumed(store, 4).await?;
    let (Pending { deliveries, .. }, _) = resumed(store, 3).await?;
    for (limit, deliveries, more) in [(5, 5, true), (5, 2, false), (5, 0, false)] {
        let released = given::released(store, LATER, limit).await?;
        assert_eq!(released, Released { deliveries, probes: 0, more });
    }
    assert_eq!(given::claim(store, &deliveries, LATER).await?.len(), 3);
    Ok(())
}

pub async fn those_with_nothing_to_let_go_keep_nobody_waiting(store: &dyn Store) -> CaseResult {
    for _ in 0..5 {
        let waiting = given::pending_with(store, 1, |registration| {
            registration.options.batch = Batching::try_new(3, seconds(300)).ok();
        });
        given::hold_all(store, &waiting.await?.deliveries, NOW).await?;
    }
    let (last, since) = resumed(store, 1).await?;
    let turn = since + seconds(1);
    let mut gone = 0;
    for call in 1.. {
        anyhow::ensure!(call < 10, "it ends");
        let released = given::released(store, turn, 2).await?;
        gone += released.deliveries;
        if !released.more {
            break;
        }
    }
    assert_eq!(gone, 1);
    assert_eq!(given::states(store, &last.deliveries).await?, [DeliveryState::Pending]);
    Ok(())
}

pub async fn one_with_very_many_held_does_not_keep_others_waiting(store: &dyn Store) -> CaseResult {
    // Whatever the order of their ids, the first call leaves some of both, or all of the few are gone.
    let (few_before, _) = resumed(store, 2).await?;
    let (many, _) = resumed(store, 60).await?;
    let (few_after, _) = resumed(store, 2).await?;
    for turn in 0..3 {
        let now = LATER + std::time::Duration::from_millis(turn);
        assert_eq!(given::released(store, now, 10).await?.deliveries, 10);
    }
    for few in [few_before, few_after] {
        let states = given::states(store, &few.deliveries).await?;
        assert_eq!(states, [DeliveryState::Pending; 2]);
    }
    let states = given::states(store, &many.deliveries).await?;
    let gone = states.iter().filter(|state| **state == DeliveryState::Pending).count();
    assert_eq!(gone, 26);
    Ok(())
}

pub async fn schedulers_at_once_let_nothing_go_twice(store: &dyn Store) -> CaseResult {
    let mut all = Vec::new();
    for _ in 0..4 {
        all.extend(resumed(store, 10).await?.0.deliveries);
    }
    let mut total = 0;
    let mut went = HashSet::new();
    while total < 40 {
        let released =
            try_join_all((0..6).map(|_| store.release_held(&GENTLE, LATER, 100))).await?;
        let now: u64 = released.iter().map(|released| released.deliveries).sum();
        total += now;
        let due = given::due(store, LATER).await?;
        assert_eq!(due.len() as u64, now, "as many are due as were let go");
        assert!(due.iter().all(|delivery| went.insert(*delivery)), "none was due before");
        // Eight at the most for each of four.
        assert!((1..=32).contains(&now), "{now}");
        given::claim(store, &due, LATER).await?;
    }
    assert_eq!(went, HashSet::from_iter(all));
    Ok(())
}

pub async fn a_registration_that_is_well_has_nothing_to_look_at(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::pending(store).await?;
    given::settle(store, deliveries[0], postrider_domain::Settlement::Delivered, NOW).await?;
    assert_eq!(given::flow(store, registration.id).await?.state, FlowState::default());
    assert_eq!(given::released(store, LATER, 10).await?, Released::default());
    Ok(())
}
