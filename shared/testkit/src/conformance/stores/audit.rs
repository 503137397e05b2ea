//! The audit log.

use postrider_domain::ports::{AuditEnd, AuditFilter, Store};
use postrider_domain::{AuditEntry, AuditId, AuditOutcome, PageRequest};

use super::CaseResult;
use super::given::{self, NOW, id, seconds};

const OUTCOMES: [AuditOutcome; 5] = [
    AuditOutcome::Started,
    AuditOutcome::Done,
    AuditOutcome::Denied,
    AuditOutcome::Refused,
    AuditOutcome::Failed,
];

fn started() -> AuditEntry {
    AuditEntry {
        id: id(),
        at: NOW,
        actor: Some(id()),
        actor_name: "Ädä 'the' \"first\"".into(),
        key: None,
        action: "DELETE /api/v1/users/{id}".into(),
        target: "/api/v1/users/usr_1".into(),
        outcome: AuditOutcome::Started,
        status: None,
        detail: None,
        address: Some("::1".into()),
        request_id: Some("req-1".into()),
    }
}

fn done() -> AuditEnd {
    AuditEnd { outcome: AuditOutcome::Done, status: Some(204), target: None, detail: None }
}

async fn all(store: &dyn Store) -> anyhow::Result<Vec<AuditEntry>> {
    let filter = AuditFilter::default();
    given::every_page(PageRequest::MAX_LIMIT, |page| store.list_audit(&filter, page)).await
}

pub async fn an_entry_reads_back_as_it_was_noted(store: &dyn Store) -> CaseResult {
    let bare = AuditEntry { actor: None, address: None, request_id: None, ..started() };
    let full = AuditEntry {
        key: Some(id()),
        at: NOW + seconds(3),
        outcome: AuditOutcome::Denied,
        status: Some(599),
        detail: Some("not\nallowed".into()),
        ..started()
    };
    store.begin_audit(&bare).await?;
    store.begin_audit(&full).await?;
    assert_eq!(all(store).await?, [full, bare]);
    Ok(())
}

pub async fn a_started_act_ends_once(store: &dyn Store) -> CaseResult {
    let entry = started();
    store.begin_audit(&entry).await?;
    let end = AuditEnd {
        target: Some("/api/v1/users/usr_2".into()),
        detail: Some("of ada".into()),
        ..done()
    };
    store.end_audit(entry.id, &end).await?;
    let ended = AuditEntry {
        outcome: AuditOutcome::Done,
        status: Some(204),
        target: "/api/v1/users/usr_2".into(),
        detail: Some("of ada".into()),
        ..entry.clone()
    };
    assert_eq!(all(store).await?, std::slice::from_ref(&ended));

    let again = AuditEnd { outcome: AuditOutcome::Failed, status: Some(500), ..done() };
    store.end_audit(entry.id, &again).await?;
    store.end_audit(id::<AuditId>(), &again).await?;
    assert_eq!(all(store).await?, [ended]);
    Ok(())
}

pub async fn what_an_end_does_not_tell_stays_as_it_began(store: &dyn Store) -> CaseResult {
    let entry = AuditEntry { detail: Some("of ada".into()), ..started() };
    store.begin_audit(&entry).await?;
    let end = AuditEnd { outcome: AuditOutcome::Refused, status: None, ..done() };
    store.end_audit(entry.id, &end).await?;
    assert_eq!(all(store).await?, [AuditEntry { outcome: AuditOutcome::Refused, ..entry }]);
    Ok(())
}

pub async fn what_was_over_when_it_was_noted_does_not_end_again(store: &dyn Store) -> CaseResult {
    let mut entries = Vec::new();
    for outcome in &OUTCOMES[1..] {
        let entry = AuditEntry { outcome: *outcome, status: Some(403), ..started() };
        store.begin_audit(&entry).await?;
        store.end_audit(entry.id, &done()).await?;
        entries.insert(0, entry);
    }
    assert_eq!(all(store).await?, entries);
    Ok(())
}

pub async fn entries_are_listed_newest_first_page_by_page_and_as_filtered(
    store: &dyn Store,
) -> CaseResult {
    let [ada, bob] = [id(), id()];
    let mut entries = Vec::new();
    for place in 0..15 {
        let actor = [Some(ada), Some(bob), None][place % 3];
        let entry = AuditEntry { actor, outcome: OUTCOMES[place % 5], ..started() };
        store.begin_audit(&entry).await?;
        entries.insert(0, entry);
    }
    for actor in [None, Some(ada), Some(bob), Some(id())] {
        for outcome in [None].into_iter().chain(OUTCOMES.map(Some)) {
            let filter = AuditFilter { actor, outcome };
            let expected: Vec<_> = entries
                .iter()
                .filter(|entry| actor.is_none_or(|actor| entry.actor == Some(actor)))
                .filter(|entry| outcome.is_none_or(|outcome| entry.outcome == outcome))
                .cloned()
                .collect();
            for limit in [1, 4, 100] {
                let listed =
                    given::every_page(limit, |page| store.list_audit(&filter, page)).await?;
                assert_eq!(listed, expected, "{filter:?} by {limit}");
            }
        }
    }
    Ok(())
}

pub async fn the_log_outlives_those_it_tells_of(store: &dyn Store) -> CaseResult {
    let ada = given::user(store, "ada").await?;
    let entry = AuditEntry { actor: Some(ada), ..started() };
    store.begin_audit(&entry).await?;
    store.delete_user(ada, None, NOW).await?;
    assert_eq!(all(store).await?, [entry]);
    Ok(())
}
