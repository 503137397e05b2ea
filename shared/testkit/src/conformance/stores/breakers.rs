//! Breakers: they open once however many say so, one delivery tries, and what it finds decides.

use futures_util::future::try_join_all;
use postrider_domain::flow::ReleasePolicy;
use postrider_domain::ports::{Released, Store};
use postrider_domain::{
    BoundedCount, Breaker, BreakerPolicy, DeliveryState, FlowState, HealthReport, HoldReason,
    Report, Settlement, Transition,
};

use super::CaseResult;
use super::given::{self, LATER, NOW, Pending, hold_reason, id, ids, probing, report_of, seconds};

pub async fn a_breaker_opens_once_however_many_say_so(store: &dyn Store) -> CaseResult {
    let Pending { registration, .. } = given::pending(store).await?;
    let until = NOW + BreakerPolicy::default().pause;
    let opened = given::reports_at_once(store, registration.id, Report::Tripped, NOW).await?;
    assert_eq!(opened, [Transition::Opened { until }]);
    assert_eq!(given::notices(store, NOW).await?.len(), 1);
    assert_eq!(report_of(store, registration.id, Report::Tripped, LATER).await?, None);
    assert_eq!(given::breaker(store, registration.id).await?, Breaker::Open { until });
    Ok(())
}

pub async fn reports_of_many_at_once_in_any_order_are_all_taken_in(
    store: &dyn Store,
) -> CaseResult {
    let mut registrations = Vec::new();
    for _ in 0..6 {
        registrations.push(given::pending(store).await?.registration.id);
    }
    let policy = BreakerPolicy::default();
    // Each call has them in another order, so that careless locking would end in a deadlock.
    let calls: Vec<(Vec<_>, _)> = (0..6)
        .map(|first| {
            let (head, tail) = registrations.split_at(first);
            let reports = tail.iter().chain(head);
            let report = Report::Tripped;
            (
                reports.map(|of| HealthReport { registration: *of, began: NOW, report }).collect(),
                ids(NOW),
            )
        })
        .collect();
    let transitions = try_join_all(
        calls.iter().map(|(reports, ids)| store.report_health(reports, &policy, ids, NOW)),
    )
    .await?;
    let mut opened: Vec<_> = transitions.into_iter().flatten().map(|(of, _)| of).collect();
    opened.sort_unstable();
    registrations.sort_unstable();
    assert_eq!(opened, registrations);
    assert_eq!(given::notices(store, NOW).await?.len(), 6);
    Ok(())
}

pub async fn the_oldest_tries_and_the_others_wait(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_of(store, 3).await?;
    let (probe, at) = probing(store, &registration, &deliveries, NOW).await?;
    assert_eq!(probe, deliveries[0]);
    assert_eq!(given::due(store, at).await?, [probe]);
    for now in [at, at + seconds(60)] {
        assert_eq!(given::released(store, now, 10).await?, Released::default());
    }
    let states = given::states(store, &deliveries).await?;
    let expected = [DeliveryState::Pending, DeliveryState::Held, DeliveryState::Held];
    assert_eq!(states, expected);
    Ok(())
}

pub async fn schedulers_at_once_let_one_try(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_of(store, 8).await?;
    let until = given::open(store, &registration, NOW).await?;
    given::hold_all(store, &deliveries, NOW).await?;
    let policy = ReleasePolicy::default();
    let released = try_join_all((0..6).map(|_| store.release_held(&policy, until, 100))).await?;
    let deliveries_released: u64 = released.iter().map(|released| released.deliveries).sum();
    let probes: u64 = released.iter().map(|released| released.probes).sum();
    assert_eq!((deliveries_released, probes), (1, 1));
    assert_eq!(given::due(store, until).await?, deliveries[..1]);
    Ok(())
}

pub async fn one_that_tries_and_is_lost_is_replaced_after_its_patience(
    store: &dyn Store,
) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_of(store, 3).await?;
    let (lost, at) = probing(store, &registration, &deliveries, NOW).await?;
    let lost_at = at + ReleasePolicy::default().probe_patience;
    let early = postrider_domain::Timestamp::from_micros(lost_at.as_micros() - 1);
    assert_eq!(given::released(store, early, 10).await?, Released::default());
    let expected = Released { deliveries: 1, probes: 1, more: false };
    assert_eq!(given::released(store, lost_at, 10).await?, expected);

    assert_eq!(given::claim(store, &[lost], lost_at).await?, []);
    assert_eq!(hold_reason(store, lost).await?, Some(HoldReason::Breaker));
    let claimed = given::claim(store, &deliveries, lost_at).await?;
    assert_eq!((claimed.len(), claimed[0].delivery), (1, deliveries[1]));
    assert!(claimed[0].flow.is_probe);
    // What the lost one says now decides nothing.
    for report in [Report::ProbeSucceeded { probe: lost }, Report::ProbeFailed { probe: lost }] {
        assert_eq!(report_of(store, registration.id, report, lost_at).await?, None);
    }
    let Breaker::HalfOpen { probe, .. } = given::breaker(store, registration.id).await? else {
        panic!("it is half open");
    };
    assert_eq!(probe, deliveries[1]);
    Ok(())
}

