//! Which registrations are told of an event.
//!
//! There are two ways to find out: from who may read the resource to what they asked for, and from
//! who asked to what they may read. Each is a disaster where the other is a trifle (everybody may
//! read, few ask; everybody asks, few may read), so both numbers are looked at first, with bounds
//! that grow until one of them stays below: the cost follows the smaller one.

use postrider_domain::{EventId, FilterName, RegistrationId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::json::id_list;

/// Where counting stops at first.
const FIRST_BOUND: i64 = 200;
/// How much farther it goes when that does not decide.
const GROWTH: i64 = 10;

/// Events that wait for their deliveries, by the way that is shorter.
#[derive(Default)]
pub(super) struct Routes {
    by_reader: Vec<Uuid>,
    by_asker: Vec<Uuid>,
    /// What the product itself tells, which nobody needs a permission for.
    notices: Vec<Uuid>,
}

/// Decides for each of `events` that is in the outbox which way is shorter.
pub(super) async fn find_routes(
    connection: &mut SqliteConnection,
    events: &str,
) -> Result<Routes, sqlx::Error> {
    let (mut routes, mut bound) = (Routes::default(), FIRST_BOUND);
    let mut undecided = events.to_owned();
    loop {
        let measured =
            sqlx::query_file!("queries/measure_events.sql", undecided, bound, FilterName::NOTICES,)
                .fetch_all(&mut *connection)
                .await?;
        let (decided, others): (Vec<_>, Vec<_>) = measured.into_iter().partition(|event| {
            event.is_notice || event.has_audience || event.readers.min(event.askers) < bound
        });
        for event in decided {
            if event.is_notice {
                routes.notices.push(event.event_id);
            // An audience is short, and those who are in it have asked, as it were.
            } else if event.has_audience || event.askers < event.readers {
                routes.by_asker.push(event.event_id);
            } else {
                routes.by_reader.push(event.event_id);
            }
        }
        if others.is_empty() {
            return Ok(routes);
        }
        undecided = id_list(others.into_iter().map(|event| event.event_id));
        bound = bound.saturating_mul(GROWTH);
    }
}

/// Who is told of what. Nobody is told of an event twice.
pub(super) async fn find_matches(
    connection: &mut SqliteConnection,
    routes: &Routes,
) -> Result<Vec<(EventId, RegistrationId)>, sqlx::Error> {
    let ids = |event, registration| (EventId(event), RegistrationId(registration));
    let mut matches = Vec::new();
    if !routes.by_reader.is_empty() {
        let events = id_list(routes.by_reader.iter().copied());
        let rows = sqlx::query_file!("queries/match_readers.sql", events)
            .fetch_all(&mut *connection)
            .await?;
        matches.extend(rows.into_iter().map(|row| ids(row.event_id, row.registration_id)));
    }
    if !routes.by_asker.is_empty() {
        let events = id_list(routes.by_asker.iter().copied());
        let rows = sqlx::query_file!("queries/match_askers.sql", events)
            .fetch_all(&mut *connection)
            .await?;
        matches.extend(rows.into_iter().map(|row| ids(row.event_id, row.registration_id)));
    }
    if !routes.notices.is_empty() {
        let events = id_list(routes.notices.iter().copied());
        let rows = sqlx::query_file!("queries/match_notices.sql", events, FilterName::NOTICES)
            .fetch_all(connection)
            .await?;
        matches.extend(rows.into_iter().map(|row| ids(row.event_id, row.registration_id)));
    }
    Ok(matches)
}
