use postrider_domain::delivery::DeadReason;
use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_248_000_000_000);

fn policy() -> HealthPolicy {
    HealthPolicy {
        window: Duration::from_mins(1),
        min_failures: 10,
        failure_share: 0.5,
        told_for: Duration::from_secs(35),
        breaker: BreakerPolicy::default(),
    }
}

fn answered(status: u16) -> AttemptOutcome {
    if (200..300).contains(&status) {
        AttemptOutcome::Succeeded { status }
    } else {
        let cause = FailureCause::HttpStatus;
        AttemptOutcome::Failed { cause, status: Some(status), detail: None }
    }
}

fn delivery() -> DeliveryId {
    "0190163d8694739b800000000000000a".parse().unwrap()
}

/// An attempt with this outcome whose delivery is tried again or delivered.
fn seen(outcome: &AttemptOutcome, flow: ClaimedFlow) -> Seen<'_> {
    let settlement = match outcome {
        AttemptOutcome::Succeeded { .. } => Settlement::Delivered,
        AttemptOutcome::Failed { .. } => Settlement::Retry { at: NOW },
    };
    Seen { delivery: delivery(), started_at: NOW, outcome, settlement, flow, is_notice: false }
}

fn failing(since: Timestamp) -> ClaimedFlow {
    ClaimedFlow { failing_since: Some(since), is_probe: false }
}

fn probe(failing_since: Option<Timestamp>) -> ClaimedFlow {
    ClaimedFlow { failing_since, is_probe: true }
}

