//! What becomes of an entry of the audit log.

use std::sync::Arc;

use postrider_domain::ports::{AuditEnd, AuditFilter, AuditStore};
use postrider_domain::{AuditEntry, AuditOutcome, Ids, PageRequest};

use super::{Fixed, NOW, store_with_user};

#[tokio::test]
async fn an_end_without_a_status_leaves_the_one_that_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = store_with_user(&folder.path().join("postrider.db")).await.unwrap();
    let entry = AuditEntry {
        id: Ids::new(Arc::new(Fixed)).next(),
        at: NOW,
        actor: None,
        actor_name: String::new(),
        key: None,
        action: "reseal".into(),
        target: "registrations".into(),
        outcome: AuditOutcome::Started,
        status: Some(202),
        detail: None,
        address: None,
        request_id: None,
    };
    store.begin_audit(&entry).await.unwrap();
    let end = AuditEnd { outcome: AuditOutcome::Done, status: None, target: None, detail: None };
    store.end_audit(entry.id, &end).await.unwrap();
    let page = store.list_audit(&AuditFilter::default(), PageRequest::first(10)).await.unwrap();
    assert_eq!(page.items, [AuditEntry { outcome: AuditOutcome::Done, ..entry }]);
}
