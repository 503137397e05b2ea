//! How clients see replays.

use postrider_domain::{BoundedCount, RegistrationId, Replay, ReplayId, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::schema;
use crate::routes::v1::deliveries::DeadReasonName;
use crate::routes::v1::registrations::CountView;

/// How many deliveries a replay would send again.
#[derive(Serialize, ToSchema)]
pub(super) struct MatchedView {
    /// Counted among the oldest 100,000 that may match.
    matched: CountView,
}

impl From<BoundedCount> for MatchedView {
    fn from(matched: BoundedCount) -> Self {
        Self { matched: matched.into() }
    }
}

/// Where a replay stands.
#[derive(ToSchema)]
#[schema(as = ReplayState, rename_all = "lowercase")]
#[expect(dead_code, reason = "it only describes the names that the domain gives")]
enum StateName {
    /// It goes on.
    Running,
    /// Everything that matched was sent again.
    Done,
    /// Somebody stopped it.
    Cancelled,
}

/// A replay, and how far it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReplayView {
    #[schema(value_type = schema::ReplayId)]
    id: ReplayId,
    /// The only registration that gets it.
    #[schema(value_type = schema::RegistrationId)]
    registration_id: RegistrationId,
    /// Who asked for it.
    #[schema(value_type = schema::UserId)]
    created_by: UserId,
    /// In which states the deliveries were.
    states: Vec<&'static str>,
    /// Of those that were given up, only those that were for one of these; none is every reason.
    #[schema(value_type = Vec<DeadReasonName>)]
    reasons: Vec<String>,
    /// Only of events of this filter.
    #[schema(required, value_type = Option<schema::FilterName>)]
    filter: Option<String>,
    /// Only of events of this type.
    #[schema(required, value_type = Option<schema::EventType>)]
    r#type: Option<String>,
    /// Only of events that were accepted at this time or later.
    #[schema(required, value_type = Option<schema::Time>)]
    from: Option<Timestamp>,
    /// Only of events that were accepted before this time.
    #[schema(required, value_type = Option<schema::Time>)]
    to: Option<Timestamp>,
    /// How many a second at the most.
    pace: u32,
    #[schema(value_type = StateName)]
    state: &'static str,
    /// How many there were when it was made, counted among the oldest 100,000 that may match.
    matched: CountView,
    /// How many were sent again by now.
    replayed: u64,
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
    /// When it ended.
    #[schema(required, value_type = Option<schema::Time>)]
    finished_at: Option<Timestamp>,
}

impl From<Replay> for ReplayView {
    fn from(replay: Replay) -> Self {
        let query = replay.query;
        let states = [(query.dead, "dead"), (query.delivered, "delivered")];
        Self {
            id: replay.id,
            registration_id: replay.registration,
            created_by: replay.created_by,
            states: states.into_iter().filter_map(|(asked, name)| asked.then_some(name)).collect(),
            reasons: query.reasons.into_iter().collect(),
            filter: query.filter.map(|filter| filter.to_string()),
            r#type: query.event_type.map(|event_type| event_type.to_string()),
            from: query.from,
            to: query.to,
            pace: replay.pace,
            state: replay.state.as_str(),
            matched: replay.matched.into(),
            replayed: replay.replayed,
            created_at: replay.created_at,
            finished_at: replay.finished_at,
        }
    }
}
