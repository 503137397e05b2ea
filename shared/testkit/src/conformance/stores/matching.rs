//! Which deliveries a replay is about.

use anyhow::Context;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{DeliveryFilter, ListedDelivery, Store};
use postrider_domain::{
    DeliveryId, DeliveryState, Event, PageRequest, Registration, ReplayQuery, Settlement,
    Timestamp, Visibility,
};

use super::CaseResult;
use super::given::{self, NOW, advance_all, everything, new_replay, replayed, seconds};

const ALL: Visibility = Visibility::All;
const REASONS: [DeadReason; 3] =
    [DeadReason::Exhausted, DeadReason::Gone, DeadReason::HoldOverflow];

/// A delivery with its event, and how it ended.
struct Row {
    delivery: DeliveryId,
    event: Event,
    settlement: Settlement,
}

/// Deliveries of everything in every state: of every kind and type, delivered and dead for several
/// reasons, one every minute; and two that are not settled.
async fn table(store: &dyn Store) -> anyhow::Result<(Registration, Vec<Row>)> {
    let root = given::administrator(store, "root").await?;
    let registration = given::registration(store, root).await?;
    let dead = REASONS.map(|reason| Settlement::Dead { reason });
    let settlements = [Settlement::Delivered, dead[0], dead[1], dead[2]];
    let mut rows = Vec::new();
    for settlement in settlements {
        for kind in ["reports", "Tasks"] {
            for event_type in ["Executed", "Edited"] {
                let at = NOW + seconds(60 * (1 + rows.len() as u64));
                let event = given::event_at(at, kind, "42")?;
                let event = Event { event_type: event_type.parse()?, ..event };
                given::accept(store, std::slice::from_ref(&event)).await?;
                let created = given::dispatch(store, &[event.id]).await?;
                let delivery = *created.first().context("it is told")?;
                given::settle(store, delivery, settlement, NOW).await?;
                rows.push(Row { delivery, event, settlement });
            }
        }
    }
    for retried in [false, true] {
        let event = given::event(store).await?;
        let created = given::dispatch(store, &[event]).await?;
        if retried {
            let retry = Settlement::Retry { at: NOW + seconds(9) };
            given::settle(store, created[0], retry, NOW).await?;
        }
    }
    Ok((registration, rows))
}

/// The rule.
fn matches(query: &ReplayQuery, row: &Row) -> bool {
    let settled = match row.settlement {
        Settlement::Dead { reason } => {
            query.dead && (query.reasons.is_empty() || query.reasons.contains(reason.as_str()))
        }
        _ => query.delivered,
    };
    settled
        && query.filter.as_ref().is_none_or(|filter| *filter == row.event.filter)
        && query.event_type.as_ref().is_none_or(|of| *of == row.event.event_type)
        && query.from.is_none_or(|from| row.event.accepted_at >= from)
        && query.to.is_none_or(|to| row.event.accepted_at < to)
}

/// One query for every member, and some of several.
fn queries(rows: &[Row]) -> anyhow::Result<Vec<ReplayQuery>> {
    let all = everything;
    let dead = || ReplayQuery { dead: true, ..ReplayQuery::default() };
    let reasons = |reasons: &[DeadReason]| -> std::collections::BTreeSet<String> {
        reasons.iter().map(ToString::to_string).collect()
    };
    // A little before each event: ids have no more than milliseconds.
    let before = |place: usize| Some(rows[place].event.accepted_at - seconds(1));
    Ok(vec![
        all(),
        dead(),
        ReplayQuery { delivered: true, ..ReplayQuery::default() },
        ReplayQuery { reasons: reasons(&REASONS[1..2]), ..dead() },
        ReplayQuery { reasons: reasons(&REASONS[..2]), ..all() },
        ReplayQuery { reasons: reasons(&[DeadReason::Expunged]), ..dead() },
        ReplayQuery { filter: Some("REPORTS".parse()?), ..all() },
        ReplayQuery { filter: Some("tasks".parse()?), ..dead() },
        ReplayQuery { filter: Some("alerts".parse()?), ..all() },
        ReplayQuery { event_type: Some("Edited".parse()?), ..all() },
        ReplayQuery { from: before(5), ..all() },
        ReplayQuery { to: before(5), ..all() },
        ReplayQuery { from: before(3), to: before(11), ..all() },
        ReplayQuery {
            filter: Some("reports".parse()?),
            event_type: Some("Executed".parse()?),
            reasons: reasons(&REASONS[..1]),
            from: before(2),
            to: before(9),
            ..dead()
        },
    ])
}

