//! Accepting events.

use anyhow::Context;
use futures_util::future::try_join_all;
use postrider_domain::ports::Store;
use postrider_domain::submission::AcceptedEvent;
use postrider_domain::{
    Audience, Event, EventId, Resource, Submission, SubmissionOutcome, Timestamp, Visibility,
};
use serde_json::value::RawValue;

use super::CaseResult;
use super::given::{self, NOW, RESCUE_AT};

async fn stored(store: &dyn Store, event: EventId) -> anyhow::Result<Option<Event>> {
    Ok(store.find_event(Visibility::All, event).await?.map(|report| report.event))
}

fn one(id: EventId, duplicate: bool) -> SubmissionOutcome {
    SubmissionOutcome::Accepted(vec![AcceptedEvent { id, duplicate }])
}

pub async fn an_accepted_event_reads_back_as_it_was_sent(store: &dyn Store) -> CaseResult {
    let full = Event {
        resource: Resource {
            id: "a/b c?ü".into(),
            name: Some("Ümsätze 你好 'quoted' \"twice\" \\".into()),
            category: Some(String::new()),
        },
        actor: Some("ada, NULL, {x}".into()),
        occurred_at: Timestamp::from_micros(1),
        accepted_at: Timestamp::from_micros(NOW.as_micros() + 1),
        // Kept to the byte: order, doubles, spaces, escapes and digits that no float can hold.
        data: Some(RawValue::from_string(
            r#"{ "b":1,"a" : [ 1.50, 12345678901234567890.000, "\u0000é\n" ],"b":2 }"#.into(),
        )?),
        publisher: Some(given::id()),
        audience: Some(Audience::parse(["Zoe", "ÄDA 'quoted' \"twice\" \\"])?),
        ..given::new_event()?
    };
    let bare = Event { data: None, ..given::new_event()? };
    given::accept(store, &[full.clone(), bare.clone()]).await?;
    let due = store.take_due_events(RESCUE_AT, given::seconds(60), 10).await?;
    assert_eq!(due, [full.clone(), bare.clone()]);
    assert_eq!(stored(store, full.id).await?, Some(full));
    assert_eq!(stored(store, bare.id).await?, Some(bare));
    Ok(())
}

pub async fn requests_are_answered_in_their_order(store: &dyn Store) -> CaseResult {
    let events: Vec<_> = (0..4).map(|_| given::new_event()).collect::<Result<_, _>>()?;
    let submissions: Vec<Submission> =
        vec![given::submission(&events[2..]), vec![], given::submission(&events[..2])];
    let outcomes = store.accept_events(&submissions, RESCUE_AT).await?;
    assert_eq!(outcomes, submissions.iter().map(given::all_new).collect::<Vec<_>>());
    assert_eq!(store.backlog(NOW).await?.undispatched, 4);
    Ok(())
}

pub async fn a_call_without_requests_is_answered_with_nothing(store: &dyn Store) -> CaseResult {
    assert_eq!(store.accept_events(&[], RESCUE_AT).await?, []);
    Ok(())
}

pub async fn a_repeated_key_with_the_same_content_names_the_first_event(
    store: &dyn Store,
) -> CaseResult {
    let first = given::keyed(1, "a", 1)?;
    let again = given::keyed(1, "a", 1)?;
    let outcomes = store.accept_events(&[vec![first.clone()]], RESCUE_AT).await?;
    assert_eq!(outcomes, [one(first.event.id, false)]);
    let outcomes = store.accept_events(&[vec![again.clone()]], RESCUE_AT).await?;
    assert_eq!(outcomes, [one(first.event.id, true)]);
    assert_eq!(stored(store, again.event.id).await?, None);
    assert_eq!(store.backlog(NOW).await?.undispatched, 1);
    Ok(())
}

pub async fn a_repeated_key_with_other_content_stores_nothing_of_its_request(
    store: &dyn Store,
) -> CaseResult {
    let first = given::keyed(1, "a", 1)?;
    store.accept_events(&[vec![first.clone()]], RESCUE_AT).await?;

    let beside = given::new_event()?;
    let refused =
        [given::submission(std::slice::from_ref(&beside)), vec![given::keyed(1, "a", 2)?]].concat();
    let other = vec![given::keyed(1, "b", 2)?];
    let outcomes = store.accept_events(&[refused, other.clone()], RESCUE_AT).await?;
    let conflict = SubmissionOutcome::Conflict { index: 1, existing: first.event.id };
    assert_eq!(outcomes, [conflict, given::all_new(&other)]);
    assert_eq!(stored(store, beside.id).await?, None);
    assert!(stored(store, other[0].event.id).await?.is_some());
    Ok(())
}

