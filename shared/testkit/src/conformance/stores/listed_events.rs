//! Lists of events: who sees which, in what order, and what is asked for.

use postrider_domain::ports::{EventFilter, ListedEvent, Store};
use postrider_domain::{
    Access, Event, EventId, PageRequest, Resource, ResourceScope, Timestamp, UserId, Visibility,
};
use uuid::Builder;

use super::CaseResult;
use super::given::{self, LATER, NOW, RESCUE_AT, id, seconds};

const ALL: Visibility = Visibility::All;

/// How many events there are.
const EVENTS: u8 = 24;

/// An administrator, somebody whose registrations get events, somebody who publishes, who has a
/// registration for some, and somebody who has nothing to do with any.
struct World {
    ada: UserId,
    pat: UserId,
    bob: UserId,
    /// Oldest first.
    events: Vec<Event>,
}

/// An id of a millisecond that it shares with others; which of them comes first is not when it was
/// made.
fn event_id(at: Timestamp, place: u8) -> EventId {
    let tail = [place.wrapping_mul(97); 10];
    Builder::from_unix_timestamp_millis(at.as_millis(), &tail).into_uuid().into()
}

async fn world(store: &dyn Store) -> anyhow::Result<World> {
    let [ada, bob] = [given::reader(store, "ada").await?, given::reader(store, "bob").await?];
    let pat = given::user(store, "pat").await?;
    for user in [ada, bob] {
        given::grant(store, user, "tasks", ResourceScope::Any, Access::READ).await?;
    }
    for (owner, filters) in
        [(ada, &["*"][..]), (ada, &["*"]), (ada, &["tasks"]), (bob, &["tasks"]), (pat, &["*"])]
    {
        given::registration_for(store, owner, filters).await?;
    }
    let mut events = Vec::new();
    for place in 0..EVENTS {
        let at = NOW + seconds(u64::from(place / 8));
        events.push(Event {
            id: event_id(at, place),
            event_type: ["Added", "Edited", "Executed"][usize::from(place % 3)].parse()?,
            publisher: [Some(pat), Some(ada), None][usize::from(place / 2 % 3)],
            actor: Some("someone".into()),
            accepted_at: at,
            occurred_at: at,
            resource: Resource {
                id: if place % 5 == 0 { "43" } else { "42" }.into(),
                name: Some("Q3 revenue".into()),
                category: None,
            },
            ..given::event_about(if place % 4 < 2 { "reports" } else { "Tasks" }, "42")?
        });
    }
    events.sort_unstable_by_key(|event| event.id);
    given::accept(store, &events).await?;
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    given::dispatch(store, &ids[..usize::from(EVENTS) - 2]).await?;
    Ok(World { ada, pat, bob, events })
}

/// What somebody sees, newest first: what they find one by one.
async fn visible(
    store: &dyn Store,
    visibility: Visibility,
    events: &[Event],
) -> anyhow::Result<Vec<ListedEvent>> {
    let mut visible = Vec::new();
    for event in events.iter().rev() {
        if let Some(report) = store.find_event(visibility, event.id).await? {
            visible.push(ListedEvent {
                event: Event { data: None, ..report.event },
                dispatched: report.dispatched,
                expunged_at: report.expunged_at,
            });
        }
    }
    Ok(visible)
}

async fn every(
    store: &dyn Store,
    visibility: Visibility,
    filter: &EventFilter,
    limit: u32,
) -> anyhow::Result<Vec<ListedEvent>> {
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let page = store.list_events(visibility, filter, PageRequest { before, limit }).await?;
        anyhow::ensure!(page.items.len() <= limit as usize, "a page keeps to its limit");
        anyhow::ensure!(page.next != before || before.is_none(), "a page leads on");
        all.extend(page.items);
        before = page.next;
        if before.is_none() {
            return Ok(all);
        }
    }
}

pub async fn everybody_sees_the_events_they_find_newest_first_and_page_by_page(
    store: &dyn Store,
) -> CaseResult {
    let World { ada, pat, bob, events } = world(store).await?;
    let mut counts = Vec::new();
    for visibility in [ALL].into_iter().chain([ada, pat, bob, id()].map(Visibility::Own)) {
        let expected = visible(store, visibility, &events).await?;
        for limit in [1, 2, 3, 5, 8, 100] {
            let listed = every(store, visibility, &EventFilter::default(), limit).await?;
            assert_eq!(listed, expected, "{visibility:?} by {limit}");
        }
        counts.push(expected.len());
    }
    // Ada sees what she got or published, Pat what she published, Bob the tasks that were dispatched.
    assert_eq!((counts[0], counts[4]), (24, 0));
    assert!(counts[1] > counts[3] && counts[2] == 8 && counts[3] > 8, "{counts:?}");
    Ok(())
}

