//! The result of a scenario.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::args::Backend;
use crate::meter::Usage;
use crate::scenario::Scenario;
use crate::tally::Tally;

/// One line of the report, and one object of the JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) scenario: Scenario,
    pub(crate) backend: Backend,
    /// How many requests were in flight; only where the scenario decides that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) concurrency: Option<usize>,
    pub(crate) deliveries: u32,
    /// Nothing is accepted where there is no pipeline.
    pub(crate) accepted_per_s: Option<f64>,
    pub(crate) deliveries_per_s: f64,
    pub(crate) share_of_limit: Option<f64>,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) lost: u32,
    pub(crate) duplicates: u32,
    #[serde(skip)]
    pub(crate) unrecognisable: u32,
    pub(crate) cpu_s_per_1000: BTreeMap<&'static str, f64>,
    pub(crate) peak_rss_mb: BTreeMap<&'static str, f64>,
}

impl Outcome {
    /// Derives every figure that follows from receipts and usage.
    pub(crate) fn new(
        (scenario, backend): (Scenario, Backend),
        began_at: i64,
        tally: &Tally,
        usage: &BTreeMap<&'static str, Usage>,
    ) -> Self {
        let thousands = f64::from(tally.received.max(1)) / 1_000.0;
        let each = |figure: fn(&Usage) -> f64, unit: f64| {
            usage.iter().map(|(name, usage)| (*name, rounded(figure(usage) / unit))).collect()
        };
        Self {
            scenario,
            backend,
            concurrency: None,
            deliveries: tally.received,
            accepted_per_s: None,
            deliveries_per_s: rounded(tally.per_second(began_at)),
            share_of_limit: None,
            p50_ms: rounded(tally.percentile_ms(50.0)),
            p99_ms: rounded(tally.percentile_ms(99.0)),
            lost: tally.lost,
            duplicates: tally.duplicates,
            unrecognisable: tally.unrecognisable,
            cpu_s_per_1000: each(|usage| usage.cpu_s, thousands),
            peak_rss_mb: each(|usage| usage.peak_mb, 1.0),
        }
    }

    /// What is wrong with it, if anything is.
    pub(crate) fn fault(&self) -> Option<String> {
        let name = self.scenario.name();
        if self.lost > 0 {
            return Some(format!("{name}: {} deliveries were lost", self.lost));
        }
        (self.unrecognisable > 0)
            .then(|| format!("{name}: {} duplicates had an id of their own", self.unrecognisable))
    }
}

/// To three decimals: what is beyond them is noise.
pub(crate) fn rounded(figure: f64) -> f64 {
    (figure * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Load, Pace};
    use crate::sink::Receipt;

    fn outcome(receipts: &[Receipt]) -> Outcome {
        let load = Load { events: 2, registrations: 1, pace: Pace::AtOnce };
        let usage = BTreeMap::from([("worker", Usage { cpu_s: 0.5, peak_mb: 12.3456 })]);
        let tally = Tally::of(receipts, load);
        Outcome::new((Scenario::Fanout1, Backend::Services), 0, &tally, &usage)
    }

    fn receipt(sequence: u32, message: u64) -> Receipt {
        Receipt { registration: 0, sequence, sent_at: 0, received_at: 1_000_000, message }
    }

    #[test]
    fn figures_are_per_thousand_deliveries_and_members_are_named_as_documented() {
        let json = serde_json::to_value(outcome(&[receipt(0, 1), receipt(1, 2)])).unwrap();
        assert_eq!(json["cpu_s_per_1000"]["worker"], 250.0);
        assert_eq!(json["peak_rss_mb"]["worker"], 12.346);
        assert_eq!((&json["scenario"], &json["backend"]), (&"fanout1".into(), &"services".into()));
        assert_eq!(json["deliveries_per_s"], 2.0);
        for name in ["accepted_per_s", "share_of_limit", "p50_ms", "p99_ms", "lost", "duplicates"] {
            assert!(json.get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_loss_and_a_repeat_that_cannot_be_recognised_are_faults_and_a_plain_repeat_is_not() {
        let (one, two) = (receipt(0, 1), receipt(1, 2));
        assert_eq!(outcome(&[one, two, one]).fault(), None);
        assert!(outcome(&[one]).fault().unwrap().contains("1 deliveries were lost"));
        assert!(outcome(&[one, two, receipt(0, 3)]).fault().unwrap().contains("id of their own"));
    }
}
