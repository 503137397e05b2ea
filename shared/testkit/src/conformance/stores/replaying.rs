//! Replays as jobs: what they send again, and how fast.

use std::time::Duration;

use anyhow::Context;
use futures_util::future::try_join_all;
use postrider_domain::ports::Store;
use postrider_domain::{
    DeliveryId, DeliveryState, PageRequest, Replay, ReplayId, ReplayState, Settlement, Timestamp,
    Visibility,
};

use super::CaseResult;
use super::given::{
    self, LATER, NOW, Pending, advance_all, everything, id, new_replay, replayed, seconds,
};

const ALL: Visibility = Visibility::All;

/// When replays of these cases are made.
const AT: Timestamp = Timestamp::from_micros(NOW.as_micros() + 60_000_000);

/// `count` deliveries that the receiver has got, as if it had taken no request.
async fn delivered(store: &dyn Store, count: usize) -> anyhow::Result<Pending> {
    let pending = given::pending_of(store, count).await?;
    let lease = given::lease(NOW);
    store.claim_deliveries(&pending.deliveries, &[], lease, NOW).await?;
    let batch: Vec<_> = (pending.deliveries.iter())
        .map(|delivery| given::success(*delivery, 1, lease.token))
        .collect();
    store.record_attempts(&batch, NOW).await?;
    Ok(pending)
}

async fn find(store: &dyn Store, replay: ReplayId) -> anyhow::Result<Replay> {
    store.find_replay(ALL, replay).await?.context("it is there")
}

pub async fn a_replay_reads_back_as_it_was_stored(store: &dyn Store) -> CaseResult {
    let registration = delivered(store, 1).await?.registration;
    let full = Replay {
        created_by: id(),
        matched: postrider_domain::BoundedCount { count: 100_000, more: true },
        query: postrider_domain::ReplayQuery {
            dead: true,
            delivered: false,
            reasons: ["exhausted".to_owned(), "gone".to_owned()].into(),
            filter: Some("Reports".parse()?),
            event_type: Some("Executed".parse()?),
            from: Some(NOW),
            to: Some(AT + Duration::from_micros(1)),
        },
        ..new_replay(&registration, everything(), Replay::MAX_PACE, AT)
    };
    assert!(store.add_replay(ALL, &full).await?);
    assert_eq!(find(store, full.id).await?, full);
    assert_eq!(store.find_replay(ALL, id()).await?, None);

    let counted = Replay {
        matched: postrider_domain::BoundedCount { count: 7, more: false },
        ..new_replay(&registration, everything(), 1, AT)
    };
    assert!(store.add_replay(ALL, &counted).await?);
    assert_eq!(find(store, counted.id).await?, counted);
    Ok(())
}

pub async fn what_is_replayed_is_sent_again_in_a_new_round(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = delivered(store, 1).await?;
    let replay = given::replay(store, &registration, 10, AT).await?;
    let now = AT + seconds(1);
    assert_eq!(store.advance_replays(now, 100).await?, 1);
    let found = given::look(store, deliveries[0]).await?;
    assert_eq!((found.state, found.next_attempt_at), (DeliveryState::Pending, Some(now)));
    assert_eq!((found.attempts, found.replays), (1, 1));
    assert_eq!((found.settled_at, found.dead_reason), (None, None));
    assert_eq!(given::due(store, now).await?, deliveries);
    let claimed = given::claim(store, &deliveries, now).await?;
    let claimed = claimed.first().context("it may be attempted")?;
    assert_eq!((claimed.attempts, claimed.earlier_rounds, claimed.replays), (1, 1, 1));
    assert_eq!(find(store, replay).await?.replayed, 1);
    Ok(())
}

/// How many are replayed, looking every `step`, in so many steps.
async fn paced(store: &dyn Store, pace: u32, step: Duration, steps: u32) -> anyhow::Result<u64> {
    let registration = delivered(store, 100).await?.registration;
    let replay = given::replay(store, &registration, pace, AT).await?;
    let mut total = 0;
    for turn in 1..=steps {
        total += store.advance_replays(AT + step * turn, 1000).await?;
        assert_eq!(find(store, replay).await?.replayed, total);
    }
    store.delete_registration(ALL, registration.id, None, LATER).await?;
    Ok(total)
}

