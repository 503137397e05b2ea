//! The names that the domain gives to states and outcomes, for the document.

use utoipa::ToSchema;

/// How far the processing of a received webhook has come.
#[derive(ToSchema)]
#[schema(as = InboxState, rename_all = "lowercase")]
#[expect(dead_code, reason = "it only describes the names that the domain gives")]
pub(in super::super) enum StateName {
    /// Its handlers are to run.
    Pending,
    /// Every handler ran, or one of them ended the chain.
    Processed,
    /// A handler failed for good.
    Dead,
}

/// How a run of a handler ended.
#[derive(ToSchema)]
#[schema(as = RunOutcome, rename_all = "lowercase")]
#[expect(dead_code, reason = "it only describes the names that the domain gives")]
pub(super) enum OutcomeName {
    /// It was the next handler's turn.
    Done,
    /// No other handler was to run.
    Stopped,
    /// It failed.
    Failed,
}

#[cfg(test)]
mod tests {
    use postrider_domain::InboxState;
    use postrider_domain::inbox::RunOutcome;
    use serde_json::{Value, json, to_value};
    use utoipa::PartialSchema;

    use super::*;

    fn described<T: PartialSchema>() -> Value {
        to_value(T::schema()).unwrap()
    }

    #[test]
    fn the_document_has_every_name_that_the_domain_gives() {
        let states: Vec<_> = InboxState::ALL.iter().map(|state| state.as_str()).collect();
        assert_eq!(described::<StateName>()["enum"], json!(states));
        let outcomes = [RunOutcome::Done, RunOutcome::Stopped, RunOutcome::Failed(String::new())];
        let outcomes: Vec<_> = outcomes.iter().map(RunOutcome::as_str).collect();
        assert_eq!(described::<OutcomeName>()["enum"], json!(outcomes));
    }
}
