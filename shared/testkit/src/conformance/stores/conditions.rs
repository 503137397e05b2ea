//! Conditions: nothing is created before they were judged, and what was judged is created once.

use futures_util::future::try_join_all;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{Conditional, Dispatched, Judged, Store};
use postrider_domain::{
    DeliveryId, DeliveryState, Event, Registration, Settlement, Timestamp, UserId, Visibility,
};

use super::CaseResult;
use super::given::{self, LATER, NOW, RESCUE_AT, seconds};

const CONDITION: &str = "@.data.pages > 5";

/// A stored registration for every event that satisfies [`CONDITION`].
async fn conditional(store: &dyn Store, owner: UserId) -> anyhow::Result<Registration> {
    let condition = Some(CONDITION.parse()?);
    let registration = Registration { condition, ..given::new_registration(owner)? };
    given::add(store, &registration).await?;
    Ok(registration)
}

/// A stored event.
async fn accepted(store: &dyn Store) -> anyhow::Result<Event> {
    let event = given::new_event()?;
    given::accept(store, std::slice::from_ref(&event)).await?;
    Ok(event)
}

fn candidates(event: &Event, registrations: &[&Registration]) -> Conditional {
    let registrations =
        registrations.iter().map(|registration| (registration.id, CONDITION.to_owned()));
    Conditional { event: event.clone(), registrations: registrations.collect() }
}

fn judged(event: &Event, registration: &Registration, holds: bool) -> Judged {
    Judged { event: event.id, registration: registration.id, holds }
}

fn delivery(event: &Event, registration: &Registration) -> DeliveryId {
    DeliveryId::derive(event.id, registration.id)
}

/// Dispatches events, and puts the answer in an order.
async fn dispatch(
    store: &dyn Store,
    events: &[&Event],
    rescue_at: Timestamp,
) -> anyhow::Result<Dispatched> {
    let events: Vec<_> = events.iter().map(|event| event.id).collect();
    let mut dispatched = store.dispatch_events(&events, NOW, rescue_at).await?;
    dispatched.created.sort_unstable();
    dispatched.conditional.sort_unstable_by_key(|conditional| conditional.event.id);
    for conditional in &mut dispatched.conditional {
        conditional.registrations.sort_unstable();
    }
    Ok(dispatched)
}

async fn is_dispatched(store: &dyn Store, event: &Event) -> anyhow::Result<bool> {
    let report = store.find_event(Visibility::All, event.id).await?;
    Ok(report.is_some_and(|report| report.dispatched))
}

pub async fn nothing_is_created_before_a_condition_is_judged(store: &dyn Store) -> CaseResult {
    let ada = given::reader(store, "ada").await?;
    let [first, second] = [conditional(store, ada).await?, conditional(store, ada).await?];
    let event = accepted(store).await?;
    let expected =
        Dispatched { created: vec![], conditional: vec![candidates(&event, &[&first, &second])] };
    let late = RESCUE_AT + seconds(60);
    assert_eq!(dispatch(store, &[&event], late).await?, expected);
    assert_eq!(given::all_deliveries(store).await?, []);
    assert_eq!(store.backlog(NOW).await?.undispatched, 1);
    assert!(!is_dispatched(store, &event).await?);
    // It is being judged: nobody else takes it until that is thought lost.
    let early = Timestamp::from_micros(late.as_micros() - 1);
    assert_eq!(store.take_due_events(early, seconds(60), 10).await?, []);
    assert_eq!(store.take_due_events(late, seconds(60), 10).await?, [event]);
    Ok(())
}