pub async fn a_pace_is_kept_whatever_it_is_and_however_often_one_looks(
    store: &dyn Store,
) -> CaseResult {
    for (pace, step, steps, expected) in [
        (1, 1_000, 5, 5),
        (1, 100, 50, 5),
        (1, 333, 10, 3),
        (2, 700, 10, 14),
        (3, 250, 16, 12),
        (7, 10, 300, 21),
        (30, 1_000, 3, 90),
        // A second's worth is the most that is caught up.
        (10, 5_000, 3, 30),
    ] {
        let total = paced(store, pace, Duration::from_millis(step), steps).await?;
        assert_eq!(total, expected, "{pace} a second, every {step} ms");
    }
    Ok(())
}

pub async fn a_replay_goes_on_after_a_silence_and_not_all_at_once(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = delivered(store, 30).await?;
    given::replay(store, &registration, 10, AT).await?;
    assert_eq!(store.advance_replays(AT + seconds(1), 1000).await?, 10);
    assert_eq!(replayed(store, &deliveries, 1).await?, deliveries[..10], "the oldest go first");
    let late = AT + seconds(3600);
    assert_eq!(store.advance_replays(late, 1000).await?, 10);
    assert_eq!(store.advance_replays(late, 1000).await?, 0);
    assert_eq!(store.advance_replays(late + seconds(1), 1000).await?, 10);
    assert_eq!(replayed(store, &deliveries, 1).await?, deliveries);
    Ok(())
}

pub async fn a_call_advances_by_its_limit_at_the_most(store: &dyn Store) -> CaseResult {
    let mut all = Vec::new();
    for _ in 0..2 {
        let Pending { registration, deliveries } = delivered(store, 4).await?;
        given::replay(store, &registration, 100, AT).await?;
        all.extend(deliveries);
    }
    let mut total = 0;
    for turn in 1..=10 {
        let advanced = store.advance_replays(AT + seconds(turn), 3).await?;
        assert!(advanced <= 3, "{advanced}");
        total += advanced;
    }
    assert_eq!(total, 8);
    assert_eq!(replayed(store, &all, 1).await?, all);
    Ok(())
}

pub async fn a_replay_that_has_none_left_is_done(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = delivered(store, 25).await?;
    let count = store.count_replay(ALL, registration.id, &everything(), AT).await?;
    let count = count.context("it is visible")?;
    assert_eq!((count.count, count.more), (25, false));
    let replay = given::replay(store, &registration, 10, AT).await?;
    assert_eq!(store.advance_replays(AT + seconds(1), 1000).await?, 10);
    let running = find(store, replay).await?;
    assert_eq!((running.state, running.finished_at), (ReplayState::Running, None));
    let end = advance_all(store, AT + seconds(1)).await?;
    let done = find(store, replay).await?;
    assert_eq!((done.state, done.replayed), (ReplayState::Done, count.count));
    assert!(done.finished_at.is_some_and(|at| AT + seconds(2) < at && at <= end), "{done:?}");
    assert_eq!(replayed(store, &deliveries, 1).await?, deliveries);

    // One that has nothing to send is done as well, and what is done stays so.
    let empty = given::replay(store, &registration, 10, AT).await?;
    advance_all(store, end).await?;
    let empty = find(store, empty).await?;
    assert_eq!((empty.state, empty.replayed), (ReplayState::Done, 0));
    assert_eq!(store.cancel_replay(ALL, replay, end).await?, Some(ReplayState::Done));
    assert_eq!(find(store, replay).await?, done);
    Ok(())
}

pub async fn a_cancelled_replay_sends_no_more(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = delivered(store, 20).await?;
    let replay = given::replay(store, &registration, 10, AT).await?;
    let now = AT + seconds(1);
    store.advance_replays(now, 1000).await?;
    assert_eq!(store.cancel_replay(ALL, replay, now).await?, Some(ReplayState::Running));
    let cancelled = find(store, replay).await?;
    assert_eq!((cancelled.state, cancelled.replayed), (ReplayState::Cancelled, 10));
    assert_eq!(cancelled.finished_at, Some(now));
    let end = advance_all(store, now).await?;
    assert_eq!(store.cancel_replay(ALL, replay, end).await?, Some(ReplayState::Cancelled));
    assert_eq!(find(store, replay).await?, cancelled);
    assert_eq!(replayed(store, &deliveries, 1).await?, deliveries[..10]);
    // What it has sent on already goes on.
    assert_eq!(given::claim(store, &deliveries, end).await?.len(), 10);
    Ok(())
}