fn at(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

impl Health {
    fn answers(&mut self, status: u16, flow: ClaimedFlow, now: Timestamp) -> Vec<Report> {
        self.saw(&seen(&answered(status), flow), &policy(), now)
    }
}

#[test]
fn a_refusal_of_one_request_does_not_count_against_its_receiver() {
    for status in [400, 401, 403, 404, 410, 413, 422, 451, 499] {
        assert!(!counts_as_failure(&answered(status)), "{status}");
    }
    for status in [301, 408, 425, 429, 500, 502, 503, 504] {
        assert!(counts_as_failure(&answered(status)), "{status}");
    }
    for cause in FailureCause::ALL.iter().filter(|cause| **cause != FailureCause::HttpStatus) {
        let outcome = AttemptOutcome::Failed { cause: *cause, status: None, detail: None };
        assert!(counts_as_failure(&outcome), "{cause}");
    }
    assert!(!counts_as_failure(&answered(204)));
}

#[test]
fn ten_failures_trip_and_nine_do_not() {
    let mut health = Health::default();
    for _ in 0..9 {
        assert!(!health.answers(500, failing(NOW), NOW).contains(&Report::Tripped));
    }
    assert_eq!(health.answers(500, failing(NOW), NOW), [Report::Tripped]);
}

#[test]
fn failures_that_are_few_among_many_attempts_do_not_trip() {
    let mut health = Health::default();
    for _ in 0..30 {
        health.answers(200, ClaimedFlow::default(), NOW);
    }
    for _ in 0..29 {
        assert!(!health.answers(503, failing(NOW), NOW).contains(&Report::Tripped));
    }
    assert_eq!(health.answers(503, failing(NOW), NOW), [Report::Tripped], "30 of 60 are half");
}

#[test]
fn failures_of_more_than_a_minute_ago_are_forgotten() {
    let mut health = Health::default();
    for second in 0..200 {
        // Nine in any minute, and one every second in between that does not count.
        let status = if second % 7 == 0 { 500 } else { 404 };
        let reports = health.answers(status, failing(NOW), at(second));
        assert!(!reports.contains(&Report::Tripped), "{second}");
    }
}

#[test]
fn what_is_under_way_when_a_breaker_opens_does_not_report_again_before_its_pause_is_over() {
    let mut health = Health::default();
    let mut tripped = |now| {
        (0..50)
            .filter(|_| health.answers(500, failing(NOW), now).contains(&Report::Tripped))
            .count()
    };
    assert_eq!(tripped(NOW), 1);
    assert_eq!(tripped(at(29)), 0);
    assert_eq!(tripped(at(30)), 1);
}

#[test]
fn what_was_under_way_when_a_breaker_opened_does_not_count_once_the_receiver_is_back() {
    let mut health = Health::default();
    // Ten that trip, and what was on its way with them.
    for _ in 0..60 {
        health.answers(500, failing(NOW), at(5));
    }
    health.answers(200, probe(Some(NOW)), at(36));
    for _ in 0..9 {
        assert!(!health.answers(500, failing(NOW), at(37)).contains(&Report::Tripped));
    }
    assert!(health.answers(500, failing(NOW), at(37)).contains(&Report::Tripped));
}

#[test]
fn the_first_failure_is_told_once_and_again_when_it_got_lost() {
    let mut health = Health::default();
    let told = [Report::Failing { since: NOW }];
    assert_eq!(health.answers(500, ClaimedFlow::default(), NOW), told);
    assert_eq!(health.answers(500, ClaimedFlow::default(), at(34)), []);
    assert_eq!(health.answers(500, ClaimedFlow::default(), at(35)), told, "the claim knew nothing");

    let mut health = Health::default();
    assert_eq!(health.answers(500, ClaimedFlow::default(), NOW), told);
    health.told_nothing();
    assert_eq!(health.answers(404, ClaimedFlow::default(), NOW), told);
}

#[test]
fn a_failure_that_is_known_is_told_again_only_when_it_is_long_enough_to_switch_off() {
    let days = |days: u64| NOW + Duration::from_hours(24 * days);
    let mut health = Health::default();
    assert_eq!(health.answers(500, failing(NOW), days(4)), []);
    // Since when, the store knows better than whoever claimed it before a success.
    let outcome = answered(500);
    let late = Seen { started_at: days(5), ..seen(&outcome, failing(NOW)) };
    assert_eq!(health.saw(&late, &policy(), days(5)), [Report::Failing { since: days(5) }]);
    assert_eq!(health.saw(&late, &policy(), days(5)), []);
}

#[test]
fn a_success_after_failures_is_told_once() {
    let mut health = Health::default();
    assert_eq!(health.answers(200, ClaimedFlow::default(), NOW), []);
    assert_eq!(health.answers(200, failing(NOW), NOW), [Report::Recovered]);
    assert_eq!(health.answers(200, failing(NOW), at(1)), [], "claimed before that was told");
}

#[test]
fn a_success_that_was_claimed_before_the_failure_was_known_recovers_all_the_same() {
    let mut health = Health::default();
    health.answers(500, ClaimedFlow::default(), NOW);
    assert_eq!(health.answers(200, ClaimedFlow::default(), at(1)), [Report::Recovered]);
    let again = health.answers(500, ClaimedFlow::default(), at(2));
    assert_eq!(again, [Report::Failing { since: NOW }]);
    assert_eq!(health.answers(200, failing(NOW), at(3)), [Report::Recovered]);
}

#[test]
fn a_success_never_reports_a_failure_however_long_there_were_only_failures() {
    let mut health = Health::default();
    let year = NOW + Duration::from_hours(24 * 365);
    assert_eq!(health.answers(200, failing(NOW), year), [Report::Recovered]);
}

#[test]
fn a_probe_tells_what_it_found() {
    let probed = delivery();
    let mut health = Health::default();
    let flow = probe(Some(NOW));
    assert_eq!(health.answers(503, flow, at(1)), [Report::ProbeFailed { probe: probed }]);
    assert_eq!(health.answers(200, flow, at(2)), [Report::ProbeSucceeded { probe: probed }]);
}

#[test]
fn a_probe_that_is_refused_finds_the_receiver_there_and_still_no_success() {
    let mut health = Health::default();
    let reports = health.answers(422, probe(Some(NOW)), at(9));
    let since = NOW;
    assert_eq!(reports, [Report::ProbeSucceeded { probe: delivery() }, Report::Failing { since }]);
}

#[test]
fn gone_is_all_there_is_to_say() {
    let mut health = Health::default();
    assert_eq!(health.answers(410, ClaimedFlow::default(), NOW), [Report::Gone]);
    assert_eq!(health.answers(410, probe(Some(NOW)), NOW), [Report::Gone]);
}

#[test]
fn a_delivery_that_dies_is_told_unless_it_is_a_notice() {
    let outcome = answered(500);
    let dead = Settlement::Dead { reason: DeadReason::Exhausted };
    let seen = Seen { settlement: dead, ..seen(&outcome, failing(NOW)) };
    assert_eq!(Health::default().saw(&seen, &policy(), NOW), [Report::Died]);
    let notice = Seen { is_notice: true, ..seen };
    assert_eq!(Health::default().saw(&notice, &policy(), NOW), []);
}

#[test]
fn what_is_long_over_is_forgotten() {
    let mut health = Health::default();
    assert!(health.is_stale(&policy(), NOW));
    health.answers(500, ClaimedFlow::default(), NOW);
    assert!(!health.is_stale(&policy(), at(40)));
    assert!(health.is_stale(&policy(), at(70)));
}

proptest! {
    #[test]
    fn a_window_counts_what_is_younger_than_five_sixths_and_nothing_older_than_all_of_it(
        pauses in prop::collection::vec(0u64..20, 1..100),
    ) {
        let length = Duration::from_mins(1);
        let (mut window, mut now, mut moments) = (Window::default(), NOW, Vec::new());
        for pause in pauses {
            now = now + Duration::from_secs(pause);
            window.count(true, length, now);
            moments.push(now);
            let younger = |age| {
                let counted = moments.iter().filter(|at| now.since(**at) < Duration::from_secs(age));
                u32::try_from(counted.count()).unwrap()
            };
            let (attempts, failures) = window.totals(length, now);
            prop_assert_eq!(attempts, failures);
            prop_assert!((younger(50)..=younger(60)).contains(&attempts));
        }
    }
}