pub async fn those_whose_condition_holds_get_their_delivery(store: &dyn Store) -> CaseResult {
    let ada = given::reader(store, "ada").await?;
    let [holds, fails, not] = [
        conditional(store, ada).await?,
        conditional(store, ada).await?,
        conditional(store, ada).await?,
    ];
    let event = accepted(store).await?;
    dispatch(store, &[&event], RESCUE_AT).await?;
    let judgements = [judged(&event, &holds, true), judged(&event, &fails, false)];
    let created = store.dispatch_conditional(&[event.id], &judgements, LATER, RESCUE_AT).await?;
    assert_eq!(created, [delivery(&event, &holds)]);

    let found = given::look(store, delivery(&event, &holds)).await?;
    assert_eq!((found.state, found.attempts), (DeliveryState::Pending, 0));
    assert_eq!((found.created_at, found.next_attempt_at), (LATER, Some(LATER)));
    let early = Timestamp::from_micros(RESCUE_AT.as_micros() - 1);
    assert_eq!(given::due(store, early).await?, []);
    assert_eq!(given::due(store, RESCUE_AT).await?, created);
    // What could not be evaluated is seen.
    let found = given::look(store, delivery(&event, &fails)).await?;
    assert_eq!(found.dead_reason, Some(DeadReason::ConditionFailed));
    assert_eq!((found.state, found.settled_at), (DeliveryState::Dead, Some(LATER)));
    assert_eq!(found.next_attempt_at, None);
    assert!(store.find_delivery(Visibility::All, delivery(&event, &not)).await?.is_none());

    assert!(is_dispatched(store, &event).await?);
    assert_eq!(store.backlog(NOW).await?.undispatched, 0);
    assert_eq!(dispatch(store, &[&event], RESCUE_AT).await?, Dispatched::default());
    let claimed = given::claim(store, &created, LATER).await?;
    assert_eq!((&claimed[0].registration, &claimed[0].events[..]), (&holds, &[event][..]));
    Ok(())
}

pub async fn an_event_that_satisfies_nobody_is_done_with(store: &dyn Store) -> CaseResult {
    let ada = given::reader(store, "ada").await?;
    conditional(store, ada).await?;
    let event = accepted(store).await?;
    dispatch(store, &[&event], RESCUE_AT).await?;
    assert_eq!(store.dispatch_conditional(&[event.id], &[], NOW, RESCUE_AT).await?, []);
    assert!(is_dispatched(store, &event).await?);
    assert_eq!(given::all_deliveries(store).await?, []);
    assert_eq!(store.dispatch_conditional(&[], &[], NOW, RESCUE_AT).await?, []);
    Ok(())
}

pub async fn who_starts_again_gets_the_same_to_judge_and_nothing_twice(
    store: &dyn Store,
) -> CaseResult {
    let ada = given::reader(store, "ada").await?;
    let plain = given::registration(store, ada).await?;
    let asking = conditional(store, ada).await?;
    let event = accepted(store).await?;
    let to_judge = vec![candidates(&event, &[&asking])];
    let first = dispatch(store, &[&event], RESCUE_AT).await?;
    let created = vec![delivery(&event, &plain)];
    assert_eq!(first, Dispatched { created, conditional: to_judge.clone() });
    // The one without a condition is sent while the other is judged.
    given::settle(store, delivery(&event, &plain), Settlement::Delivered, NOW).await?;
    let before = given::all_deliveries(store).await?;
    for _ in 0..2 {
        let again = dispatch(store, &[&event], RESCUE_AT).await?;
        assert_eq!(again, Dispatched { created: vec![], conditional: to_judge.clone() });
        assert_eq!(given::all_deliveries(store).await?, before);
    }
    let judgement = [judged(&event, &asking, true)];
    let created = store.dispatch_conditional(&[event.id], &judgement, NOW, RESCUE_AT).await?;
    assert_eq!(created, [delivery(&event, &asking)]);
    given::settle(store, created[0], Settlement::Delivered, NOW).await?;
    let before = given::all_deliveries(store).await?;
    assert_eq!(before.len(), 2);
    // Somebody who judged at the same time, and is late.
    for holds in [true, false] {
        let judgement = [judged(&event, &asking, holds)];
        store.dispatch_conditional(&[event.id], &judgement, LATER, RESCUE_AT).await?;
        assert_eq!(given::all_deliveries(store).await?, before);
    }
    Ok(())
}

pub async fn a_registration_that_is_deleted_meanwhile_gets_nothing(
    store: &dyn Store,
) -> CaseResult {
    let ada = given::reader(store, "ada").await?;
    let [there, gone] = [conditional(store, ada).await?, conditional(store, ada).await?];
    let event = accepted(store).await?;
    dispatch(store, &[&event], RESCUE_AT).await?;
    store.delete_registration(Visibility::All, gone.id, None, NOW).await?;
    for holds in [true, false] {
        let judgements = [judged(&event, &gone, holds), judged(&event, &there, true)];
        store.dispatch_conditional(&[event.id], &judgements, NOW, RESCUE_AT).await?;
        let all: Vec<_> =
            given::all_deliveries(store).await?.iter().map(|found| found.id).collect();
        assert_eq!(all, [delivery(&event, &there)]);
    }
    assert!(is_dispatched(store, &event).await?);
    Ok(())
}