pub async fn a_list_shows_the_events_that_its_filter_asks_for(store: &dyn Store) -> CaseResult {
    let World { ada, pat, events, .. } = world(store).await?;
    let times = [(None, None), (Some(NOW + seconds(1)), None), (None, Some(NOW + seconds(2)))];
    for visibility in [ALL, Visibility::Own(ada), Visibility::Own(pat)] {
        let all = visible(store, visibility, &events).await?;
        for name in [None, Some("REPORTS"), Some("tasks"), Some("alerts")] {
            for event_type in [None, Some("Added"), Some("edited")] {
                for resource in [None, Some("42"), Some("43"), Some("44")] {
                    for (from, to) in times {
                        let filter = EventFilter {
                            filter: name.map(str::parse).transpose()?,
                            event_type: event_type.map(str::parse).transpose()?,
                            resource: resource.map(str::to_owned),
                            from,
                            to,
                        };
                        let expected: Vec<_> =
                            all.iter().filter(|found| is_shown(&filter, found)).cloned().collect();
                        let listed = every(store, visibility, &filter, 3).await?;
                        assert_eq!(listed, expected, "{visibility:?} {filter:?}");
                    }
                }
            }
        }
    }
    Ok(())
}

fn is_shown(filter: &EventFilter, found: &ListedEvent) -> bool {
    let event = &found.event;
    filter.filter.as_ref().is_none_or(|filter| *filter == event.filter)
        && filter.event_type.as_ref().is_none_or(|filter| *filter == event.event_type)
        && filter.resource.as_ref().is_none_or(|resource| *resource == event.resource.id)
        && filter.from.is_none_or(|from| event.accepted_at >= from)
        && filter.to.is_none_or(|to| event.accepted_at < to)
}

pub async fn a_listed_event_says_that_its_payload_was_removed(store: &dyn Store) -> CaseResult {
    let World { ada, events, .. } = world(store).await?;
    let newest = events[events.len() - 1].id;
    store.expunge_event(newest, LATER).await?;
    for visibility in [ALL, Visibility::Own(ada)] {
        let expected = visible(store, visibility, &events).await?;
        let listed = every(store, visibility, &EventFilter::default(), 100).await?;
        assert_eq!(listed, expected);
        let expunged = listed.iter().filter(|found| found.expunged_at == Some(LATER));
        let expected = usize::from(expected.iter().any(|found| found.event.id == newest));
        assert_eq!(expunged.count(), expected);
    }
    Ok(())
}

/// What is rare is far behind what is looked at for one page.
pub async fn a_search_for_events_looks_at_so_many_and_leads_on(store: &dyn Store) -> CaseResult {
    let pat = given::user(store, "pat").await?;
    let rare = Event {
        publisher: Some(pat),
        event_type: "Rare".parse()?,
        ..given::event_about("reports", "rare")?
    };
    given::accept(store, std::slice::from_ref(&rare)).await?;
    let mut left = EventFilter::WALK_LIMIT as usize;
    while left > 0 {
        let many = left.min(1_000);
        let common = |_| {
            let event = given::event_at(NOW + seconds(60), "reports", "42")?;
            Ok(Event { publisher: Some(pat), ..event })
        };
        given::accept(store, &(0..many).map(common).collect::<anyhow::Result<Vec<_>>>()?).await?;
        left -= many;
    }
    let filter = EventFilter { event_type: Some("Rare".parse()?), ..EventFilter::default() };
    for visibility in [ALL, Visibility::Own(pat)] {
        let page = store.list_events(visibility, &filter, PageRequest::first(10)).await?;
        assert_eq!(page.items, [], "{visibility:?}");
        let before = page.next;
        assert!(before.is_some(), "{visibility:?}");
        let page = store.list_events(visibility, &filter, PageRequest { before, limit: 10 });
        let page = page.await?;
        let listed: Vec<_> = page.items.iter().map(|found| found.event.id).collect();
        assert_eq!((listed, page.next), (vec![rare.id], None), "{visibility:?}");
        // What an index knows is found at once.
        for known in [
            EventFilter { resource: Some("rare".into()), ..EventFilter::default() },
            EventFilter { to: Some(RESCUE_AT), ..filter.clone() },
        ] {
            let page = store.list_events(visibility, &known, PageRequest::first(10)).await?;
            assert_eq!((page.items.len(), page.next), (1, None), "{visibility:?} {known:?}");
        }
    }
    Ok(())
}
