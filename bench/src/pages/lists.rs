//! The lists that are measured.

use super::world::Viewer;

/// A list as a page asks for it.
pub(super) struct List {
    /// What it is called in the results.
    pub(super) name: &'static str,
    pub(super) path: String,
}

const REGISTRATIONS: &[(&str, &str)] = &[
    ("registrations by URI", ""),
    ("registrations by URI, last first", "sort=-uri"),
    ("registrations by description", "sort=description"),
    ("registrations by owner", "sort=owner"),
    ("registrations by owner, last first", "sort=-owner"),
    ("registrations, paused first", "sort=-paused"),
    ("registrations, newest first", "sort=-createdAt"),
    ("registrations, last changed first", "sort=-updatedAt"),
    ("registrations by three columns", "sort=-paused,description,-updatedAt"),
    ("registrations, search for many", "search=example"),
    ("registrations, search for few", "search=hooks/777"),
    ("registrations, search for an owner", "search=user-77"),
    ("registrations, search for a filter", "search=report"),
    ("registrations, search for nothing there", "search=nothing-like-it"),
    ("registrations, search, newest first", "search=hooks/777&sort=-createdAt"),
    ("registrations, of a filter that many ask for", "filter=reports"),
    ("registrations, of a filter that nobody asks for", "filter=alerts"),
    ("registrations, paused only", "paused=true"),
];

const DELIVERIES: &[(&str, &str)] = &[
    ("deliveries", ""),
    ("deliveries, delivered", "state=delivered"),
    ("deliveries, pending", "state=pending"),
    ("deliveries, held", "state=held"),
    ("deliveries, dead", "state=dead"),
    ("deliveries, held because of a pause", "holdReason=paused"),
    ("deliveries, held for a rare reason", "holdReason=secret_expired"),
    ("deliveries, held for a reason that none has", "holdReason=breaker"),
    ("deliveries, dead for the common reason", "deadReason=exhausted"),
    ("deliveries, dead for a rare reason", "deadReason=gone"),
    ("deliveries, dead for a reason that none has", "deadReason=expunged"),
    ("deliveries of a common filter", "filter=reports"),
    ("deliveries of a rare filter", "filter=alerts"),
    ("deliveries of a common type", "type=Added"),
    ("deliveries of a rare type", "type=Purged"),
    ("deliveries of a type that none has", "type=Never"),
    ("deliveries, dead, of a rare type", "state=dead&type=Purged"),
    ("deliveries, held, of a rare filter", "state=held&filter=alerts"),
    ("deliveries, pending, of a rare type", "state=pending&type=Purged"),
    ("deliveries, delivered, of a rare type", "state=delivered&type=Purged"),
];

const EVENTS: &[(&str, &str)] = &[
    ("events", ""),
    ("events of a common filter", "filter=reports"),
    ("events of a rare filter", "filter=alerts"),
    ("events of a rare type", "type=Purged"),
    ("events about a resource", "resourceId=resource-77"),
    ("events about a resource, of a rare type", "resourceId=resource-77&type=Purged"),
    ("events about a resource that nothing happened to", "resourceId=nothing"),
];

const OTHERS: &[(&str, &str)] = &[
    ("overview, the last hour", "/api/v1/overview?range=hour"),
    ("overview, the last day", "/api/v1/overview?range=day"),
    ("users", "/api/v1/users"),
    ("users, search for nothing there", "/api/v1/users?search=nothing-like-it"),
    ("replays", "/api/v1/replays"),
    ("audit log", "/api/v1/audit"),
    ("audit log, of a rare outcome", "/api/v1/audit?outcome=failed"),
    ("audit log, of an outcome that none has", "/api/v1/audit?outcome=refused"),
    ("inbox", "/api/v1/inbox"),
    ("inbox, dead", "/api/v1/inbox?state=dead"),
    ("inbox, of a rare receiver", "/api/v1/inbox?receiver=stripe"),
    ("inbox, of a rare action", "/api/v1/inbox?action=rare"),
];

/// What somebody's pages ask for.
pub(super) fn lists(viewer: &Viewer) -> Vec<List> {
    let mut lists = Vec::new();
    for (base, queries) in [
        ("/api/v1/registrations", REGISTRATIONS),
        ("/api/v1/deliveries", DELIVERIES),
        ("/api/v1/events", EVENTS),
    ] {
        let of = |(name, query): &(&'static str, &str)| List {
            name,
            path: format!("{base}?{query}&limit=50"),
        };
        lists.extend(queries.iter().map(of));
    }
    for (name, query) in of_one(viewer) {
        lists.push(List { name, path: query });
    }
    if viewer.is_administrator {
        lists.extend(OTHERS.iter().map(|&(name, path)| List { name, path: path.to_owned() }));
        let actor = format!("/api/v1/audit?actor={}", viewer.id);
        lists.push(List { name: "audit log, of one actor", path: actor.clone() });
        lists.push(List {
            name: "audit log, of one actor and a rare outcome",
            path: format!("{actor}&outcome=failed"),
        });
    } else {
        lists.push(List { name: "replays", path: "/api/v1/replays".to_owned() });
    }
    lists
}

/// Lists about one registration with very many deliveries, one event, and one day.
fn of_one(viewer: &Viewer) -> Vec<(&'static str, String)> {
    let deliveries = |query: &str| format!("/api/v1/deliveries?limit=50&{query}");
    let registration = format!("registrationId={}", viewer.registration);
    let days = format!("from={}&to={}", viewer.from, viewer.to);
    vec![
        (
            "health of a page of registrations",
            format!("/api/v1/registrations/health?ids={}", viewer.page),
        ),
        ("deliveries to one registration", deliveries(&registration)),
        (
            "deliveries to one registration, pending",
            deliveries(&format!("{registration}&state=pending")),
        ),
        ("deliveries to one registration, held", deliveries(&format!("{registration}&state=held"))),
        (
            "deliveries to one registration, dead, of a rare type",
            deliveries(&format!("{registration}&state=dead&type=Purged")),
        ),
        (
            "deliveries to one registration, of a rare type",
            deliveries(&format!("{registration}&type=Purged")),
        ),
        ("deliveries of one event", deliveries(&format!("eventId={}", viewer.event))),
        (
            "deliveries of one event, dead",
            deliveries(&format!("eventId={}&state=dead", viewer.event)),
        ),
        ("deliveries of some days", deliveries(&days)),
        (
            "deliveries of some days, dead, of a rare type",
            deliveries(&format!("{days}&state=dead&type=Purged")),
        ),
        ("events of some days", format!("/api/v1/events?limit=50&{days}")),
        (
            "events of some days, of a rare type",
            format!("/api/v1/events?limit=50&{days}&type=Purged"),
        ),
    ]
}
