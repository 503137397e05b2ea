//! Who is told of what: every combination of permission, holder and event, judged by a plain
//! statement of the rule.
//!
//! Each row of the table is an owner with a registration, each column an event; all events are
//! dispatched at once, and every cell is checked. That owners of one kind are checked against events
//! of the others comes with it.

mod columns;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use postrider_domain::ports::Store;
use postrider_domain::{Access, DeliveryId, Event, ResourceScope};

use super::CaseResult;
use super::given;
use columns::columns;
use rows::{Row, rows};

/// The kinds of the report server.
const KINDS: [&str; 5] = ["reports", "categories", "connections", "tasks", "alerts"];

/// How many calls the making of a table has under way.
const AT_ONCE: usize = 8;

/// The rule: told are those who are there and not switched off, are meant if anybody in particular
/// is, and either are administrators or may read the resource.
fn is_told(row: &Row, event: &Event) -> bool {
    let meant = event
        .audience
        .as_ref()
        .is_none_or(|audience| audience.keys().iter().any(|name| *name == row.name.to_lowercase()));
    row.active && meant && (row.administrator || row.may().any(|may| reads(may, event)))
}

/// Whether a permission lets its holder read what an event is about.
fn reads((kind, scope, access): (&str, &ResourceScope, Access), event: &Event) -> bool {
    let about = match scope {
        ResourceScope::Any => true,
        ResourceScope::One(id) => *id == event.resource.id,
        ResourceScope::Category(category) => event.resource.category.as_ref() == Some(category),
    };
    kind == event.filter.as_str() && about && access.allows(Access::READ)
}

/// Dispatches the events, and compares what became of every cell.
async fn check(store: &dyn Store, rows: &[Row], events: &[(String, Event)]) -> CaseResult {
    let mut cells = BTreeMap::new();
    let mut expected = BTreeSet::new();
    for row in rows {
        for (column, event) in events {
            let delivery = DeliveryId::derive(event.id, row.registration);
            cells.insert(delivery, format!("{} of {column}", row.name));
            if is_told(row, event) {
                expected.insert(delivery);
            }
        }
    }
    assert!(expected.len() > 500 && cells.len() > 5 * expected.len(), "both are common");

    let accepted: Vec<_> = events.iter().map(|(_, event)| event.clone()).collect();
    let dispatched = given::dispatch(store, &given::accept(store, &accepted).await?).await?;
    let told: BTreeSet<_> = dispatched.iter().copied().collect();
    assert_eq!(told.len(), dispatched.len(), "nobody is told twice");
    let name = |delivery: &DeliveryId| cells.get(delivery).map_or("a stranger", String::as_str);
    let wrongly: Vec<_> = told.difference(&expected).map(name).collect();
    assert!(wrongly.is_empty(), "{} are told wrongly: {wrongly:#?}", wrongly.len());
    let missing: Vec<_> = expected.difference(&told).map(name).collect();
    assert!(missing.is_empty(), "{} are not told: {missing:#?}", missing.len());
    Ok(())
}

/// Makes `count` people who may read every report and every task by a role, and ask for nothing.
async fn crowd(store: &dyn Store, count: usize) -> anyhow::Result<()> {
    let role = given::role(store, "the crowd").await?;
    let holder = postrider_domain::Holder::Role(role);
    for kind in ["reports", "tasks"] {
        given::grant_to(store, holder, kind, ResourceScope::Any, Access::READ).await?;
    }
    given::members(store, role, count).await
}

pub async fn whatever_one_may_and_whatever_happens_the_rule_decides(
    store: &dyn Store,
) -> CaseResult {
    let rows = rows(store).await?;
    let events = columns(&rows)?;
    check(store, &rows, &events).await
}

pub async fn the_rule_decides_also_when_far_more_may_read_than_ask(
    store: &dyn Store,
) -> CaseResult {
    crowd(store, 700).await?;
    let rows = rows(store).await?;
    let events = columns(&rows)?;
    check(store, &rows, &events).await
}
