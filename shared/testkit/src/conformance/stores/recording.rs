//! Recording what was sent, and attempts that do not count.

use std::time::Duration;

use postrider_domain::ports::{Recorded, Store};
use postrider_domain::{
    Attempt, AttemptOutcome, DeliveryState, FailureCause, HoldReason, SentRequest, Settlement,
    Timings,
};

use super::CaseResult;
use super::given::{self, LATER, NOW, Pending, failure, hold_reason, probing, seconds};

pub async fn an_attempt_that_only_tried_costs_none_of_its_schedule(
    store: &dyn Store,
) -> CaseResult {
    let Pending { registration, deliveries } = given::pending(store).await?;
    let delivery = deliveries[0];
    let retry = Settlement::Retry { at: NOW };
    given::settle(store, delivery, retry, NOW).await?;
    let (probe, at) = probing(store, &registration, &deliveries, NOW).await?;
    assert_eq!(probe, delivery);
    let token = given::take(store, delivery, at).await?;
    let tried = [failure(delivery, 2, token, Settlement::Hold)];
    for _ in 0..2 {
        // The second time as a caller whose first call was cut off.
        store.record_attempts(&tried, at).await?;
        let report = given::report(store, delivery).await?;
        let found = report.delivery;
        assert_eq!(found.state, DeliveryState::Held);
        assert_eq!(found.hold_reason, Some(HoldReason::Breaker));
        assert_eq!((found.attempts, report.attempts.len()), (2, 2));
        assert_eq!((found.next_attempt_at, found.settled_at), (None, None));
        assert_eq!(
            (found.last_status, found.last_cause),
            (Some(503), Some(FailureCause::HttpStatus))
        );
    }
    assert_eq!(given::claim(store, &deliveries, at).await?, []);

    given::change(store, &registration, |_| ()).await?;
    assert_eq!(given::release(store, at, 10).await?, 1);
    // Its lease has ended with it.
    let claimed = given::claim(store, &deliveries, at).await?;
    assert_eq!((claimed[0].attempts, claimed[0].earlier_rounds), (2, 1));
    Ok(())
}

pub async fn one_that_only_tried_under_a_lost_lease_changes_nothing(
    store: &dyn Store,
) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    let lost = given::take(store, delivery, NOW).await?;
    given::take(store, delivery, NOW + seconds(30)).await?;
    store.record_attempts(&[failure(delivery, 1, lost, Settlement::Hold)], NOW).await?;
    let found = given::look(store, delivery).await?;
    assert_eq!((found.state, found.attempts), (DeliveryState::Pending, 1));
    assert_eq!(hold_reason(store, delivery).await?, None);
    let claimed = given::claim(store, &[delivery], NOW + seconds(60)).await?;
    assert_eq!((claimed[0].attempts, claimed[0].earlier_rounds), (1, 0));

    let settled = given::delivered(store).await?.delivery();
    store.record_attempts(&[failure(settled, 1, lost, Settlement::Hold)], NOW).await?;
    assert_eq!(given::look(store, settled).await?.state, DeliveryState::Delivered);
    Ok(())
}

pub async fn what_was_sent_reads_back_as_it_was(store: &dyn Store) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    let token = given::take(store, delivery, NOW).await?;
    let micros = Duration::from_micros;
    let headers = [
        ("content-type", "application/json; charset=utf-8"),
        ("x-odd", "ü \u{1} \"quoted\", {NULL}"),
        ("x-twice", "b"),
        ("authorization", "********"),
        ("x-twice", "a"),
        ("x-empty", ""),
    ];
    let request = SentRequest {
        uri: "https://receiver.example/hook?code=%2A&ä='1'".into(),
        headers: headers.map(|(name, value)| (name.into(), value.into())).into(),
        body_bytes: 1_234_567_890,
        body_digest: std::array::from_fn(|place| u8::try_from(place * 8).unwrap_or(0xff)),
    };
    let bare = SentRequest {
        uri: "http://a.example/".into(),
        headers: vec![],
        body_bytes: 0,
        body_digest: [0; 32],
    };
    let all = Timings {
        dns: Some(micros(1)),
        connect: Some(Duration::ZERO),
        tls: Some(micros(3_000_000_001)),
        first_byte: Some(micros(25_000_000)),
    };
    let failed = |cause| AttemptOutcome::Failed { cause, status: None, detail: None };
    let some = Timings { dns: Some(micros(7)), connect: Some(micros(8)), ..Timings::default() };
    let reused = Timings { first_byte: Some(micros(9)), ..Timings::default() };
    let attempts: Vec<_> = [
        (all, Some(request), 0, AttemptOutcome::Succeeded { status: 200 }),
        (some, Some(bare), 1, failed(FailureCause::Tls)),
        (reused, None, 32_767, failed(FailureCause::Authentication)),
        (Timings::default(), None, 2, failed(FailureCause::Blocked)),
    ]
    .into_iter()
    .zip(1..)
    .map(|((timings, request, replay, outcome), number)| Attempt {
        timings,
        request,
        replay,
        started_at: NOW + seconds(number.into()),
        ..given::attempt(delivery, number, outcome)
    })
    .collect();
    let batch: Vec<_> = (attempts.iter().cloned())
        .map(|attempt| Recorded { attempt, settlement: Settlement::Retry { at: LATER }, token })
        .collect();
    store.record_attempts(&batch, NOW).await?;
    assert_eq!(given::report(store, delivery).await?.attempts, attempts);
    Ok(())
}

pub async fn what_is_let_go_is_not_on_its_way_once_it_is_settled(store: &dyn Store) -> CaseResult {
    // Released, and settled by a worker that was thought lost: it takes no room any more.
    let Pending { registration, deliveries } = given::pending_of(store, 2).await?;
    let token = given::take(store, deliveries[0], NOW).await?;
    let paused = given::pause(store, &registration).await?;
    let late = NOW + seconds(30);
    given::hold_all(store, &deliveries, late).await?;
    given::resume(store, &paused).await?;
    let narrow =
        postrider_domain::flow::ReleasePolicy { ramp_first: 1, ramp_max: 1, ..Default::default() };
    assert_eq!(given::release_by(store, &narrow, &deliveries, late).await?, deliveries[..1]);
    assert_eq!(given::release_by(store, &narrow, &deliveries, late).await?, []);
    store.record_attempts(&[given::success(deliveries[0], 1, token)], late).await?;
    assert_eq!(given::look(store, deliveries[0]).await?.state, DeliveryState::Delivered);
    assert_eq!(given::release_by(store, &narrow, &deliveries, late).await?, deliveries[1..]);
    Ok(())
}
