//! What happened up to the end of a resource is told to those who could read it then, in whatever
//! order it is dispatched, and by whichever way they are found.

use std::time::Duration;

use postrider_domain::ports::Store;
use postrider_domain::{Access, Audience, Event, EventId, Holder, Timestamp};

use super::CaseResult;
use super::endings::{END, end_at, event_at, member_of, owner_of, resource, told};
use super::given::{self, NOW, category, one, seconds};

const MOMENT: Duration = Duration::from_micros(1);

pub async fn what_was_accepted_before_the_end_is_told_whenever_it_is_dispatched(
    store: &dyn Store,
) -> CaseResult {
    for (round, end_first) in ["1", "2", "3"].into_iter().zip([Some(true), Some(false), None]) {
        let entry = resource(store, "reports", round).await?;
        let ada = owner_of(store, &format!("owner of {round}"), round).await?;
        let (bob, _) = member_of(store, &format!("reader of {round}"), round).await?;
        let mut before = vec![
            event_at(store, round, None, NOW).await?,
            event_at(store, round, None, END).await?,
        ];
        let after = event_at(store, round, None, END + MOMENT).await?;
        let ended = end_at(store, &entry, END).await?;
        // The end of another resource in between, which changes nothing about this one.
        let other = resource(store, "tasks", round).await?;
        end_at(store, &other, END + seconds(9)).await?;
        match end_first {
            Some(true) => {
                let deliveries = given::dispatch(store, &[ended]).await?;
                assert_eq!(deliveries, told(&[ended], &[&ada, &bob]));
                let deliveries = given::dispatch(store, &[&before[..], &[after]].concat()).await?;
                assert_eq!(deliveries, told(&before, &[&ada, &bob]));
            }
            Some(false) => {
                let deliveries = given::dispatch(store, &before).await?;
                assert_eq!(deliveries, told(&before, &[&ada, &bob]));
                let deliveries = given::dispatch(store, &[ended, after]).await?;
                assert_eq!(deliveries, told(&[ended], &[&ada, &bob]));
            }
            None => {
                before.push(ended);
                let batch = [&[ended, after], &before[..2]].concat();
                let deliveries = given::dispatch(store, &batch).await?;
                assert_eq!(deliveries, told(&before, &[&ada, &bob]));
            }
        }
    }
    Ok(())
}

/// Accepts an event about the report 42 for some users at `at`; it is not dispatched yet.
async fn event_for(store: &dyn Store, names: [&str; 2], at: Timestamp) -> anyhow::Result<EventId> {
    let event = Event {
        accepted_at: at,
        audience: Some(Audience::parse(names)?),
        ..given::event_about("reports", "42")?
    };
    given::accept(store, std::slice::from_ref(&event)).await?;
    Ok(event.id)
}

pub async fn those_who_were_meant_are_told_if_they_could_read_then(
    store: &dyn Store,
) -> CaseResult {
    let entry = resource(store, "reports", "42").await?;
    let ada = owner_of(store, "ada", "42").await?;
    let (bob, _) = member_of(store, "bob", "42").await?;
    owner_of(store, "carl", "42").await?;
    given::registration(store, given::user(store, "eve").await?).await?;
    let hers = event_for(store, ["ada", "eve"], NOW).await?;
    let his = event_for(store, ["eve", "BOB"], END).await?;
    let theirs = event_for(store, ["ada", "bob"], END + MOMENT).await?;
    let ended = end_at(store, &entry, END).await?;
    assert_eq!(given::dispatch(store, &[ended]).await?.len(), 3);
    let mut expected = told(&[hers], &[&ada]);
    expected.extend(told(&[his], &[&bob]));
    expected.sort_unstable();
    assert_eq!(given::dispatch(store, &[hers, his, theirs]).await?, expected);
    Ok(())
}

pub async fn what_ended_counts_also_when_far_more_could_read_than_ask(
    store: &dyn Store,
) -> CaseResult {
    let report = resource(store, "reports", "42").await?;
    let sales = resource(store, "categories", "sales").await?;
    let ada = owner_of(store, "ada", "42").await?;
    let (bob, role) = member_of(store, "bob", "42").await?;
    let Holder::Role(crowd) = role else { panic!("it is a role: {role:?}") };
    given::members(store, crowd, 250).await?;
    let eve = given::user(store, "eve").await?;
    let eve = given::registration(store, eve).await?;
    given::grant(store, eve.owner, "reports", category("sales"), Access::READ).await?;
    given::grant_to(store, role, "reports", category("sales"), Access::READ).await?;
    given::grant_to(store, role, "categories", one("sales"), Access::READ).await?;

    let before = event_at(store, "42", None, END).await?;
    let filed = event_at(store, "7", Some("sales"), END).await?;
    let after = event_at(store, "42", None, END + MOMENT).await?;
    let filed_after = event_at(store, "7", Some("sales"), END + MOMENT).await?;
    let ends = [end_at(store, &report, END).await?, end_at(store, &sales, END).await?];
    let mut expected = told(&[ends[0], before], &[&ada, &bob]);
    expected.extend(told(&[ends[1]], &[&bob]));
    expected.extend(told(&[filed], &[&bob, &eve]));
    expected.sort_unstable();
    let events = [filed_after, ends[1], ends[0], after, filed, before];
    assert_eq!(given::dispatch(store, &events).await?, expected);
    Ok(())
}