pub async fn a_refused_request_claims_no_key(store: &dyn Store) -> CaseResult {
    store.accept_events(&[vec![given::keyed(1, "a", 1)?]], RESCUE_AT).await?;
    let refused = vec![given::keyed(1, "b", 1)?, given::keyed(1, "a", 2)?];
    store.accept_events(&[refused], RESCUE_AT).await?;
    let later = vec![given::keyed(1, "b", 9)?];
    let outcomes = store.accept_events(std::slice::from_ref(&later), RESCUE_AT).await?;
    assert_eq!(outcomes, [given::all_new(&later)]);
    Ok(())
}

pub async fn a_key_twice_in_one_call_is_one_event(store: &dyn Store) -> CaseResult {
    let first = given::keyed(1, "a", 1)?;
    let submissions =
        [vec![first.clone(), given::keyed(1, "a", 1)?], vec![given::keyed(1, "a", 1)?]];
    let outcomes = store.accept_events(&submissions, RESCUE_AT).await?;
    let accepted = |duplicate| AcceptedEvent { id: first.event.id, duplicate };
    assert_eq!(
        outcomes,
        [
            SubmissionOutcome::Accepted(vec![accepted(false), accepted(true)]),
            SubmissionOutcome::Accepted(vec![accepted(true)]),
        ]
    );
    assert_eq!(store.backlog(NOW).await?.undispatched, 1);
    Ok(())
}

pub async fn the_same_key_of_another_scope_is_another_key(store: &dyn Store) -> CaseResult {
    let submissions = [vec![given::keyed(1, "a", 1)?], vec![given::keyed(2, "a", 2)?]];
    let outcomes = store.accept_events(&submissions, RESCUE_AT).await?;
    assert_eq!(outcomes, submissions.each_ref().map(given::all_new));
    Ok(())
}

pub async fn calls_at_once_with_the_same_new_keys_store_each_once(store: &dyn Store) -> CaseResult {
    // Each call has the keys in another order, so that careless locking would end in a deadlock.
    let calls: Vec<Vec<Submission>> = (0..8)
        .map(|call: usize| {
            (0..6)
                .map(|place: usize| {
                    Ok(vec![given::keyed(1, &((call + place) % 6).to_string(), 1)?])
                })
                .collect::<anyhow::Result<_>>()
        })
        .collect::<Result<_, _>>()?;
    let outcomes =
        try_join_all(calls.iter().map(|call| store.accept_events(call, RESCUE_AT))).await?;

    let fresh = outcomes.iter().flatten().filter(
        |outcome| matches!(outcome, SubmissionOutcome::Accepted(events) if !events[0].duplicate),
    );
    assert_eq!(fresh.count(), 6);
    assert_eq!(store.backlog(NOW).await?.undispatched, 6);
    Ok(())
}

pub async fn accepting_the_same_events_again_changes_nothing(store: &dyn Store) -> CaseResult {
    // What a caller does whose first call was cut off: whether it took effect is unknown.
    let pending = given::pending(store).await?;
    let delivery = given::look(store, pending.delivery()).await?;
    let event = stored(store, delivery.event).await?.context("it was accepted")?;
    let submission = given::submission(&[event]);
    let outcomes = store.accept_events(std::slice::from_ref(&submission), RESCUE_AT).await?;
    assert_eq!(outcomes, [given::all_new(&submission)]);
    assert_eq!(given::all_deliveries(store).await?, [delivery]);
    Ok(())
}

pub async fn many_events_are_accepted_in_one_call(store: &dyn Store) -> CaseResult {
    let events: Vec<_> = (0..1000).map(|_| given::new_event()).collect::<Result<_, _>>()?;
    let submissions: Vec<_> = events.chunks(7).map(given::submission).collect();
    let outcomes = store.accept_events(&submissions, RESCUE_AT).await?;
    assert_eq!(outcomes, submissions.iter().map(given::all_new).collect::<Vec<_>>());
    assert_eq!(store.backlog(NOW).await?.undispatched, 1000);
    Ok(())
}
