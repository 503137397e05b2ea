//! Results for people and for programs.
#![expect(clippy::print_stdout, reason = "the report is what this program is for")]

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

use crate::outcome::Outcome;

/// Says what is being done.
pub(crate) fn progress(text: &str) {
    println!("{text} …");
}

/// Prints all results as tables.
pub(crate) fn print(outcomes: &[Outcome]) {
    println!("\n{}", speed(outcomes));
    println!("\nCPU seconds per 1,000 deliveries\n{}", usage(outcomes, |o| &o.cpu_s_per_1000));
    println!("\nPeak memory, MiB\n{}", usage(outcomes, |o| &o.peak_rss_mb));
}

/// Writes all results as a JSON array.
pub(crate) fn write_json(outcomes: &[Outcome], path: &Path) -> anyhow::Result<()> {
    let mut json = serde_json::to_vec_pretty(outcomes)?;
    json.push(b'\n');
    std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))
}

fn speed(outcomes: &[Outcome]) -> String {
    let header = [
        "scenario",
        "backend",
        "accepted/s",
        "deliveries/s",
        "share",
        "p50 ms",
        "p99 ms",
        "lost",
        "duplicates",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for outcome in outcomes {
        let optional = |figure: Option<f64>, digits: usize| {
            figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.digits$}"))
        };
        let name = match outcome.concurrency {
            Some(concurrency) => format!("{} ×{concurrency}", outcome.scenario.name()),
            None => outcome.scenario.name().to_owned(),
        };
        rows.push(vec![
            name,
            format!("{:?}", outcome.backend).to_lowercase(),
            optional(outcome.accepted_per_s, 0),
            format!("{:.0}", outcome.deliveries_per_s),
            optional(outcome.share_of_limit, 3),
            format!("{:.2}", outcome.p50_ms),
            format!("{:.2}", outcome.p99_ms),
            outcome.lost.to_string(),
            outcome.duplicates.to_string(),
        ]);
    }
    align(&rows)
}

/// A column per process, of every process that takes part in any scenario.
fn usage(outcomes: &[Outcome], of: fn(&Outcome) -> &BTreeMap<&'static str, f64>) -> String {
    let mut names: Vec<&str> = outcomes.iter().flat_map(|o| of(o).keys().copied()).collect();
    names.sort_unstable();
    names.dedup();
    let mut rows = vec![["scenario"].iter().chain(&names).map(|name| (*name).to_owned()).collect()];
    for outcome in outcomes {
        let figure =
            |name: &&str| of(outcome).get(name).map_or("–".to_owned(), |f| format!("{f:.3}"));
        let name = outcome.scenario.name().to_owned();
        rows.push(std::iter::once(name).chain(names.iter().map(figure)).collect());
    }
    align(&rows)
}

/// Words to the left, figures to the right.
fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let cell = |(column, text): (usize, &String)| match column {
        0 => format!("{text:<width$}", width = widths[0]),
        _ => format!("{text:>width$}", width = widths[column]),
    };
    let line = |row: &Vec<String>| row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ");
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = [["a", "bbb"], ["–xx", "1"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(align(&rows), "a    bbb\n–xx    1");
    }
}
