//! Recording attempts, and what they make of their deliveries.

use std::time::Duration;

use futures_util::future::try_join_all;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{Recorded, Store};
use postrider_domain::{
    Attempt, AttemptOutcome, DeliveryState, FailureCause, ResponseHead, Settlement,
};

use super::CaseResult;
use super::given::{self, NOW, failure, id, seconds, success};

const DEAD: Settlement = Settlement::Dead { reason: DeadReason::Exhausted };

fn retry(after: u64) -> Settlement {
    Settlement::Retry { at: NOW + seconds(after) }
}

pub async fn a_success_settles_its_delivery(store: &dyn Store) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    let token = given::take(store, delivery, NOW).await?;
    let recorded = success(delivery, 1, token);
    store.record_attempts(std::slice::from_ref(&recorded), NOW + seconds(1)).await?;

    let report = given::report(store, delivery).await?;
    assert_eq!(report.delivery.state, DeliveryState::Delivered);
    assert_eq!(report.delivery.attempts, 1);
    assert_eq!(report.delivery.next_attempt_at, None);
    assert_eq!(report.delivery.settled_at, Some(NOW + seconds(1)));
    assert_eq!((report.delivery.last_status, report.delivery.last_cause), (Some(204), None));
    assert_eq!(report.attempts, [recorded.attempt]);
    Ok(())
}

pub async fn a_failure_is_tried_again_at_its_time(store: &dyn Store) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    let token = given::take(store, delivery, NOW).await?;
    store.record_attempts(&[failure(delivery, 1, token, retry(10))], NOW).await?;

    let found = given::look(store, delivery).await?;
    assert_eq!((found.state, found.attempts), (DeliveryState::Pending, 1));
    assert_eq!(found.next_attempt_at, Some(NOW + seconds(10)));
    assert_eq!(found.settled_at, None);
    assert_eq!(found.last_status, Some(503));
    assert_eq!(found.last_cause, Some(FailureCause::HttpStatus));
    // The lease, which would have gone on for twenty seconds, has ended with it.
    assert_eq!(given::claim(store, &[delivery], NOW + seconds(10)).await?.len(), 1);
    Ok(())
}

pub async fn the_last_failure_gives_its_delivery_up(store: &dyn Store) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    let token = given::take(store, delivery, NOW).await?;
    store.record_attempts(&[failure(delivery, 1, token, DEAD)], NOW + seconds(1)).await?;

    let found = given::look(store, delivery).await?;
    assert_eq!(
        (found.state, found.dead_reason),
        (DeliveryState::Dead, Some(DeadReason::Exhausted))
    );
    assert_eq!(found.settled_at, Some(NOW + seconds(1)));
    assert_eq!(found.next_attempt_at, None);
    Ok(())
}

pub async fn a_failure_under_a_lost_lease_is_counted_and_changes_nothing(
    store: &dyn Store,
) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    let lost = given::take(store, delivery, NOW).await?;
    let held_by_another = given::take(store, delivery, NOW + seconds(30)).await?;
    for settlement in [retry(40), DEAD] {
        store.record_attempts(&[failure(delivery, 1, lost, settlement)], NOW).await?;
    }
    let found = given::look(store, delivery).await?;
    assert_eq!((found.state, found.attempts), (DeliveryState::Pending, 2));
    assert_eq!(found.next_attempt_at, Some(NOW));
    assert_eq!((found.last_status, found.last_cause), (None, None));
    // The other's lease goes on.
    assert_eq!(given::claim(store, &[delivery], NOW + seconds(59)).await?, []);
    store.record_attempts(&[failure(delivery, 3, held_by_another, DEAD)], NOW).await?;
    assert_eq!(given::look(store, delivery).await?.state, DeliveryState::Dead);
    Ok(())
}

pub async fn a_failure_under_a_lease_that_ran_out_but_nobody_took_applies(
    store: &dyn Store,
) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    let token = given::take(store, delivery, NOW).await?;
    let late = NOW + seconds(300);
    store.record_attempts(&[failure(delivery, 1, token, DEAD)], late).await?;
    assert_eq!(given::look(store, delivery).await?.settled_at, Some(late));
    Ok(())
}

