//! The page that a walk makes.

use postrider_domain::ports::{ListedDelivery, StoreError};
use postrider_domain::{Page, PageRequest};
use sqlx::FromRow;

use crate::errors::corrupt;
use crate::rows::DeliveryRow;

/// A delivery that was looked at.
#[derive(FromRow)]
pub(super) struct LookedRow {
    #[sqlx(flatten)]
    delivery: DeliveryRow,
    matches: bool,
    is_end: bool,
    filter: Option<String>,
    event_type: Option<String>,
    uri: Option<String>,
}

/// The page that rows make. It ends with as many as are asked for, or with the first walk that ended:
/// of what is older, that one has seen nothing.
pub(super) fn listed(
    rows: Vec<LookedRow>,
    page: PageRequest,
) -> Result<Page<ListedDelivery>, StoreError> {
    let mut items: Vec<ListedDelivery> = Vec::new();
    for row in rows {
        if items.len() == page.limit as usize {
            let next = items.last().map(|listed| listed.delivery.id.0);
            return Ok(Page { items, next });
        }
        let end = row.is_end.then_some(row.delivery.id);
        if row.matches {
            items.push(row.try_into()?);
        }
        if end.is_some() {
            return Ok(Page { items, next: end });
        }
    }
    Ok(Page { items, next: None })
}

impl TryFrom<LookedRow> for ListedDelivery {
    type Error = StoreError;

    fn try_from(row: LookedRow) -> Result<Self, StoreError> {
        let event = row.filter.zip(row.event_type).map(|(filter, event_type)| {
            Ok((
                filter.parse().map_err(corrupt("events"))?,
                event_type.parse().map_err(corrupt("events"))?,
            ))
        });
        let uri = row.uri.map(|uri| uri.parse().map_err(corrupt("registrations")));
        Ok(Self {
            delivery: row.delivery.try_into()?,
            event: event.transpose()?,
            uri: uri.transpose()?,
        })
    }
}
