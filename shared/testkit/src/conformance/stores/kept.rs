//! How long a permission that has ended is kept.

use postrider_domain::Holder;
use postrider_domain::ports::PERMISSIONS_KEPT;

use super::CaseResult;
use super::endings::{END, end_at, event_at, owner_of, resource, told};
use super::given::{self, NOW, permissions};
use crate::databases::Database;

pub async fn permissions_that_ended_long_ago_are_removed_by_a_later_end(
    database: &dyn Database,
) -> CaseResult {
    let store = &*database.store();
    let entry = resource(store, "reports", "42").await?;
    let ada = owner_of(store, "ada", "42").await?;
    let others = owner_of(store, "bob", "43").await?;
    let [early, late] =
        [event_at(store, "42", None, NOW).await?, event_at(store, "42", None, NOW).await?];
    assert_eq!(database.ended_permissions().await, 0);
    end_at(store, &entry, END).await?;
    assert_eq!(database.ended_permissions().await, 1);

    let last = END + PERMISSIONS_KEPT;
    let moment = std::time::Duration::from_micros(1);
    for (id, at, event, left) in [("1", last, early, 1), ("2", last + moment, late, 0)] {
        let other = resource(store, "tasks", id).await?;
        end_at(store, &other, at).await?;
        assert_eq!(database.ended_permissions().await, left);
        let deliveries = given::dispatch(store, &[event]).await?;
        let expected = if left > 0 { told(&[event], &[&ada]) } else { Vec::new() };
        assert_eq!(deliveries, expected, "it is judged by what is kept");
    }
    assert_eq!(permissions(store, Holder::User(others.owner)).await?.len(), 1);
    Ok(())
}
