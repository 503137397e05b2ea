//! Rounds that alternate, so that a machine that others use as well is as fast or slow for both.
#![expect(clippy::print_stdout, reason = "the report is what this program is for")]

use std::time::Duration;

use super::ledger::Ledger;
use super::webhooks::{Load, Webhooks};
use crate::meter::{Meter, Sources};
use crate::tally::rate;

/// How long each of both is called before it is measured.
const WARM_UP: Duration = Duration::from_secs(1);

/// The services that are compared.
pub(super) struct Both {
    pub(super) bare: Side,
    pub(super) inbox: Side,
}

/// A service, and what is measured of it.
pub(super) struct Side {
    pub(super) webhooks: Webhooks,
    pub(super) sources: Sources,
}

impl Both {
    /// Measures rounds of a time with so many senders, and prints each. The rate of the inbox as a share
    /// of the other's, of the medians.
    pub(super) async fn measure(
        &self,
        ledger: &Ledger,
        (rounds, time, senders): (u32, Duration, u32),
    ) -> anyhow::Result<f64> {
        println!(
            "{:<8} {:<6} {:>10} {:>8} {:>8} {:>12}  CPU s per 1,000",
            "round", "", "answered/s", "p50 ms", "p99 ms", "per commit"
        );
        self.bare.webhooks.send_for(WARM_UP, senders).await?;
        self.inbox.webhooks.send_for(WARM_UP, senders).await?;
        let (mut bare, mut inbox) = (Vec::new(), Vec::new());
        for round in 1..=rounds {
            bare.push(self.bare.round(round, "bare", None, (time, senders)).await?);
            inbox.push(self.inbox.round(round, "inbox", Some(ledger), (time, senders)).await?);
        }
        let (bare, inbox) = (median(bare), median(inbox));
        let ratio = inbox / bare;
        println!("\nmedians: bare {bare:.0}/s, inbox {inbox:.0}/s, ratio {ratio:.3}");
        Ok(ratio)
    }
}

impl Side {
    /// The rate of one round.
    async fn round(
        &self,
        round: u32,
        name: &str,
        ledger: Option<&Ledger>,
        (time, senders): (Duration, u32),
    ) -> anyhow::Result<f64> {
        let before = commits(ledger).await?;
        let meter = Meter::start(self.sources.clone());
        let load = self.webhooks.send_for(time, senders).await?;
        let usage = meter.end();
        let commits = commits(ledger).await? - before;
        let per_commit = match u32::try_from(commits) {
            Ok(commits) if commits > 0 => {
                format!("{:.0}", f64::from(load.answered) / f64::from(commits))
            }
            _ => "–".to_owned(),
        };
        let thousands = f64::from(load.answered.max(1)) / 1_000.0;
        let cpu = usage.iter().map(|(name, used)| format!("{name} {:.4}", used.cpu_s / thousands));
        println!(
            "{round:<8} {name:<6} {:>10.0} {:>8.2} {:>8.2} {per_commit:>12}  {}",
            rate_of(&load),
            load.percentile_ms(50.0),
            load.percentile_ms(99.0),
            cpu.collect::<Vec<_>>().join(", ")
        );
        Ok(rate_of(&load))
    }
}

async fn commits(ledger: Option<&Ledger>) -> anyhow::Result<i64> {
    match ledger {
        Some(ledger) => ledger.commits().await,
        None => Ok(0),
    }
}

fn rate_of(load: &Load) -> f64 {
    rate(load.answered, load.began_at, load.ended_at)
}

/// The one in the middle, or between both that are.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    if figures.len().is_multiple_of(2) {
        f64::midpoint(figures[middle - 1], figures[middle])
    } else {
        figures[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        assert!((median(vec![9.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0, 2.0, 9.0]) - 3.0).abs() < f64::EPSILON);
    }
}
