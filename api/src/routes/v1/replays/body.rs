//! How clients ask for replays.

use std::collections::BTreeSet;

use postrider_domain::{DeadReason, Invalid, Replay, ReplayQuery};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::{ApiError, Violations};
use crate::openapi::schema;
use crate::routes::v1::deliveries::DeadReasonName;

/// The most states that a replay names.
const MAX_STATES: usize = 2;
/// The most reasons that a replay names.
const MAX_REASONS: usize = 10;

/// A state in which a delivery can be sent again.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(as = ReplayableState)]
#[serde(rename_all = "lowercase")]
pub(super) enum StateName {
    Dead,
    Delivered,
}

/// Which deliveries are sent again.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct StartReplay {
    /// In which states they are; those that were given up unless it is given.
    #[schema(min_items = 1, max_items = 2)]
    states: Option<Vec<StateName>>,
    /// Of those that were given up, only those that were for one of these; for whatever unless it is
    /// given.
    #[serde(default)]
    #[schema(max_items = 10, value_type = Vec<DeadReasonName>)]
    reasons: Vec<DeadReason>,
    /// Only of events of this filter.
    #[schema(value_type = Option<schema::FilterName>)]
    filter: Option<String>,
    /// Only of events of this type.
    #[schema(value_type = Option<schema::EventType>)]
    r#type: Option<String>,
    /// Only of events that were accepted at this time or later.
    #[schema(value_type = Option<schema::Time>)]
    from: Option<String>,
    /// Only of events that were accepted before this time.
    #[schema(value_type = Option<schema::Time>)]
    to: Option<String>,
    /// How many a second at the most; 50 unless it is given.
    #[schema(minimum = 1, maximum = 10_000)]
    pace: Option<u32>,
    /// Whether they are only counted.
    #[serde(default)]
    pub(super) dry_run: bool,
}

impl StartReplay {
    /// What is asked for, and the pace.
    pub(super) fn check(self) -> Result<(ReplayQuery, u32), ApiError> {
        fn read<T: std::str::FromStr<Err = Invalid>>(
            violations: &mut Violations,
            pointer: &str,
            text: Option<&String>,
        ) -> Option<T> {
            violations.check(pointer, text.map(|text| text.parse()).transpose()).flatten()
        }
        let mut violations = Violations::default();
        let given = self.states.as_ref().map_or(0, Vec::len);
        if given > MAX_STATES {
            violations.add("/states", format!("there are at most {MAX_STATES} states"));
        }
        if self.reasons.len() > MAX_REASONS {
            violations.add("/reasons", format!("there are at most {MAX_REASONS} reasons"));
        }
        let states = self.states.as_deref().unwrap_or(&[StateName::Dead]);
        let query = ReplayQuery {
            dead: states.contains(&StateName::Dead),
            delivered: states.contains(&StateName::Delivered),
            reasons: self.reasons.iter().map(ToString::to_string).collect::<BTreeSet<_>>(),
            filter: read(&mut violations, "/filter", self.filter.as_ref()),
            event_type: read(&mut violations, "/type", self.r#type.as_ref()),
            from: read(&mut violations, "/from", self.from.as_ref()),
            to: read(&mut violations, "/to", self.to.as_ref()),
        };
        if !query.dead && !query.reasons.is_empty() {
            violations.add("/reasons", "only what was given up has a reason for it");
        }
        let pace = self.pace.unwrap_or(Replay::DEFAULT_PACE);
        if !(1..=Replay::MAX_PACE).contains(&pace) {
            violations.add("/pace", format!("a pace is 1 to {} a second", Replay::MAX_PACE));
        }
        violations.check("", query.validate());
        violations.into_result()?;
        Ok((query, pace))
    }
}