pub async fn a_success_counts_whoever_holds_the_lease(store: &dyn Store) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    let lost = given::take(store, delivery, NOW).await?;
    let other = given::take(store, delivery, NOW + seconds(30)).await?;
    store.record_attempts(&[success(delivery, 1, lost)], NOW + seconds(31)).await?;
    assert_eq!(given::look(store, delivery).await?.state, DeliveryState::Delivered);

    // The other one's failure comes too late to take it back.
    store.record_attempts(&[failure(delivery, 2, other, DEAD)], NOW + seconds(32)).await?;
    let found = given::look(store, delivery).await?;
    assert_eq!((found.state, found.attempts), (DeliveryState::Delivered, 2));
    assert_eq!((found.settled_at, found.dead_reason), (Some(NOW + seconds(31)), None));
    assert_eq!((found.last_status, found.last_cause), (Some(204), None));
    Ok(())
}

pub async fn a_success_brings_back_what_was_given_up(store: &dyn Store) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    let lost = given::take(store, delivery, NOW).await?;
    let other = given::take(store, delivery, NOW + seconds(30)).await?;
    store.record_attempts(&[failure(delivery, 2, other, DEAD)], NOW + seconds(31)).await?;
    store.record_attempts(&[success(delivery, 1, lost)], NOW + seconds(32)).await?;
    let found = given::look(store, delivery).await?;
    assert_eq!((found.state, found.dead_reason), (DeliveryState::Delivered, None));
    assert_eq!(found.settled_at, Some(NOW + seconds(32)));
    Ok(())
}

pub async fn a_success_settles_what_is_held(store: &dyn Store) -> CaseResult {
    let pending = given::pending(store).await?;
    let token = given::take(store, pending.delivery(), NOW).await?;
    given::pause(store, &pending.registration).await?;
    given::claim(store, &pending.deliveries, NOW + seconds(30)).await?;
    assert_eq!(given::look(store, pending.delivery()).await?.state, DeliveryState::Held);

    // A failure leaves it held, to be tried again after the pause.
    let failed = failure(pending.delivery(), 1, token, DEAD);
    store.record_attempts(&[failed], NOW + seconds(31)).await?;
    assert_eq!(given::look(store, pending.delivery()).await?.state, DeliveryState::Held);
    store.record_attempts(&[success(pending.delivery(), 2, token)], NOW + seconds(31)).await?;
    assert_eq!(given::look(store, pending.delivery()).await?.state, DeliveryState::Delivered);
    Ok(())
}

pub async fn a_second_success_is_counted_and_changes_nothing(store: &dyn Store) -> CaseResult {
    let delivery = given::delivered(store).await?.delivery();
    let before = given::look(store, delivery).await?;
    let mut second = success(delivery, 2, id());
    second.attempt.outcome = AttemptOutcome::Succeeded { status: 200 };
    store.record_attempts(&[second], NOW + seconds(9)).await?;
    let after = given::look(store, delivery).await?;
    assert_eq!(after, postrider_domain::Delivery { attempts: 2, ..before });
    Ok(())
}

