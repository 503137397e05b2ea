//! Which attempts are shown with a delivery, and in what order.

use postrider_domain::Settlement;
use postrider_domain::ports::{DeliveryReport, Store};

use super::CaseResult;
use super::given::{self, LATER, NOW, failure, seconds};

pub async fn attempts_are_shown_oldest_first(store: &dyn Store) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    let mut expected = Vec::new();
    for number in 1..=3 {
        let token = given::take(store, delivery, NOW + seconds(number * 60)).await?;
        let at = NOW + seconds(number * 60 + 1);
        let number = u16::try_from(number)?;
        let mut failed = failure(delivery, number, token, Settlement::Retry { at });
        failed.attempt.started_at = at;
        store.record_attempts(std::slice::from_ref(&failed), at).await?;
        expected.push(failed.attempt);
    }
    assert_eq!(given::report(store, delivery).await?.attempts, expected);
    Ok(())
}

pub async fn of_many_attempts_the_newest_are_shown(store: &dyn Store) -> CaseResult {
    const OLD: u16 = 3;
    let most = u16::try_from(DeliveryReport::MAX_ATTEMPTS)?;
    let delivery = given::pending(store).await?.delivery();
    let token = given::take(store, delivery, NOW).await?;
    let failed = |number: u16| {
        let mut failed = failure(delivery, number, token, Settlement::Retry { at: LATER });
        failed.attempt.started_at = NOW + seconds(number.into());
        failed
    };
    let all: Vec<_> = (1..=most + OLD).map(failed).collect();

    store.record_attempts(&all[..usize::from(most)], LATER).await?;
    let report = given::report(store, delivery).await?;
    assert_eq!((report.attempts.len(), report.more_attempts), (usize::from(most), false));
    store.record_attempts(&all[usize::from(most)..], LATER).await?;
    let report = given::report(store, delivery).await?;
    let newest: Vec<_> = all[usize::from(OLD)..].iter().map(|it| it.attempt.clone()).collect();
    assert_eq!((report.attempts, report.more_attempts), (newest, true));
    Ok(())
}
