//! Removing what makes repeated requests harmless, replays that are over, and the audit log.

use anyhow::Context;
use postrider_domain::ports::{AuditFilter, Store};
use postrider_domain::{AuditEntry, AuditOutcome, PageRequest, ReplayState, Visibility};

use super::CaseResult;
use super::given::{self, NOW, RESCUE_AT, advance_all, seconds};
use super::retention::{day, remove_all};

const ALL: Visibility = Visibility::All;

pub async fn keys_of_requests_are_forgotten_after_a_week(store: &dyn Store) -> CaseResult {
    let first = given::keyed(1, "a", 1)?;
    store.accept_events(&[vec![first]], RESCUE_AT).await?;
    let ada = given::user(store, "ada").await?;
    let (registration, key) = (given::new_registration(ada)?, given::creation_key("key", 1));
    store.add_registration(&registration, Some(&key), 10).await?;
    for (days, known) in [(6, true), (8, false)] {
        remove_all(store, day(days), 100).await?;
        let found = store.find_creation(ada, &key).await?;
        assert_eq!(found.is_some(), known, "{found:?}");
        let again = given::keyed(1, "a", 1)?;
        let outcomes = store.accept_events(&[vec![again.clone()]], RESCUE_AT).await?;
        let is_new = outcomes == [given::all_new(&vec![again])];
        assert_eq!(is_new, !known, "{outcomes:?}");
    }
    Ok(())
}

pub async fn replays_that_are_over_are_forgotten_after_a_week(store: &dyn Store) -> CaseResult {
    let delivered = given::delivered(store).await?;
    let done = given::replay(store, &delivered.registration, 10, NOW + seconds(60)).await?;
    let end = advance_all(store, NOW + seconds(60)).await?;
    let running = given::replay(store, &delivered.registration, 10, end).await?;
    remove_all(store, day(6), 100).await?;
    let found = store.find_replay(ALL, done).await?.context("it is kept")?;
    assert_eq!(found.state, ReplayState::Done);
    remove_all(store, day(8), 100).await?;
    assert_eq!(store.find_replay(ALL, done).await?, None);
    assert!(store.find_replay(ALL, running).await?.is_some());
    Ok(())
}

pub async fn the_audit_log_is_kept_for_a_year_and_more(store: &dyn Store) -> CaseResult {
    for at in [NOW, day(300)] {
        let entry = AuditEntry {
            id: given::id_at(at),
            at,
            actor: None,
            actor_name: "ada".into(),
            key: None,
            action: "DELETE /api/v1/users/{id}".into(),
            target: "/api/v1/users/usr_1".into(),
            outcome: AuditOutcome::Done,
            status: Some(204),
            detail: None,
            address: None,
            request_id: None,
        };
        store.begin_audit(&entry).await?;
    }
    for (days, left) in [(399, 2), (401, 1), (701, 0)] {
        remove_all(store, day(days), 100).await?;
        let page = PageRequest::first(10);
        let entries = store.list_audit(&AuditFilter::default(), page).await?;
        assert_eq!(entries.items.len(), left, "after {days} days");
    }
    Ok(())
}
