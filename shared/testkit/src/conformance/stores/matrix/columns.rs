//! The columns: everything that happens to resources of every kind.

use postrider_domain::{Audience, Event, Resource};

use super::KINDS;
use super::rows::Row;
use crate::conformance::stores::given;

/// What happens to resources of a kind.
fn types(kind: &str) -> &'static [&'static str] {
    match kind {
        "tasks" | "alerts" => &["Added", "Edited", "Deleted", "Executed"],
        _ => &["Added", "Edited", "Deleted"],
    }
}

fn event(kind: &str, event_type: &str, category: Option<&str>) -> anyhow::Result<Event> {
    let category = category.map(Into::into);
    let resource = Resource { id: "42".into(), name: None, category };
    let event_type = event_type.parse()?;
    Ok(Event { event_type, resource, ..given::event_about(kind, "42")? })
}

/// Each event with what it is called.
pub(super) fn columns(rows: &[Row]) -> anyhow::Result<Vec<(String, Event)>> {
    // In another case than that of the names, with somebody who is nobody.
    let meant = |remainder| {
        let names = rows.iter().enumerate().filter(move |(place, _)| place % 2 == remainder);
        Audience::parse(names.map(|(_, row)| row.name.to_uppercase()).chain(["nobody".into()]))
    };
    let audiences = [("all", None), ("even ones", Some(meant(0)?)), ("odd ones", Some(meant(1)?))];
    let nobody = Some(Audience::parse(["nobody"])?);

    let mut columns = Vec::new();
    for kind in KINDS {
        // A category is in none.
        let categories = if kind == "categories" { &[None][..] } else { &[None, Some("sales")] };
        for event_type in types(kind) {
            for category in categories {
                for (to, audience) in audiences.iter().chain([&("nobody", nobody.clone())]) {
                    let event = event(kind, event_type, *category)?;
                    let name = format!("{kind} {event_type} in {category:?} for {to}");
                    columns.push((name, Event { audience: audience.clone(), ..event }));
                }
            }
        }
    }
    Ok(columns)
}
