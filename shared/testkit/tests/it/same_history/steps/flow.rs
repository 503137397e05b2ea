//! The steps about how deliveries flow.

use proptest::prelude::*;
use proptest::sample::Index;

/// A step about how deliveries flow.
#[derive(Debug, Clone)]
pub(in crate::same_history) enum FlowStep {
    /// Judges all that is to be judged: `None` is that it could not be.
    Judge(Vec<Option<bool>>),
    /// Parks deliveries that are leased.
    Park(Vec<Index>),
    Release,
    Report(Index, Said),
    GiveUp(u32, u32),
    Discard(Index, u32),
    /// Sends again what was settled, at a pace.
    Replay(Index, u32),
    AdvanceReplays,
    CancelReplay(Index),
    Test(Index),
    Expunge(Index),
    /// Wants deliveries otherwise.
    Prefer(Index, Preference),
}

/// What a worker says of a receiver.
#[derive(Debug, Clone, Copy)]
pub(in crate::same_history) enum Said {
    Failing,
    Recovered,
    Tripped,
    ProbeFailed,
    ProbeSucceeded,
    Gone,
    Died,
}

/// How a registration wants its deliveries.
#[derive(Debug, Clone, Copy)]
pub(in crate::same_history) enum Preference {
    Plain,
    Rate,
    Batch,
    Discard,
    Condition,
    Expiring,
    Enabled,
}

pub(super) fn step() -> impl Strategy<Value = FlowStep> {
    let some = || prop::collection::vec(any::<Index>(), 1..4);
    let judgement = prop_oneof![Just(Some(true)), Just(Some(false)), Just(None)];
    prop_oneof![
        4 => prop::collection::vec(judgement, 1..4).prop_map(FlowStep::Judge),
        2 => some().prop_map(FlowStep::Park),
        6 => Just(FlowStep::Release),
        5 => (any::<Index>(), said()).prop_map(|(one, said)| FlowStep::Report(one, said)),
        1 => (1..5u32, 30..200u32).prop_map(|(count, age)| FlowStep::GiveUp(count, age)),
        1 => (any::<Index>(), 1..4u32).prop_map(|(one, limit)| FlowStep::Discard(one, limit)),
        2 => (any::<Index>(), 1..4u32).prop_map(|(one, pace)| FlowStep::Replay(one, pace)),
        3 => Just(FlowStep::AdvanceReplays),
        1 => any::<Index>().prop_map(FlowStep::CancelReplay),
        1 => any::<Index>().prop_map(FlowStep::Test),
        1 => any::<Index>().prop_map(FlowStep::Expunge),
        4 => (any::<Index>(), preference()).prop_map(|(one, how)| FlowStep::Prefer(one, how)),
    ]
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        2 => Just(Said::Failing),
        1 => Just(Said::Recovered),
        3 => Just(Said::Tripped),
        2 => Just(Said::ProbeFailed),
        2 => Just(Said::ProbeSucceeded),
        1 => Just(Said::Gone),
        1 => Just(Said::Died),
    ]
}

fn preference() -> impl Strategy<Value = Preference> {
    prop_oneof![
        2 => Just(Preference::Plain),
        2 => Just(Preference::Rate),
        4 => Just(Preference::Batch),
        1 => Just(Preference::Discard),
        2 => Just(Preference::Condition),
        1 => Just(Preference::Expiring),
        1 => Just(Preference::Enabled),
    ]
}
