//! Holding what cannot go now: why, and that nothing else comes of it.

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::Store;
use postrider_domain::{
    Breaker, DeliveryState, DisableReason, Disabled, FlowState, HoldReason, RateLimit,
    Registration, Settlement, Timestamp, Visibility, WhilePaused,
};

use super::CaseResult;
use super::given::{self, LATER, NOW, Pending, hold_reason, seconds};

/// What a claim holds for: all but what only goes with another.
const REASONS: [HoldReason; 7] = [
    HoldReason::OwnerDisabled,
    HoldReason::Disabled,
    HoldReason::Paused,
    HoldReason::SecretExpired,
    HoldReason::Breaker,
    HoldReason::Paced,
    HoldReason::Busy,
];

/// Gives a registration a reason to hold, if that is a part of it.
fn set(registration: &mut Registration, reason: HoldReason) {
    match reason {
        HoldReason::Disabled => {
            registration.disabled = Some(Disabled { at: NOW, reason: DisableReason::Gone });
        }
        HoldReason::Paused => registration.paused = true,
        HoldReason::SecretExpired => registration.secret_expires_at = Some(NOW),
        HoldReason::Paced => {
            registration.options.rate = RateLimit::try_new(1, seconds(60)).ok();
        }
        // These are no members of it.
        HoldReason::Bundled
        | HoldReason::OwnerDisabled
        | HoldReason::Breaker
        | HoldReason::Busy => {}
    }
}

/// A delivery that is held at [`NOW`] for each of `reasons`.
async fn held_for(store: &dyn Store, reasons: &[HoldReason]) -> anyhow::Result<Pending> {
    let pending = given::pending_with(store, 1, |registration| {
        for reason in reasons {
            set(registration, *reason);
        }
    })
    .await?;
    let registration = &pending.registration;
    if reasons.contains(&HoldReason::Breaker) {
        given::open(store, registration, NOW).await?;
    }
    if reasons.contains(&HoldReason::OwnerDisabled) {
        given::disable(store, registration.owner).await?;
    }
    let busy = if reasons.contains(&HoldReason::Busy) { vec![registration.id] } else { vec![] };
    let claimed =
        store.claim_deliveries(&pending.deliveries, &busy, given::lease(NOW), NOW).await?;
    anyhow::ensure!(claimed.is_empty(), "it may not go: {claimed:?}");
    Ok(pending)
}

pub async fn what_may_not_go_is_held_for_the_first_reason(store: &dyn Store) -> CaseResult {
    for (place, first) in REASONS.into_iter().enumerate() {
        for reasons in [&REASONS[place..], &[first]] {
            let delivery = held_for(store, reasons).await?.delivery();
            let found = given::look(store, delivery).await?;
            assert_eq!((found.state, found.hold_reason), (DeliveryState::Held, Some(first)));
            assert_eq!((found.next_attempt_at, found.settled_at), (None, None), "{first}");
            assert_eq!((found.attempts, found.dead_reason), (0, None), "{first}");
        }
    }
    Ok(())
}

pub async fn what_is_held_is_never_claimed(store: &dyn Store) -> CaseResult {
    for reason in REASONS {
        let Pending { registration, deliveries } = held_for(store, &[reason]).await?;
        for now in [NOW, LATER, NOW + seconds(86_400)] {
            assert_eq!(given::claim(store, &deliveries, now).await?, [], "{reason}");
        }
        // Not even when nothing speaks against it any more: it is released first.
        given::enable(store, registration.owner).await?;
        let found = store.find_registration(Visibility::All, registration.id).await?;
        let found = found.expect("it is there");
        let plain = given::new_registration(registration.owner)?;
        given::change(store, &found, |changed| {
            *changed = Registration { id: registration.id, ..plain };
        })
        .await?;
        assert_eq!(given::claim(store, &deliveries, LATER).await?, [], "{reason}");
        assert_eq!(hold_reason(store, deliveries[0]).await?, Some(reason));
        assert_eq!(given::due(store, NOW + seconds(86_400)).await?, [], "{reason}");
        assert_eq!(given::release(store, LATER, 10).await?, 1, "{reason}");
        given::settle(store, deliveries[0], Settlement::Delivered, LATER).await?;
    }
    Ok(())
}

