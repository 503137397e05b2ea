//! What workers report besides breakers: failures for days, receivers that are gone, deliveries that
//! die. Each is told once.

use postrider_domain::ports::Store;
use postrider_domain::{
    BreakerPolicy, DisableReason, Disabled, FlowState, HealthReport, HoldReason, Registration,
    RegistrationId, Report, Timestamp, Transition, Visibility,
};

use super::CaseResult;
use super::given::{self, LATER, NOW, Pending, hold_reason, id, ids, report_of, seconds};

const DAY: u64 = 86_400;

async fn stored(store: &dyn Store, id: RegistrationId) -> anyhow::Result<Registration> {
    let found = store.find_registration(Visibility::All, id).await?;
    found.ok_or_else(|| anyhow::anyhow!("it is there"))
}

async fn failing_since(
    store: &dyn Store,
    registration: RegistrationId,
) -> anyhow::Result<Option<Timestamp>> {
    Ok(given::flow(store, registration).await?.state.failing_since)
}

pub async fn a_receiver_that_is_gone_is_switched_off_once(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::pending(store).await?;
    let off = given::reports_at_once(store, registration.id, Report::Gone, LATER).await?;
    let reason = DisableReason::Gone;
    assert_eq!(off, [Transition::Disabled { reason }]);
    assert_eq!(given::notices(store, LATER).await?.len(), 1);

    let disabled = Some(Disabled { at: LATER, reason });
    let expected = Registration { disabled, updated_at: LATER, ..registration.clone() };
    assert_eq!(stored(store, registration.id).await?, expected);
    given::hold_all(store, &deliveries, LATER).await?;
    assert_eq!(hold_reason(store, deliveries[0]).await?, Some(HoldReason::Disabled));
    // Whoever edits what they read before is told that it has changed.
    let late = Registration { updated_at: LATER + seconds(1), ..registration.clone() };
    assert!(!store.update_registration(Visibility::All, &late, registration.updated_at).await?);
    Ok(())
}

pub async fn what_was_switched_off_can_be_switched_on_again(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::pending(store).await?;
    report_of(store, registration.id, Report::Gone, NOW).await?;
    given::hold_all(store, &deliveries, NOW).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 0);
    let off = stored(store, registration.id).await?;
    assert!(off.updated_at > registration.updated_at, "it is another version");
    given::change(store, &off, |changed| changed.disabled = None).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 1);
    assert_eq!(given::claim(store, &deliveries, LATER).await?.len(), 1);
    let again = report_of(store, registration.id, Report::Gone, LATER).await?;
    assert_eq!(again, Some(Transition::Disabled { reason: DisableReason::Gone }));
    Ok(())
}

pub async fn nothing_but_failures_for_days_switches_off(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = given::pending(store).await?;
    let days = |days: u64| NOW + seconds(days * DAY);
    let failing = Report::Failing { since: NOW };
    for now in [NOW, days(4), Timestamp::from_micros(days(5).as_micros() - 1)] {
        assert_eq!(report_of(store, registration.id, failing, now).await?, None);
    }
    let claimed = given::claim(store, &deliveries, NOW).await?;
    assert_eq!(claimed[0].flow.failing_since, Some(NOW));

    // A later beginning does not move the first one.
    let later = Report::Failing { since: days(5) };
    let reason = DisableReason::Failing;
    let off = report_of(store, registration.id, later, days(5)).await?;
    assert_eq!(off, Some(Transition::Disabled { reason }));
    let found = stored(store, registration.id).await?;
    assert_eq!(found.disabled, Some(Disabled { at: days(5), reason }));
    for report in [failing, later] {
        assert_eq!(report_of(store, registration.id, report, days(6)).await?, None);
    }
    assert_eq!(stored(store, registration.id).await?, found);
    Ok(())
}

pub async fn a_success_begins_the_days_anew(store: &dyn Store) -> CaseResult {
    let Pending { registration, .. } = given::pending(store).await?;
    let of = registration.id;
    assert_eq!(report_of(store, of, Report::Failing { since: NOW }, NOW).await?, None);
    assert_eq!(failing_since(store, of).await?, Some(NOW));
    assert_eq!(report_of(store, of, Report::Recovered, LATER).await?, None);
    assert_eq!(failing_since(store, of).await?, None);
    let again = NOW + seconds(4 * DAY);
    for now in [again, NOW + seconds(6 * DAY)] {
        assert_eq!(report_of(store, of, Report::Failing { since: again }, now).await?, None);
    }
    assert_eq!(failing_since(store, of).await?, Some(again));
    assert_eq!(stored(store, of).await?, registration);
    Ok(())
}

pub async fn nobody_is_switched_off_when_nobody_is_to_be(store: &dyn Store) -> CaseResult {
    let Pending { registration, .. } = given::pending(store).await?;
    let never = BreakerPolicy { disable_after: None, ..BreakerPolicy::default() };
    let report = Report::Failing { since: NOW };
    let reports = [HealthReport { registration: registration.id, began: NOW, report }];
    let now = NOW + seconds(99 * DAY);
    assert_eq!(store.report_health(&reports, &never, &ids(now), now).await?, []);
    assert_eq!(stored(store, registration.id).await?, registration);
    Ok(())
}

