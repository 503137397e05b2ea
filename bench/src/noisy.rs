//! What receivers that make trouble do to the others: the latency of sixteen healthy registrations,
//! alone, beside four bad ones, and beside four bad ones of which one has a backlog.
#![expect(clippy::print_stdout, reason = "the report is what this program is for")]

use std::time::Duration;

use anyhow::ensure;
use clap::Parser;
use serde_json::json;

use crate::args::LabArgs;
use crate::build::Binaries;
use crate::lab::Lab;
use crate::meter::Meter;
use crate::payload;
use crate::pipeline::{carry_out, register, register_one};
use crate::publisher::publish_in_bulk;
use crate::run::refuse_a_debug_build;
use crate::scenario::{Load, Pace};
use crate::sink::Sink;
use crate::tally::Tally;
use crate::troublemakers::Troublemakers;

/// The first argument that asks for this.
pub(crate) const COMMAND: &str = "noisy";

/// The filter that only the registration with the backlog asks for besides.
const BACKLOG_FILTER: &str = "tasks";
/// How many registrations are healthy.
const HEALTHY: u32 = 16;
/// How many deliveries may be under way to one receiver before the others are put aside, with room.
const TRIED_AT_ONCE: u32 = 200;

/// Measures the latency of sixteen healthy registrations: alone, beside a receiver that hangs, one
/// that drips, one that refuses connections and one that fails, and beside the same with a backlog for
/// the one that hangs. One worker with its default settings.
#[derive(Debug, Parser)]
#[command(name = "postrider-bench noisy", version)]
pub(crate) struct NoisyArgs {
    #[command(flatten)]
    lab: LabArgs,

    /// How many events are published, at 100 a second
    #[arg(long, value_name = "N", default_value_t = 3_000)]
    events: u32,

    /// How many deliveries wait for the receiver that hangs
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    backlog: u32,

    /// Fails when the p99 is more than so many times what it is without the others
    #[arg(long, value_name = "RATIO")]
    at_most: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Alone,
    Beside,
    BesideBacklog,
}

/// Measures every phase and prints a line for each.
pub(crate) async fn run(args: NoisyArgs) -> anyhow::Result<()> {
    refuse_a_debug_build()?;
    let binaries = Binaries::prepare(&args.lab, false).await?;
    let lab = Lab::open(&args.lab, binaries).await?;
    lab.used_for(async |lab| measure_all(&args, lab).await).await
}

async fn measure_all(args: &NoisyArgs, lab: &mut Lab) -> anyhow::Result<()> {
    println!(
        "{:<52} {:>9} {:>9} {:>9} {:>7} {:>5}",
        "sixteen healthy registrations, 100 events/s",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "ratio",
        "lost"
    );
    let mut alone = None;
    for phase in [Phase::Alone, Phase::Beside, Phase::BesideBacklog] {
        let tally = measure(args, lab, phase).await?;
        lab.clear().await?;
        let p99 = tally.percentile_ms(99.0);
        let ratio = p99 / *alone.get_or_insert(p99);
        println!(
            "{:<52} {:>9.1} {p99:>9.1} {:>9.1} {ratio:>7.2} {:>5}",
            phase.describe(args.backlog),
            tally.percentile_ms(50.0),
            tally.percentile_ms(99.9),
            tally.lost,
        );
        ensure!(tally.lost == 0, "{} deliveries were lost", tally.lost);
        if let Some(most) = args.at_most {
            ensure!(ratio <= most, "the p99 is {ratio:.2} times that without them");
        }
    }
    Ok(())
}

impl Phase {
    fn describe(self, backlog: u32) -> String {
        match self {
            Self::Alone => "alone".into(),
            Self::Beside => "beside one that hangs, drips, refuses, fails".into(),
            Self::BesideBacklog => format!("the same, {backlog} waiting for the one that hangs"),
        }
    }
}

async fn measure(args: &NoisyArgs, lab: &mut Lab, phase: Phase) -> anyhow::Result<Tally> {
    let pace = Pace::Every(Duration::from_millis(10));
    let load = Load { events: args.events, registrations: HEALTHY, pace };
    let mut sink = Sink::start(load).await?;
    let trouble = Troublemakers::start().await?;
    let api = lab.start().await?;
    register(&api, &sink, HEALTHY).await?;
    if phase != Phase::Alone {
        for uri in trouble.uris() {
            let filters: &[&str] = if uri == trouble.hangs && phase == Phase::BesideBacklog {
                &[payload::FILTER, BACKLOG_FILTER]
            } else {
                &[payload::FILTER]
            };
            register_one(&api, json!({ "uri": uri, "filters": filters })).await?;
        }
    }
    if phase == Phase::BesideBacklog {
        publish_in_bulk(&api, BACKLOG_FILTER, args.backlog).await?;
        lab.wait_until_put_aside(args.backlog, TRIED_AT_ONCE).await?;
    }
    let mut meter = Meter::start(lab.sources());
    carry_out(lab, &mut sink, &mut meter, api, load).await?;
    lab.check_alive()?;
    Ok(Tally::of(&sink.take().await?, load))
}
