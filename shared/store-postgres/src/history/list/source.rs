//! What a list of deliveries looks at.

use postrider_domain::ports::DeliveryFilter;
use postrider_domain::{DeliveryState, UserId, Visibility};
use sqlx::{Postgres, QueryBuilder};

/// What is looked at: one walk, or one for each of several, of which the newest are taken.
pub(super) enum Source {
    All,
    Registration,
    RegistrationsOf(UserId),
    /// What is held, by the reasons for it.
    Held(Vec<&'static str>),
    /// What was given up, for whatever reason or for this one.
    Dead(Option<&'static str>),
    /// What is pending, as long as that is little.
    Pending,
}

impl Source {
    /// Whether everything that is looked at is what is asked for.
    pub(super) fn knows(&self, filter: &DeliveryFilter) -> bool {
        let known = DeliveryFilter {
            registration: filter.registration,
            event: filter.event,
            from: filter.from,
            to: filter.to,
            ..DeliveryFilter::default()
        };
        let state = filter.state;
        *filter
            == match self {
                Self::All => known,
                Self::Pending => DeliveryFilter { state, ..known },
                Self::Held(_) => DeliveryFilter { state, hold_reason: filter.hold_reason, ..known },
                Self::Dead(_) => DeliveryFilter { state, dead_reason: filter.dead_reason, ..known },
                // Each registration has an index of what is held, and of what was given up.
                Self::Registration | Self::RegistrationsOf(_) => match state {
                    Some(DeliveryState::Held | DeliveryState::Dead) if filter.event.is_none() => {
                        DeliveryFilter { state, ..known }
                    }
                    _ => known,
                },
            }
    }

    /// The column before the id in the index that is walked along.
    pub(super) fn key(&self) -> Option<&'static str> {
        match self {
            Self::Registration | Self::RegistrationsOf(_) => Some("registration_id"),
            Self::Held(_) => Some("hold_reason"),
            Self::Dead(Some(_)) => Some("dead_reason"),
            Self::Dead(None) | Self::All | Self::Pending => None,
        }
    }

    /// Adds the value of that column.
    pub(super) fn push_key(&self, sql: &mut QueryBuilder<Postgres>, filter: &DeliveryFilter) {
        match self {
            Self::Registration => sql.push_bind(filter.registration.map(|id| id.0)),
            Self::RegistrationsOf(_) => sql.push("r.id"),
            Self::Held(_) => sql.push("reason.name"),
            Self::Dead(reason) => sql.push_bind(reason.map(str::to_owned)),
            Self::All | Self::Pending => sql,
        };
    }

    /// Adds what else an index knows.
    pub(super) fn push_scope(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        visibility: Visibility,
        filter: &DeliveryFilter,
    ) {
        if let (Self::Registration, Some(owner)) = (self, visibility.owner()) {
            sql.push(" AND EXISTS (SELECT FROM registrations AS r WHERE r.id = ");
            sql.push_bind(filter.registration.map(|id| id.0));
            sql.push(" AND r.owner_id = ").push_bind(owner.0).push(")");
        }
        if let Some(event) = filter.event {
            sql.push(" AND w.event_id = ").push_bind(event.0);
        }
        // Not a parameter: only the text itself tells that the index of a state will do.
        match filter.state() {
            Some(DeliveryState::Held) if filter.event.is_none() => {
                sql.push(" AND w.state = 'held'")
            }
            Some(DeliveryState::Dead) if filter.event.is_none() => {
                sql.push(" AND w.state = 'dead'")
            }
            _ => return,
        };
        // From the bounds alone the planner takes each of many registrations to have a ninth of all, and
        // would rather read and sort what is held or dead of everybody, once for each of them.
        if let Self::Registration | Self::RegistrationsOf(_) = self {
            sql.push(" AND w.registration_id = ");
            self.push_key(sql, filter);
        }
    }
}