pub async fn a_secret_is_used_until_the_moment_it_expires(store: &dyn Store) -> CaseResult {
    let end = NOW + seconds(60);
    let pending =
        given::pending_with(store, 2, |changed| changed.secret_expires_at = Some(end)).await?;
    let [first, second] = [pending.deliveries[0], pending.deliveries[1]];
    let early = Timestamp::from_micros(end.as_micros() - 1);
    assert_eq!(given::claim(store, &[first], early).await?.len(), 1);
    assert_eq!(given::claim(store, &[second], end).await?, []);
    assert_eq!(hold_reason(store, second).await?, Some(HoldReason::SecretExpired));
    assert_eq!(given::release(store, end, 10).await?, 0);

    let renewed = |changed: &mut Registration| changed.secret_expires_at = Some(end + seconds(9));
    given::change(store, &pending.registration, renewed).await?;
    assert_eq!(given::release(store, end, 10).await?, 1);
    assert_eq!(given::claim(store, &[second], end).await?.len(), 1);
    Ok(())
}

pub async fn while_a_breaker_is_open_everything_is_held(store: &dyn Store) -> CaseResult {
    let pending = given::pending_of(store, 2).await?;
    let others = given::pending(store).await?;
    let until = given::open(store, &pending.registration, NOW).await?;
    let all = [&pending.deliveries[..1], &others.deliveries].concat();
    let claimed = given::claim(store, &all, NOW).await?;
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].delivery, others.delivery());
    // Its end alone changes nothing: one has to try.
    assert_eq!(given::claim(store, &pending.deliveries, until + seconds(1)).await?, []);
    for delivery in pending.deliveries {
        assert_eq!(hold_reason(store, delivery).await?, Some(HoldReason::Breaker));
    }
    let state = given::flow(store, pending.registration.id).await?.state;
    assert_eq!((state.breaker, state.release_at), (Breaker::Open { until }, Some(until)));
    assert_eq!((state.trips, state.opened_at), (1, Some(NOW)));
    assert_eq!(given::flow(store, others.registration.id).await?.state, FlowState::default());
    Ok(())
}

pub async fn while_one_tries_only_it_is_claimed(store: &dyn Store) -> CaseResult {
    let pending = given::pending_of(store, 3).await?;
    let registration = &pending.registration;
    let (probe, at) = given::probing(store, registration, &pending.deliveries, NOW).await?;
    assert_eq!(probe, pending.delivery(), "it is the oldest");
    let new = given::more(store, registration, 2).await?;

    let all = [&new[..], &pending.deliveries].concat();
    let busy = [registration.id];
    let claimed = store.claim_deliveries(&all, &busy, given::lease(at), at).await?;
    assert_eq!(claimed.len(), 1);
    assert_eq!((claimed[0].delivery, claimed[0].flow.is_probe), (probe, true));
    assert_eq!(claimed[0].flow.failing_since, Some(NOW));
    for delivery in new {
        assert_eq!(hold_reason(store, delivery).await?, Some(HoldReason::Breaker));
    }
    Ok(())
}

pub async fn what_is_paced_is_looked_after_from_then_on(store: &dyn Store) -> CaseResult {
    let pending = given::pending_with(store, 2, |changed| set(changed, HoldReason::Paced)).await?;
    let registration = pending.registration.id;
    assert_eq!(given::flow(store, registration).await?.state, FlowState::default());
    given::hold_all(store, &pending.deliveries[..1], NOW).await?;
    let expected = FlowState { release_at: Some(NOW), ..FlowState::default() };
    assert_eq!(given::flow(store, registration).await?.state, expected);
    given::hold_all(store, &pending.deliveries[1..], LATER).await?;
    assert_eq!(given::flow(store, registration).await?.state, expected);
    Ok(())
}