pub async fn several_attempts_of_one_delivery_apply_in_order(store: &dyn Store) -> CaseResult {
    let pending = given::pending_of(store, 2).await?;
    let [first, second] = [pending.deliveries[0], pending.deliveries[1]];
    let token = given::take(store, first, NOW).await?;
    let other = given::take(store, second, NOW).await?;
    // The retry ends the lease, so that the failure after it applies no more; a success does.
    let batch = [
        failure(first, 1, token, retry(10)),
        success(second, 1, other),
        failure(first, 2, token, DEAD),
        success(first, 3, token),
        failure(second, 2, other, DEAD),
    ];
    store.record_attempts(&batch, NOW).await?;
    let report = given::report(store, first).await?;
    assert_eq!((report.delivery.state, report.delivery.attempts), (DeliveryState::Delivered, 3));
    assert_eq!(report.delivery.dead_reason, None);
    let numbers: Vec<_> = report.attempts.iter().map(|attempt| attempt.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    let found = given::look(store, second).await?;
    assert_eq!((found.state, found.attempts), (DeliveryState::Delivered, 2));

    let third = given::pending(store).await?.delivery();
    let token = given::take(store, third, NOW).await?;
    let batch = [failure(third, 1, token, retry(10)), failure(third, 2, token, DEAD)];
    store.record_attempts(&batch, NOW).await?;
    let found = given::look(store, third).await?;
    assert_eq!((found.state, found.attempts), (DeliveryState::Pending, 2));
    Ok(())
}

pub async fn recording_the_same_attempt_again_changes_nothing(store: &dyn Store) -> CaseResult {
    // What a caller does whose first call was cut off: whether it took effect is unknown.
    let delivery = given::pending(store).await?.delivery();
    let token = given::take(store, delivery, NOW).await?;
    let batch = [failure(delivery, 1, token, retry(10))];
    store.record_attempts(&batch, NOW).await?;
    let before = given::report(store, delivery).await?;
    store.record_attempts(&batch, NOW + seconds(5)).await?;
    assert_eq!(given::report(store, delivery).await?, before);
    Ok(())
}

pub async fn every_detail_of_an_attempt_reads_back(store: &dyn Store) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    let token = given::take(store, delivery, NOW).await?;
    let headers = [("set-cookie", "a=1"), ("x-odd", "ü \u{1} \"quoted\""), ("set-cookie", "b=2")];
    let response = ResponseHead {
        headers: headers.map(|(name, value)| (name.into(), value.into())).into(),
        body: (0..=255).collect(),
    };
    let outcome = |status, detail: Option<&str>| AttemptOutcome::Failed {
        cause: FailureCause::Timeout,
        status,
        detail: detail.map(Into::into),
    };
    let attempts = [
        Attempt {
            started_at: NOW + Duration::from_micros(1),
            duration: Duration::from_micros(1),
            response: Some(response),
            worker: "host-1/42, {NULL}".into(),
            ..given::attempt(delivery, 1, outcome(Some(599), Some("it took \\ {too} \"long\"")))
        },
        Attempt {
            started_at: NOW + seconds(2),
            duration: Duration::ZERO,
            response: Some(ResponseHead { headers: vec![], body: vec![] }),
            ..given::attempt(delivery, 2, outcome(None, None))
        },
        Attempt {
            started_at: NOW + seconds(3),
            ..given::attempt(delivery, 3, AttemptOutcome::Succeeded { status: 200 })
        },
    ];
    let recorded = attempts.clone().map(|attempt| Recorded {
        attempt,
        settlement: Settlement::Retry { at: NOW + seconds(9) },
        token,
    });
    store.record_attempts(&recorded, NOW).await?;
    assert_eq!(given::report(store, delivery).await?.attempts, attempts);
    Ok(())
}

pub async fn no_text_of_a_failure_keeps_it_from_being_recorded(store: &dyn Store) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    let token = given::take(store, delivery, NOW).await?;
    let mut failed = failure(delivery, 1, token, DEAD);
    failed.attempt.outcome = AttemptOutcome::Failed {
        cause: FailureCause::Protocol,
        status: None,
        detail: Some("a NUL \0 in the answer".into()),
    };
    store.record_attempts(&[failed], NOW).await?;
    let report = given::report(store, delivery).await?;
    assert_eq!((report.delivery.state, report.attempts.len()), (DeliveryState::Dead, 1));
    Ok(())
}

pub async fn an_attempt_of_an_unknown_delivery_harms_nobody(store: &dyn Store) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    let token = given::take(store, delivery, NOW).await?;
    store.record_attempts(&[success(id(), 1, token), success(delivery, 1, token)], NOW).await?;
    assert_eq!(given::look(store, delivery).await?.state, DeliveryState::Delivered);
    store.record_attempts(&[], NOW).await?;
    Ok(())
}

pub async fn batches_at_once_record_every_attempt(store: &dyn Store) -> CaseResult {
    let pending = given::pending_of(store, 50).await?;
    let lease = given::lease(NOW);
    store.claim_deliveries(&pending.deliveries, &[], lease, NOW).await?;
    // Four workers say that they delivered all of them, each in its own order.
    let batches: Vec<Vec<_>> = (0..4_usize)
        .map(|worker| {
            let (head, tail) = pending.deliveries.split_at(worker * 12);
            let order = tail.iter().rev().chain(head);
            order.map(|delivery| success(*delivery, 1, lease.token)).collect()
        })
        .collect();
    try_join_all(batches.iter().map(|batch| store.record_attempts(batch, NOW))).await?;
    for delivery in pending.deliveries {
        let report = given::report(store, delivery).await?;
        assert_eq!((report.delivery.attempts, report.attempts.len()), (4, 4));
        assert_eq!(report.delivery.state, DeliveryState::Delivered);
    }
    Ok(())
}
