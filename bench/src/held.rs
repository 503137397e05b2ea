//! A great many deliveries held for one registration: what they do to the memory of every process and
//! to another registration's latency, while they are held and while they are let go.
#![expect(clippy::print_stdout, reason = "the report is what this program is for")]

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::ensure;
use bytes::Bytes;
use clap::Parser;
use http::StatusCode;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::args::LabArgs;
use crate::build::Binaries;
use crate::http_connection::HttpConnection;
use crate::lab::Lab;
use crate::meter::{Meter, Usage};
use crate::payload;
use crate::pipeline::{carry_out, register_one};
use crate::publisher::{Api, publish_in_bulk};
use crate::run::refuse_a_debug_build;
use crate::scenario::{Load, Pace};
use crate::sink::Sink;
use crate::tally::Tally;

/// The first argument that asks for this.
pub(crate) const COMMAND: &str = "held";

/// What the paused registration asks for, and nobody else does.
const HELD_FILTER: &str = "tasks";
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Holds many deliveries for a paused registration, then resumes it: measures another registration's
/// latency and every process' memory before, while they are held, and while they are let go.
#[derive(Debug, Parser)]
#[command(name = "postrider-bench held", version)]
pub(crate) struct HeldArgs {
    #[command(flatten)]
    lab: LabArgs,

    /// How many deliveries are held
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    held: u32,

    /// How many events the other registration gets in each phase, at 100 a second
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    events: u32,
}

/// Measures every phase and prints a line for each.
pub(crate) async fn run(args: HeldArgs) -> anyhow::Result<()> {
    refuse_a_debug_build()?;
    let binaries = Binaries::prepare(&args.lab, false).await?;
    let lab = Lab::open(&args.lab, binaries).await?;
    lab.used_for(async |lab| measure(&args, lab).await).await
}

async fn measure(args: &HeldArgs, lab: &mut Lab) -> anyhow::Result<()> {
    let api = lab.start().await?;
    let everything = Load { events: args.held, registrations: 1, pace: Pace::AtOnce };
    let mut later = Sink::start(everything).await?;
    let paused = json!({ "uri": later.uri(0), "filters": [HELD_FILTER], "paused": true });
    let paused = register_one(&api, paused).await?;

    println!(
        "{:<44} {:>9} {:>9}  peak memory, MiB",
        "another registration, 100 events/s", "p50 ms", "p99 ms"
    );
    others(args, lab, &api, "with nothing held").await?;

    let began = Instant::now();
    publish_in_bulk(&api, HELD_FILTER, args.held).await?;
    lab.wait_until_put_aside(args.held, 0).await?;
    println!("{} deliveries were held after {:.0} s", args.held, began.elapsed().as_secs_f64());
    others(args, lab, &api, &format!("with {} held", args.held)).await?;

    let began = Instant::now();
    resume(&api, &paused).await?;
    others(args, lab, &api, "while they are let go").await?;
    let mut received = later.count().await?;
    println!("{received} had arrived by the end of that");
    let mut progress_at = Instant::now();
    while received < args.held {
        sleep(LOOK_EVERY).await;
        lab.check_alive()?;
        let count = later.count().await?;
        if count > received {
            (received, progress_at) = (count, Instant::now());
        }
        ensure!(
            progress_at.elapsed() < Duration::from_mins(1),
            "{} deliveries never came",
            args.held - received
        );
    }
    let took = began.elapsed().as_secs_f64();
    println!(
        "all {} arrived {took:.0} s after the resume: {:.0}/s",
        args.held,
        f64::from(args.held) / took
    );
    others(args, lab, &api, "after that").await
}

/// Measures a registration that has nothing to do with it.
async fn others(args: &HeldArgs, lab: &mut Lab, api: &Api, phase: &str) -> anyhow::Result<()> {
    let pace = Pace::Every(Duration::from_millis(10));
    let load = Load { events: args.events, registrations: 1, pace };
    let mut sink = Sink::start(load).await?;
    let wanted = json!({ "uri": sink.uri(0), "filters": [payload::FILTER] });
    let registration = register_one(api, wanted).await?;
    let mut meter = Meter::start(lab.sources());
    carry_out(lab, &mut sink, &mut meter, api.clone(), load).await?;
    let usage = meter.end();
    // The next phase has another one.
    let path = format!("/api/v1/registrations/{registration}");
    let status = HttpConnection::open(api.address).await?.delete(&path, &api.key).await?;
    ensure!(status == StatusCode::NO_CONTENT, "deleting was answered {status}");
    let tally = Tally::of(&sink.take().await?, load);
    let (p50, p99) = (tally.percentile_ms(50.0), tally.percentile_ms(99.0));
    println!("{phase:<44} {p50:>9.1} {p99:>9.1}  {}", memory(&usage));
    ensure!(tally.lost == 0, "{} deliveries were lost", tally.lost);
    Ok(())
}

fn memory(usage: &BTreeMap<&'static str, Usage>) -> String {
    let product = usage.iter().filter(|(name, _)| !["bench", "sink"].contains(name));
    let shown = product.map(|(name, usage)| format!("{name} {:.0}", usage.peak_mb));
    shown.collect::<Vec<_>>().join(", ")
}

async fn resume(api: &Api, registration: &str) -> anyhow::Result<()> {
    let mut connection = HttpConnection::open(api.address).await?;
    let path = format!("/api/v1/registrations/{registration}/resume");
    let body = Bytes::from(json!({ "held": "send" }).to_string());
    let (status, answer) = connection.post(&path, &api.key, body).await?;
    ensure!(
        status == StatusCode::OK,
        "resuming was answered {status}: {}",
        String::from_utf8_lossy(&answer)
    );
    Ok(())
}