pub async fn events_with_and_without_conditions_are_dispatched_together(
    store: &dyn Store,
) -> CaseResult {
    let root = given::administrator(store, "root").await?;
    let ada = given::reader(store, "ada").await?;
    let tasks = given::registration_for(store, root, &["tasks"]).await?;
    let plain = given::registration(store, ada).await?;
    let asking = conditional(store, ada).await?;
    let task = given::event_about("tasks", "1")?;
    let nobodys = given::event_about("alerts", "1")?;
    let [first, second] = [given::new_event()?, given::new_event()?];
    let events = [&first, &task, &nobodys, &second];
    given::accept(store, &events.map(Clone::clone)).await?;
    let mut created =
        vec![delivery(&first, &plain), delivery(&second, &plain), delivery(&task, &tasks)];
    created.sort_unstable();
    let conditional = vec![candidates(&first, &[&asking]), candidates(&second, &[&asking])];
    let expected = Dispatched { created, conditional };
    assert_eq!(dispatch(store, &events, RESCUE_AT).await?, expected);
    assert_eq!(store.backlog(NOW).await?.undispatched, 2);

    // Judged in two calls, as by two dispatchers.
    let judgement = [judged(&first, &asking, true), judged(&second, &asking, false)];
    for (event, created) in [(&second, vec![]), (&first, vec![delivery(&first, &asking)])] {
        let of_this: Vec<_> =
            judgement.iter().copied().filter(|judged| judged.event == event.id).collect();
        let answer = store.dispatch_conditional(&[event.id], &of_this, NOW, RESCUE_AT).await?;
        assert_eq!(answer, created);
    }
    assert_eq!(store.backlog(NOW).await?.undispatched, 0);
    assert_eq!(given::all_deliveries(store).await?.len(), 5);
    Ok(())
}

pub async fn only_those_who_would_be_told_are_judged(store: &dyn Store) -> CaseResult {
    let ada = given::reader(store, "ada").await?;
    let asking = conditional(store, ada).await?;
    conditional(store, given::user(store, "may not read it").await?).await?;
    let off = given::reader(store, "is off").await?;
    conditional(store, off).await?;
    given::disable(store, off).await?;
    let filters = postrider_domain::FilterSet::parse(["tasks"])?;
    let other = conditional(store, ada).await?;
    given::change(store, &other, |changed| changed.filters = filters).await?;
    // Without a condition any more, and with one since.
    let plain = conditional(store, ada).await?;
    given::change(store, &plain, |changed| changed.condition = None).await?;
    let since = given::registration(store, ada).await?;
    let condition = Some(CONDITION.parse()?);
    let since = given::change(store, &since, |changed| changed.condition = condition).await?;

    let event = accepted(store).await?;
    let expected = Dispatched {
        created: vec![delivery(&event, &plain)],
        conditional: vec![candidates(&event, &[&asking, &since])],
    };
    assert_eq!(dispatch(store, &[&event], RESCUE_AT).await?, expected);
    Ok(())
}

pub async fn dispatchers_who_judge_at_once_create_each_delivery_once(
    store: &dyn Store,
) -> CaseResult {
    let ada = given::reader(store, "ada").await?;
    let mut asking = Vec::new();
    for _ in 0..4 {
        asking.push(conditional(store, ada).await?);
    }
    let mut events = Vec::new();
    for _ in 0..10 {
        events.push(accepted(store).await?);
    }
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    dispatch(store, &events.iter().collect::<Vec<_>>(), RESCUE_AT).await?;
    // Each has them in another order, so that careless locking would end in a deadlock.
    let calls: Vec<(Vec<_>, Vec<_>)> = (0..5)
        .map(|first: usize| {
            let order = [&events[first * 2..], &events[..first * 2]].concat();
            let of = |event: &Event| {
                asking.iter().map(|asking| judged(event, asking, true)).collect::<Vec<_>>()
            };
            let judgements = order.iter().flat_map(of).collect();
            (order.iter().map(|event| event.id).collect(), judgements)
        })
        .collect();
    try_join_all(
        calls.iter().map(|(ids, judged)| store.dispatch_conditional(ids, judged, NOW, RESCUE_AT)),
    )
    .await?;
    assert_eq!(given::all_deliveries(store).await?.len(), 40);
    assert_eq!(store.backlog(NOW).await?.undispatched, 0);
    assert_eq!(given::dispatch(store, &ids).await?, []);
    Ok(())
}
