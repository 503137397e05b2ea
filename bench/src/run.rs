//! One run: build, measure every scenario, report, and leave nothing behind.

use anyhow::bail;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::Args;
use crate::build::Binaries;
use crate::lab::Lab;
use crate::outcome::{Outcome, rounded};
use crate::profile::Profiler;
use crate::scenario::Scenario;
use crate::{limit, pipeline, report};

/// Runs what the command line says.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    refuse_a_debug_build()?;
    let binaries = Binaries::prepare(&args.lab, args.profile_dir.is_some()).await?;
    let profiler = Profiler::new(args.profile_dir.clone())?;
    let lab = Lab::open(&args.lab, binaries).await?;
    let mut outcomes = Vec::new();
    let measure = async |lab: &mut Lab| measure_all(&args, lab, &profiler, &mut outcomes).await;
    let measured = lab.used_for(measure).await;

    if !outcomes.is_empty() {
        report::print(&outcomes);
        if let Some(path) = &args.json {
            report::write_json(&outcomes, path)?;
        }
    }
    measured?;
    match outcomes.iter().find_map(Outcome::fault) {
        Some(fault) => bail!(fault),
        None => Ok(()),
    }
}

async fn measure_all(
    args: &Args,
    lab: &mut Lab,
    profiler: &Profiler,
    outcomes: &mut Vec<Outcome>,
) -> anyhow::Result<()> {
    for scenario in Scenario::plan(&args.scenarios) {
        let load = scenario.load(args.events);
        report::progress(scenario.name());
        let mut outcome = match scenario {
            Scenario::Limit => limit::measure(args.lab.backend, load, profiler).await?,
            _ => pipeline::measure(lab, (scenario, args.lab.backend), load, profiler).await?,
        };
        // The limit comes first.
        let limit = outcomes.first().unwrap_or(&outcome).deliveries_per_s;
        outcome.share_of_limit = Some(rounded(outcome.deliveries_per_s / limit));
        outcomes.push(outcome);
        lab.clear().await?;
    }
    Ok(())
}

/// Refuses to measure what is not built for release.
pub(crate) fn refuse_a_debug_build() -> anyhow::Result<()> {
    if cfg!(debug_assertions) {
        bail!(
            "figures of a debug build mean nothing: use `cargo run --release -p postrider-bench`"
        );
    }
    Ok(())
}

/// Waits until somebody wants this to end.
pub(crate) async fn interrupt() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        ended = tokio::signal::ctrl_c() => ended?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