pub async fn what_matches_is_counted_and_replayed_and_nothing_else(
    store: &dyn Store,
) -> CaseResult {
    let (registration, rows) = table(store).await?;
    let mut now = NOW + seconds(86_400);
    let mut times = vec![0; rows.len()];
    for query in queries(&rows)? {
        let expected: Vec<_> = rows.iter().map(|row| matches(&query, row)).collect();
        let matching = expected.iter().filter(|matches| **matches).count() as u64;
        let count = store.count_replay(ALL, registration.id, &query, now).await?;
        let count = count.context("it is visible")?;
        assert_eq!((count.count, count.more), (matching, false), "{query:?}");

        let replay = new_replay(&registration, query.clone(), 1000, now);
        assert!(store.add_replay(ALL, &replay).await?);
        now = advance_all(store, now).await?;
        let found = store.find_replay(ALL, replay.id).await?.context("it is there")?;
        assert_eq!(found.replayed, matching, "{query:?}");
        for (place, row) in rows.iter().enumerate() {
            let found = given::look(store, row.delivery).await?;
            times[place] += u16::from(expected[place]);
            assert_eq!(found.replays, times[place], "{place} of {query:?}");
            assert_eq!(found.state == DeliveryState::Pending, expected[place], "{query:?}");
            if expected[place] {
                // As it was before, for the next query.
                given::settle(store, row.delivery, row.settlement, now).await?;
            }
        }
        now = now + seconds(60);
    }
    Ok(())
}

pub async fn what_is_made_after_a_replay_is_not_replayed(store: &dyn Store) -> CaseResult {
    let given::Pending { registration, deliveries } = given::delivered(store).await?;
    let at = NOW + seconds(60);
    given::replay(store, &registration, 10, at).await?;
    let late = given::more_at(store, &registration, 2, at + seconds(60)).await?;
    for delivery in &late {
        given::settle(store, *delivery, Settlement::Delivered, at + seconds(60)).await?;
    }
    advance_all(store, at + seconds(120)).await?;
    assert_eq!(replayed(store, &deliveries, 1).await?, deliveries);
    assert_eq!(replayed(store, &late, 0).await?, late);
    let count = store.count_replay(ALL, registration.id, &everything(), at).await?;
    assert_eq!(count.map(|count| count.count), Some(0), "it is pending, and they are late");
    Ok(())
}

pub async fn what_is_replayed_and_settled_meanwhile_is_not_replayed_again(
    store: &dyn Store,
) -> CaseResult {
    let given::Pending { registration, deliveries } = given::pending_of(store, 3).await?;
    for delivery in &deliveries {
        given::settle(store, *delivery, Settlement::Delivered, NOW).await?;
    }
    let at = NOW + seconds(60);
    given::replay(store, &registration, 1, at).await?;
    for turn in 1..10 {
        let now = at + seconds(turn);
        store.advance_replays(now, 10).await?;
        for claimed in given::claim(store, &deliveries, now).await? {
            let success = given::success(claimed.delivery, 2, given::id());
            store.record_attempts(&[success], now).await?;
        }
    }
    assert_eq!(replayed(store, &deliveries, 1).await?, deliveries);
    let states = given::states(store, &deliveries).await?;
    assert_eq!(states, [DeliveryState::Delivered; 3]);
    Ok(())
}

pub async fn what_was_removed_on_request_never_matches(store: &dyn Store) -> CaseResult {
    let given::Pending { registration, deliveries } = given::pending_of(store, 3).await?;
    for delivery in &deliveries {
        given::settle(store, *delivery, Settlement::Delivered, NOW).await?;
    }
    let at = NOW + seconds(60);
    let event = given::look(store, deliveries[1]).await?.event;
    store.expunge_event(event, NOW).await?;
    let count = store.count_replay(ALL, registration.id, &everything(), at).await?;
    assert_eq!(count.map(|count| count.count), Some(2));
    given::replay(store, &registration, 10, at).await?;
    advance_all(store, at).await?;
    assert_eq!(replayed(store, &deliveries, 1).await?, [deliveries[0], deliveries[2]]);
    Ok(())
}

pub async fn a_list_shows_what_was_accepted_in_a_time(store: &dyn Store) -> CaseResult {
    let (_, rows) = table(store).await?;
    let [from, to]: [Timestamp; 2] =
        [3, 11].map(|place: usize| rows[place].event.accepted_at - seconds(1));
    for (from, to, range) in [
        (Some(from), None, 3..rows.len()),
        (None, Some(to), 0..11),
        (Some(from), Some(to), 3..11),
        (Some(to), Some(from), 0..0),
    ] {
        let filter = DeliveryFilter { from, to, ..DeliveryFilter::default() };
        let page = |page: PageRequest| store.list_deliveries(ALL, &filter, page);
        let listed: Vec<ListedDelivery> = given::every_page(3, page).await?;
        let listed: Vec<_> = listed
            .iter()
            .map(|found| found.delivery.id)
            .filter(|id| rows.iter().any(|row| row.delivery == *id))
            .collect();
        let expected: Vec<_> = rows[range].iter().rev().map(|row| row.delivery).collect();
        assert_eq!(listed, expected);
    }
    Ok(())
}