pub async fn one_that_fails_has_the_others_wait_twice_as_long(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_of(store, 2).await?;
    let (probe, at) = probing(store, &registration, &deliveries, NOW).await?;
    given::settle(store, probe, Settlement::Hold, at).await?;
    let failed = Report::ProbeFailed { probe };
    assert_eq!(report_of(store, registration.id, failed, at).await?, None);
    assert_eq!(report_of(store, registration.id, failed, at).await?, None, "it has told already");
    let state = given::flow(store, registration.id).await?.state;
    let until = at + seconds(60);
    assert_eq!((state.breaker, state.trips), (Breaker::Open { until }, 2));
    assert_eq!((state.opened_at, state.failing_since), (Some(NOW), Some(NOW)));
    assert_eq!(given::released(store, at + seconds(59), 10).await?, Released::default());
    // It tries again, since it is the oldest still.
    let expected = Released { deliveries: 1, probes: 1, more: false };
    assert_eq!(given::released(store, until, 10).await?, expected);
    assert_eq!(given::look(store, probe).await?.state, DeliveryState::Pending);
    Ok(())
}

pub async fn one_that_succeeds_lets_the_others_go(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_of(store, 4).await?;
    let (probe, at) = probing(store, &registration, &deliveries, NOW).await?;
    given::settle(store, probe, Settlement::Delivered, at).await?;
    let succeeded = Report::ProbeSucceeded { probe };
    let closed = given::reports_at_once(store, registration.id, succeeded, at).await?;
    assert_eq!(closed, [Transition::Closed]);
    assert_eq!(given::flow(store, registration.id).await?.state, FlowState::fresh(at));

    let gentle = ReleasePolicy { ramp_first: 2, ..ReleasePolicy::default() };
    let went = given::release_by(store, &gentle, &deliveries, at).await?;
    assert_eq!(went, deliveries[1..3]);
    assert_eq!(given::claim(store, &went, at).await?.len(), 2);
    let went = given::release_by(store, &gentle, &deliveries, at).await?;
    assert_eq!(went, deliveries[3..]);
    let claimed = given::claim(store, &went, at).await?;
    assert_eq!(claimed[0].flow, postrider_domain::ports::ClaimedFlow::default());
    Ok(())
}

pub async fn an_open_breaker_with_nothing_held_lets_the_next_one_try(
    store: &dyn Store,
) -> CaseResult {
    let Pending { registration, .. } = given::pending_of(store, 0).await?;
    let until = given::open(store, &registration, NOW).await?;
    assert_eq!(given::released(store, until, 10).await?, Released::default());
    let now = until + seconds(60);
    let late = given::more_at(store, &registration, 2, now).await?;
    given::hold_all(store, &late, now).await?;
    let expected = Released { deliveries: 1, probes: 1, more: false };
    assert_eq!(given::released(store, now, 10).await?, expected);
    let claimed = given::claim(store, &late, now).await?;
    assert_eq!((claimed.len(), claimed[0].delivery), (1, late[0]));
    Ok(())
}

pub async fn a_change_of_the_registration_closes_its_breaker(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_of(store, 2).await?;
    given::open(store, &registration, NOW).await?;
    given::hold_all(store, &deliveries, NOW).await?;
    let uri = "https://moved.example/".parse()?;
    let changed = given::change(store, &registration, |changed| changed.uri = uri).await?;
    let expected = FlowState::fresh(changed.updated_at);
    assert_eq!(given::flow(store, registration.id).await?.state, expected);
    assert_eq!(given::release(store, LATER, 10).await?, 2);
    assert_eq!(given::claim(store, &deliveries, LATER).await?.len(), 2);
    Ok(())
}

pub async fn breakers_that_are_not_closed_are_counted(store: &dyn Store) -> CaseResult {
    let count = async |expected| {
        let count = BoundedCount { count: expected, more: false };
        anyhow::ensure!(store.open_breakers().await? == count, "{expected}");
        anyhow::Ok(())
    };
    count(0).await?;
    let first = given::pending(store).await?;
    let (probe, at) = probing(store, &first.registration, &first.deliveries, NOW).await?;
    let second = given::pending(store).await?.registration;
    given::open(store, &second, NOW).await?;
    report_of(store, id(), Report::Tripped, NOW).await?;
    count(2).await?;
    report_of(store, first.registration.id, Report::ProbeSucceeded { probe }, at).await?;
    count(1).await?;
    store.delete_registration(postrider_domain::Visibility::All, second.id, None, NOW).await?;
    count(0).await
}