pub async fn schedulers_at_once_replay_nothing_twice(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = delivered(store, 40).await?;
    let replay = given::replay(store, &registration, 10, AT).await?;
    for turn in 1..=4 {
        let now = AT + seconds(turn);
        let advanced = try_join_all((0..6).map(|_| store.advance_replays(now, 1000))).await?;
        assert_eq!(advanced.iter().sum::<u64>(), 10, "{advanced:?}");
    }
    assert_eq!(replayed(store, &deliveries, 1).await?, deliveries);
    assert_eq!(find(store, replay).await?.replayed, 40);
    Ok(())
}

pub async fn only_the_one_registration_gets_it(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = delivered(store, 3).await?;
    let second = postrider_domain::Registration { id: id(), ..registration.clone() };
    given::add(store, &second).await?;
    // Of the same events, and of the same owner.
    let both = given::more(store, &registration, 2).await?;
    let mut others = Vec::new();
    for delivery in &both {
        let event = given::look(store, *delivery).await?.event;
        others.push(DeliveryId::derive(event, second.id));
    }
    for delivery in both.iter().chain(&others) {
        given::settle(store, *delivery, Settlement::Delivered, NOW).await?;
    }
    given::replay(store, &registration, 100, AT).await?;
    advance_all(store, AT).await?;
    assert_eq!(replayed(store, &[deliveries, both.clone()].concat(), 1).await?.len(), 5);
    assert_eq!(replayed(store, &others, 0).await?, others);
    Ok(())
}

pub async fn a_replay_is_for_its_owner_and_for_nobody_else(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = delivered(store, 1).await?;
    let (hers, of) = (Visibility::Own(registration.owner), registration.id);
    let eve = Visibility::Own(given::reader(store, "eve").await?);
    let replay = new_replay(&registration, everything(), 10, AT);
    assert_eq!(store.count_replay(eve, of, &everything(), AT).await?, None);
    assert_eq!(store.count_replay(ALL, id(), &everything(), AT).await?, None);
    assert!(!store.add_replay(eve, &replay).await?);
    assert!(!store.add_replay(ALL, &Replay { registration: id(), ..replay.clone() }).await?);
    assert_eq!(store.find_replay(ALL, replay.id).await?, None);

    assert!(store.count_replay(hers, of, &everything(), AT).await?.is_some());
    assert!(store.add_replay(hers, &replay).await?);
    assert_eq!(store.find_replay(eve, replay.id).await?, None);
    assert_eq!(store.cancel_replay(eve, replay.id, AT).await?, None);
    assert_eq!(store.cancel_replay(ALL, id(), AT).await?, None);
    assert_eq!(store.find_replay(hers, replay.id).await?.as_ref(), Some(&replay));
    advance_all(store, AT).await?;
    assert_eq!(replayed(store, &deliveries, 1).await?, deliveries);
    Ok(())
}

pub async fn replays_are_listed_newest_first_and_page_by_page(store: &dyn Store) -> CaseResult {
    let [first, second] = [delivered(store, 1).await?, delivered(store, 1).await?];
    let mut all = Vec::new();
    for turn in 0..6 {
        let of = if turn % 3 == 0 { &second } else { &first };
        all.push(given::replay(store, &of.registration, 10, AT + seconds(turn)).await?);
    }
    all.reverse();
    let listed = async |visibility, of: Option<&Pending>| {
        let of = of.map(|pending| pending.registration.id);
        let page = |page: PageRequest| store.list_replays(visibility, of, page);
        let replays = given::every_page(2, page).await?;
        anyhow::Ok(replays.iter().map(|replay| replay.id).collect::<Vec<_>>())
    };
    let of_first = [all[0], all[1], all[3], all[4]];
    assert_eq!(listed(ALL, None).await?, all);
    assert_eq!(listed(ALL, Some(&first)).await?, of_first);
    assert_eq!(listed(Visibility::Own(first.registration.owner), None).await?, of_first);
    let hers = Visibility::Own(second.registration.owner);
    assert_eq!(listed(hers, Some(&first)).await?, []);
    assert_eq!(listed(Visibility::Own(id()), None).await?, []);
    Ok(())
}
