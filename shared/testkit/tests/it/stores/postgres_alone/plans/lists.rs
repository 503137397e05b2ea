//! The lists of the pages read along indexes, and no further than they may, among very many rows:
//! whether the database has looked at them or still believes that there is nothing.

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{
    AuditFilter, DeliveryFilter, EventFilter, RegistrationQuery, RegistrationSort, SortKey, Store,
};
use postrider_domain::{
    DeliveryState, HoldReason, PageRequest, RegistrationId, UserId, Visibility,
};
use postrider_testkit::conformance::stores::CaseResult;
use postrider_testkit::conformance::stores::given::{self, NOW};
use postrider_testkit::databases::{Database, PostgresDatabase, keyring};
use sqlx::PgConnection;

use super::flow::{fill_with_deliveries, hold_many};
use super::{disconnect_others, run};

const ALL: Visibility = Visibility::All;
const PAGE: PageRequest = PageRequest { before: None, limit: 10 };

/// The most rows that a list visits when an index knows what it asks for. Of each registration of its
/// owner it may visit a page.
const FEW: i64 = 300;

/// The most that a search visits: what it looks at, and the event and the registration of each.
const LOOKED: i64 = 3 * DeliveryFilter::WALK_LIMIT as i64 + FEW;

/// A list, and the most rows that it may visit.
enum List {
    Deliveries(Visibility, DeliveryFilter, i64),
    Events(Visibility, EventFilter, i64),
    Registrations(RegistrationQuery),
    Health(Visibility, Vec<RegistrationId>),
    Audit(AuditFilter),
    Replays(Visibility),
}

/// Many deliveries of every state with their events, an audit log, and who has a share of it all.
async fn fill(connection: &mut PgConnection, store: &dyn Store) -> anyhow::Result<given::Pending> {
    // Whether statistics are old is up to the test.
    for table in ["deliveries", "events_default", "registrations", "users", "audit", "replays"] {
        run(connection, format!("ALTER TABLE {table} SET (autovacuum_enabled = off)")).await?;
    }
    fill_with_deliveries(connection).await?;
    let held = given::held_of(store, 3).await?;
    hold_many(connection, &held).await?;
    let (registration, owner) = (held.registration.id.0, held.registration.owner.0);
    for statement in [
        // One of several.
        format!(
            "UPDATE registrations SET owner_id = '{owner}'
             WHERE id IN (SELECT id FROM registrations ORDER BY id LIMIT 9)"
        ),
        format!(
            "INSERT INTO events (
                 id, filter, event_type, resource_id, occurred_at, accepted_at, publisher_id
             )
             SELECT event_id, 'tasks', 'Executed', 'resource ' || row_number() OVER () % 1000,
                 '{NOW}', '{NOW}', CASE WHEN random() < 0.5 THEN '{owner}'::uuid END
             FROM deliveries
             ON CONFLICT DO NOTHING"
        ),
        format!(
            "INSERT INTO audit (id, at, actor_id, actor_name, action, target, outcome)
             SELECT gen_random_uuid(), '{NOW}', id, name, '', '',
                 CASE WHEN random() < 0.01 THEN 'denied' ELSE 'done' END
             FROM users CROSS JOIN generate_series(1, 3)"
        ),
        format!(
            "INSERT INTO replays (
                 id, registration_id, created_by, query, pace, state, matched, matched_more,
                 replayed, created_at, advanced_at
             )
             SELECT gen_random_uuid(), id, owner_id, '{{\"dead\":true,\"delivered\":false}}', 1,
                 'done', 0, false, 0, '{NOW}', '{NOW}'
             FROM registrations WHERE id <> '{registration}'"
        ),
    ] {
        run(connection, statement).await?;
    }
    Ok(held)
}

fn deliveries(owner: UserId, registration: RegistrationId) -> Vec<List> {
    let any = DeliveryFilter::default();
    let own = Visibility::Own(owner);
    let state = |state| DeliveryFilter { state: Some(state), ..any.clone() };
    let held_for = |reason| DeliveryFilter { hold_reason: Some(reason), ..any.clone() };
    let dead_for = |reason| DeliveryFilter { dead_reason: Some(reason), ..any.clone() };
    let rare = DeliveryFilter { event_type: "Rare".parse().ok(), ..any.clone() };
    let indexed = [
        any.clone(),
        state(DeliveryState::Held),
        state(DeliveryState::Dead),
        held_for(HoldReason::Paused),
        held_for(HoldReason::Breaker),
        dead_for(DeadReason::Gone),
    ];
    let searches = [
        rare.clone(),
        state(DeliveryState::Pending),
        DeliveryFilter { state: Some(DeliveryState::Dead), ..rare.clone() },
        DeliveryFilter { hold_reason: Some(HoldReason::Paused), ..rare },
        DeliveryFilter { filter: "reports".parse().ok(), ..any },
    ];
    let mut lists = Vec::new();
    for visibility in [ALL, own] {
        for registration in [None, Some(registration)] {
            for (filters, most) in [(&indexed[..], FEW), (&searches[..], LOOKED)] {
                for filter in filters {
                    // Where a reason is looked for within one registration, it is looked at.
                    let reason = filter.hold_reason.is_some() || filter.dead_reason.is_some();
                    let looked = reason && (registration.is_some() || visibility != ALL);
                    let most = if looked { LOOKED } else { most };
                    let filter = DeliveryFilter { registration, ..filter.clone() };
                    lists.push(List::Deliveries(visibility, filter, most));
                }
            }
        }
    }
    lists
}