pub async fn that_deliveries_die_is_told_once_an_hour(store: &dyn Store) -> CaseResult {
    let Pending { registration, .. } = given::pending(store).await?;
    let told = given::reports_at_once(store, registration.id, Report::Died, NOW).await?;
    assert_eq!(told, [Transition::Died]);
    for (second, told) in [(3599, None), (3600, Some(Transition::Died)), (3601, None)] {
        let now = NOW + seconds(second);
        assert_eq!(report_of(store, registration.id, Report::Died, now).await?, told, "{second}");
    }
    assert_eq!(given::notices(store, NOW + seconds(3600)).await?.len(), 2);
    let other = given::pending(store).await?.registration;
    let told = report_of(store, other.id, Report::Died, NOW + seconds(3601)).await?;
    assert_eq!(told, Some(Transition::Died), "nobody's hour is another's");
    let state = given::flow(store, registration.id).await?.state;
    let told = FlowState { died_told_at: Some(NOW + seconds(3600)), ..FlowState::default() };
    assert_eq!(state, told);
    Ok(())
}

pub async fn several_reports_of_one_apply_in_their_order(store: &dyn Store) -> CaseResult {
    let Pending { registration, .. } = given::pending(store).await?;
    let of = registration.id;
    let reports = [
        Report::Failing { since: NOW },
        Report::Recovered,
        Report::Failing { since: NOW + seconds(1) },
        Report::Died,
        Report::Tripped,
        Report::Died,
    ];
    let reports = reports.map(|report| HealthReport { registration: of, began: LATER, report });
    let policy = BreakerPolicy::default();
    let transitions = store.report_health(&reports, &policy, &ids(LATER), LATER).await?;
    let until = LATER + policy.pause;
    assert_eq!(transitions, [(of, Transition::Died), (of, Transition::Opened { until })]);
    assert_eq!(failing_since(store, of).await?, Some(NOW + seconds(1)));
    Ok(())
}

pub async fn a_request_to_where_it_pointed_before_says_nothing_of_where_it_points_now(
    store: &dyn Store,
) -> CaseResult {
    let Pending { registration, .. } = given::pending(store).await?;
    report_of(store, registration.id, Report::Failing { since: NOW }, NOW).await?;
    let corrected = Registration { updated_at: NOW + seconds(6 * DAY), ..registration.clone() };
    let before = registration.updated_at;
    assert!(store.update_registration(Visibility::All, &corrected, before).await?);
    let now = NOW + seconds(6 * DAY + 1);
    for report in [Report::Gone, Report::Failing { since: NOW }, Report::Tripped, Report::Died] {
        let late = HealthReport { registration: corrected.id, began: NOW + seconds(DAY), report };
        let policy = BreakerPolicy::default();
        assert_eq!(store.report_health(&[late], &policy, &ids(now), now).await?, []);
    }
    assert_eq!(failing_since(store, corrected.id).await?, None);
    assert_eq!(stored(store, corrected.id).await?.disabled, None);
    Ok(())
}

pub async fn a_success_that_was_told_first_counts_though_the_failure_was_claimed_before(
    store: &dyn Store,
) -> CaseResult {
    let Pending { registration, .. } = given::pending(store).await?;
    let of = registration.id;
    report_of(store, of, Report::Failing { since: NOW }, NOW).await?;
    let late = NOW + seconds(9 * DAY);
    report_of(store, of, Report::Recovered, late).await?;
    assert_eq!(report_of(store, of, Report::Failing { since: late }, late).await?, None);
    assert_eq!(stored(store, of).await?.disabled, None);
    Ok(())
}

pub async fn reports_of_what_is_gone_are_passed_over(store: &dyn Store) -> CaseResult {
    let Pending { registration: gone, .. } = given::pending(store).await?;
    let Pending { registration: there, .. } = given::pending(store).await?;
    given::open(store, &gone, NOW).await?;
    store.delete_registration(Visibility::All, gone.id, None, NOW).await?;
    given::notices(store, NOW).await?;
    let probe = id();
    let mut reports = Vec::new();
    for report in [
        Report::Failing { since: NOW },
        Report::Recovered,
        Report::Tripped,
        Report::ProbeSucceeded { probe },
        Report::Gone,
        Report::Died,
    ] {
        reports.extend([gone.id, id()].map(|of| HealthReport {
            registration: of,
            began: LATER,
            report,
        }));
    }
    reports.push(HealthReport { registration: there.id, began: LATER, report: Report::Died });
    let policy = BreakerPolicy::default();
    let transitions = store.report_health(&reports, &policy, &ids(LATER), LATER).await?;
    assert_eq!(transitions, [(there.id, Transition::Died)]);
    assert_eq!(given::notices(store, LATER).await?.len(), 1);
    assert_eq!(store.report_health(&[], &policy, &ids(LATER), LATER).await?, []);
    Ok(())
}