pub async fn a_busy_receiver_holds_what_is_not_on_its_way_and_starts_slowly(
    store: &dyn Store,
) -> CaseResult {
    let pending = given::pending_of(store, 3).await?;
    let others = given::pending(store).await?;
    let registration = pending.registration.id;
    given::take(store, pending.delivery(), NOW).await?;
    let all = [&pending.deliveries[..2], &others.deliveries].concat();
    let claimed = store.claim_deliveries(&all, &[registration], given::lease(NOW), NOW).await?;
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].delivery, others.delivery());
    assert_eq!(hold_reason(store, pending.deliveries[1]).await?, Some(HoldReason::Busy));
    assert_eq!(hold_reason(store, pending.deliveries[0]).await?, None, "it is leased");
    let expected =
        FlowState { release_at: Some(NOW), ramp_from: Some(NOW), ..FlowState::default() };
    assert_eq!(given::flow(store, registration).await?.state, expected);

    // Busy again while the first one waits: slowly again.
    let busy = [registration];
    store.claim_deliveries(&pending.deliveries[2..], &busy, given::lease(LATER), LATER).await?;
    assert_eq!(hold_reason(store, pending.deliveries[2]).await?, Some(HoldReason::Busy));
    let expected = FlowState { ramp_from: Some(LATER), ..expected };
    assert_eq!(given::flow(store, registration).await?.state, expected);
    Ok(())
}

pub async fn what_is_discarded_while_paused_is_dead_at_once(store: &dyn Store) -> CaseResult {
    let pending = given::pending_with(store, 3, |changed| {
        changed.options.while_paused = WhilePaused::Discard;
        set(changed, HoldReason::Paced);
    })
    .await?;
    let [held, discarded, of_nobody] = pending.deliveries[..] else { unreachable!("three") };
    given::hold_all(store, &[held], NOW).await?;
    let paused = given::pause(store, &pending.registration).await?;
    assert_eq!(given::claim(store, &[held, discarded], LATER).await?, []);
    let found = given::look(store, discarded).await?;
    assert_eq!(
        (found.state, found.dead_reason),
        (DeliveryState::Dead, Some(DeadReason::Discarded))
    );
    assert_eq!((found.settled_at, found.hold_reason), (Some(LATER), None));
    // What was there before stays.
    assert_eq!(hold_reason(store, held).await?, Some(HoldReason::Paced));

    given::disable(store, paused.owner).await?;
    assert_eq!(given::claim(store, &[of_nobody], LATER).await?, []);
    assert_eq!(given::look(store, of_nobody).await?.dead_reason, Some(DeadReason::Discarded));
    Ok(())
}

pub async fn nothing_is_discarded_unless_it_is_paused(store: &dyn Store) -> CaseResult {
    let pending = given::pending_with(store, 2, |changed| {
        changed.options.while_paused = WhilePaused::Discard;
    })
    .await?;
    given::disable(store, pending.registration.owner).await?;
    given::hold_all(store, &pending.deliveries[..1], NOW).await?;
    let reason = hold_reason(store, pending.deliveries[0]).await?;
    assert_eq!(reason, Some(HoldReason::OwnerDisabled));
    given::enable(store, pending.registration.owner).await?;
    assert_eq!(given::claim(store, &pending.deliveries[1..], NOW).await?.len(), 1);
    Ok(())
}

pub async fn what_is_held_for_a_deleted_registration_is_dead(store: &dyn Store) -> CaseResult {
    for reason in REASONS {
        let Pending { registration, deliveries } = held_for(store, &[reason]).await?;
        store.delete_registration(Visibility::All, registration.id, None, LATER).await?;
        let found = given::look(store, deliveries[0]).await?;
        assert_eq!(found.state, DeliveryState::Dead, "{reason}");
        assert_eq!(found.dead_reason, Some(DeadReason::RegistrationDeleted));
        assert_eq!((found.settled_at, found.hold_reason), (Some(LATER), None));
        assert_eq!(store.flow_of(Visibility::All, registration.id).await?, None);
        assert_eq!(given::release(store, NOW + seconds(600), 10).await?, 0, "{reason}");
    }
    Ok(())
}