fn others(owner: UserId, registration: RegistrationId) -> Vec<List> {
    let any = EventFilter::default();
    let rare = EventFilter { event_type: "Rare".parse().ok(), ..any.clone() };
    let about = EventFilter { resource: Some("resource 7".into()), ..any.clone() };
    let mut lists = vec![
        List::Events(ALL, any.clone(), FEW),
        List::Events(ALL, about.clone(), FEW),
        List::Events(ALL, rare.clone(), LOOKED),
        List::Events(Visibility::Own(owner), any, FEW),
        // What is somebody's own and about one resource is looked for among their own.
        List::Events(Visibility::Own(owner), about, 2 * LOOKED),
        List::Events(Visibility::Own(owner), rare, 2 * LOOKED),
        List::Health(ALL, vec![registration, given::id()]),
        List::Health(Visibility::Own(owner), vec![registration]),
        List::Replays(ALL),
    ];
    for actor in [None, Some(owner)] {
        for outcome in [None, Some("denied"), Some("refused")] {
            let outcome = outcome.and_then(|outcome| outcome.parse().ok());
            lists.push(List::Audit(AuditFilter { actor, outcome }));
        }
    }
    for by in [
        RegistrationSort::Uri,
        RegistrationSort::Description,
        RegistrationSort::Owner,
        RegistrationSort::Paused,
        RegistrationSort::CreatedAt,
        RegistrationSort::UpdatedAt,
    ] {
        for descending in [false, true] {
            let sort = vec![SortKey { by, descending }];
            let query = RegistrationQuery::of(ALL);
            lists.push(List::Registrations(RegistrationQuery { sort, limit: 10, ..query }));
        }
    }
    lists
}

impl List {
    /// Reads the first page, and what it is called.
    async fn read(&self, store: &dyn Store) -> anyhow::Result<String> {
        Ok(match self {
            Self::Deliveries(visibility, filter, _) => {
                store.list_deliveries(*visibility, filter, PAGE).await?;
                format!("deliveries {visibility:?} {filter:?}")
            }
            Self::Events(visibility, filter, _) => {
                store.list_events(*visibility, filter, PAGE).await?;
                format!("events {visibility:?} {filter:?}")
            }
            Self::Registrations(query) => {
                store.list_registrations(query).await?;
                format!("registrations {:?}", query.sort)
            }
            Self::Health(visibility, of) => {
                store.health_of(*visibility, of).await?;
                format!("health {visibility:?}")
            }
            Self::Audit(filter) => {
                store.list_audit(filter, PAGE).await?;
                format!("audit {filter:?}")
            }
            Self::Replays(visibility) => {
                store.list_replays(*visibility, None, PAGE).await?;
                format!("replays {visibility:?}")
            }
        })
    }

    fn most(&self) -> i64 {
        match self {
            Self::Deliveries(.., most) | Self::Events(.., most) => *most,
            // What is counted is read from an index; nobody counts further than this.
            Self::Health(..) => 2_200,
            Self::Registrations(_) | Self::Audit(_) | Self::Replays(_) => FEW,
        }
    }
}

/// Reads every list, each on connections of its own, and checks what it visits.
async fn check(database: &PostgresDatabase, lists: Vec<List>) -> anyhow::Result<()> {
    let mut connection = database.connect().await;
    for list in lists {
        disconnect_others(&mut connection).await?;
        run(&mut connection, "SELECT pg_stat_reset()".to_owned()).await?;
        let name = list.read(database.open(keyring()).await.as_ref()).await?;
        disconnect_others(&mut connection).await?;
        let (from_end_to_end, visited): (i64, i64) = sqlx::query_as(
            "SELECT
                 sum(seq_scan)::bigint, sum(COALESCE(idx_tup_fetch, 0))::bigint
             FROM pg_stat_user_tables
             WHERE relname IN (
                 'deliveries', 'events_default', 'registrations', 'users', 'audit', 'replays'
             )",
        )
        .fetch_one(&mut connection)
        .await?;
        assert_eq!(from_end_to_end, 0, "{name} reads a table from end to end");
        assert!(visited <= list.most(), "{name} visits {visited} rows");
    }
    Ok(())
}

#[tokio::test]
async fn no_list_reads_a_table_from_end_to_end() -> CaseResult {
    let database = PostgresDatabase::create().await;
    let mut connection = database.connect().await;
    let held = fill(&mut connection, database.store().as_ref()).await?;
    run(&mut connection, "VACUUM ANALYZE".to_owned()).await?;
    let (owner, registration) = (held.registration.owner, held.registration.id);
    check(&database, deliveries(owner, registration)).await?;
    check(&database, others(owner, registration)).await?;
    // Replays are jobs that people start: their table is small, and one's own are looked for as the
    // database thinks best.
    check(&database, vec![List::Replays(Visibility::Own(owner))]).await
}

#[tokio::test]
async fn no_list_reads_a_table_from_end_to_end_while_statistics_are_of_when_it_was_empty()
-> CaseResult {
    let database = PostgresDatabase::create().await;
    let mut connection = database.connect().await;
    run(&mut connection, "VACUUM ANALYZE".to_owned()).await?;
    let held = fill(&mut connection, database.store().as_ref()).await?;
    let (owner, registration) = (held.registration.owner, held.registration.id);
    check(&database, deliveries(owner, registration)).await?;
    check(&database, others(owner, registration)).await
}
