//! The steps of a history, before it is known what they are about.

mod flow;

use proptest::prelude::*;
use proptest::sample::Index;

pub(super) use flow::{FlowStep, Preference, Said};

/// What an event is about, for whom it is, and its key and content if it has one.
pub(super) type Published = (Index, Index, Option<(u8, u8)>);

/// A step. An [`Index`] picks one of whatever there is by then.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Publishes a request of events.
    Accept(Vec<Published>),
    /// Dispatches the events that were accepted since the last time, and one from before.
    Dispatch(Index),
    /// Claims some deliveries, one of them twice, while one registration may be busy.
    Claim(Vec<Index>, Option<Index>),
    /// Records attempts of deliveries, under their last lease or without one.
    Record(Vec<(Index, End, bool)>),
    /// Records the attempts of the last batch again.
    RecordAgain,
    TakeDueEvents,
    TakeDueDeliveries,
    Flow(FlowStep),
    Replay(Index, bool),
    Register(Index, Index, bool),
    Pause(Index),
    Resume(Index),
    /// Asks for other filters.
    Refilter(Index, Index),
    /// Changes a registration as it was before somebody else changed it.
    ChangeTooLate(Index),
    Delete(Index),
    /// Grants to a user or a role: whom, which kind, which scope, and which access.
    Grant(Index, Index, Index, u8),
    Revoke(Index),
    Disable(Index, bool),
    /// Puts a user into a role, or takes them out of it.
    Join(Index, Index, bool),
    /// Adds a resource to the catalogue, perhaps in a category, for one of the users.
    AddResource(Index, Index, bool),
    /// Renames one, or files it elsewhere.
    ChangeResource(Index, bool),
    DeleteResource(Index),
    /// Lets some seconds pass.
    Wait(u32),
}

/// How an attempt ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Success,
    Retry(u32),
    Exhausted,
    Gone,
    Hold,
}

/// Histories of up to ninety steps, in which what carries deliveries along is the most frequent.
pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..90)
}

fn step() -> impl Strategy<Value = Step> {
    let some = || prop::collection::vec(any::<Index>(), 1..6);
    let key = prop::option::weighted(0.4, (0..4u8, 0..2u8));
    prop_oneof![
        5 => prop::collection::vec((any::<Index>(), any::<Index>(), key), 0..4)
            .prop_map(Step::Accept),
        6 => any::<Index>().prop_map(Step::Dispatch),
        8 => (some(), prop::option::weighted(0.2, any::<Index>()))
            .prop_map(|(some, busy)| Step::Claim(some, busy)),
        6 => prop::collection::vec((any::<Index>(), end(), prop::bool::weighted(0.8)), 1..6)
            .prop_map(Step::Record),
        1 => Just(Step::RecordAgain),
        2 => Just(Step::TakeDueEvents),
        2 => Just(Step::TakeDueDeliveries),
        20 => flow::step().prop_map(Step::Flow),
        2 => any::<(Index, bool)>().prop_map(|(one, own)| Step::Replay(one, own)),
        2 => any::<(Index, Index, bool)>().prop_map(|(a, b, c)| Step::Register(a, b, c)),
        2 => any::<Index>().prop_map(Step::Pause),
        2 => any::<Index>().prop_map(Step::Resume),
        1 => any::<(Index, Index)>().prop_map(|(one, filters)| Step::Refilter(one, filters)),
        1 => any::<Index>().prop_map(Step::ChangeTooLate),
        1 => any::<Index>().prop_map(Step::Delete),
        3 => any::<(Index, Index, Index, u8)>().prop_map(|(a, b, c, d)| Step::Grant(a, b, c, d)),
        1 => any::<Index>().prop_map(Step::Revoke),
        2 => any::<(Index, bool)>().prop_map(|(user, off)| Step::Disable(user, off)),
        2 => any::<(Index, Index, bool)>().prop_map(|(a, b, c)| Step::Join(a, b, c)),
        2 => any::<(Index, Index, bool)>().prop_map(|(a, b, c)| Step::AddResource(a, b, c)),
        1 => any::<(Index, bool)>().prop_map(|(one, filed)| Step::ChangeResource(one, filed)),
        1 => any::<Index>().prop_map(Step::DeleteResource),
        3 => (0..100u32).prop_map(Step::Wait),
    ]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        4 => Just(End::Success),
        4 => (1..60u32).prop_map(End::Retry),
        1 => Just(End::Exhausted),
        1 => Just(End::Gone),
        1 => Just(End::Hold),
    ]
}
