//! `postrider-bench pages`: how long the lists behind the management pages take among very much: as an
//! administrator, who sees everything, and as a user with a hundred registrations.
//!
//! Postgres is filled through the store where something is sealed, and by statements where it is not.
//! Every list is asked for over HTTP, a few at a time, first and next page in turn. A list whose 95th
//! percentile is above the bound ends the run with an error.
#![expect(clippy::print_stdout, reason = "the report is what this program is for")]

mod lists;
mod world;

use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Parser;
use http::{Method, Request, StatusCode, header};
use serde_json::Value;
use tokio::task::JoinSet;

use self::lists::{List, lists};
use self::world::{Viewer, World};
use crate::args::{Backend, LabArgs};
use crate::build::Binaries;
use crate::http_connection::HttpConnection;
use crate::lab::Lab;
use crate::report::progress;
use crate::run::refuse_a_debug_build;

/// The first argument that asks for this.
pub(crate) const COMMAND: &str = "pages";

/// Measures every list behind the management pages among very much, on Postgres.
#[derive(Debug, Parser)]
#[command(name = "postrider-bench pages", version)]
pub(crate) struct PagesArgs {
    #[command(flatten)]
    lab: LabArgs,

    /// How many registrations there are
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    registrations: usize,

    /// How many deliveries there are, of a quarter as many events
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    deliveries: u32,

    /// How many ask at a time
    #[arg(long, value_name = "N", default_value_t = 2)]
    at_once: usize,

    /// How often each of them asks for a list
    #[arg(long, value_name = "N", default_value_t = 40)]
    rounds: usize,

    /// What a list's 95th percentile may be, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 200.0)]
    at_most: f64,
}

/// Measures every list and prints a line for each.
pub(crate) async fn run(args: PagesArgs) -> anyhow::Result<()> {
    refuse_a_debug_build()?;
    ensure!(args.lab.backend == Backend::Services, "the lists are measured on Postgres");
    let binaries = Binaries::prepare(&args.lab, false).await?;
    let lab = Lab::open(&args.lab, binaries).await?;
    lab.used_for(async |lab| measure(&args, lab).await).await
}

async fn measure(args: &PagesArgs, lab: &mut Lab) -> anyhow::Result<()> {
    let api = lab.start().await?;
    progress("filling the database");
    let world = World::fill(lab, &api, args.registrations, args.deliveries).await?;
    let mut slow = Vec::new();
    for viewer in [&world.administrator, &world.user] {
        println!("{:<64} {:>9} {:>9} {:>6}", viewer.name, "p50 ms", "p95 ms", "rows");
        for list in lists(viewer) {
            let mut measured = ask_for(args, viewer, &list).await?;
            measured.times.sort_unstable();
            let at = |share: usize| {
                measured.times[(measured.times.len() - 1) * share / 100].as_secs_f64() * 1_000.0
            };
            println!("{:<64} {:>9.1} {:>9.1} {:>6}", list.name, at(50), at(95), measured.rows);
            if at(95) > args.at_most {
                slow.push(format!("{} ({}): {:.0} ms", list.name, viewer.name, at(95)));
            }
        }
        lab.check_alive()?;
    }
    ensure!(slow.is_empty(), "slower than {} ms:\n{}", args.at_most, slow.join("\n"));
    Ok(())
}

/// How long a list took.
struct Measured {
    times: Vec<Duration>,
    /// How many rows its first page had.
    rows: usize,
}

/// Asks for the first page and the next one in turn, on several connections.
async fn ask_for(args: &PagesArgs, viewer: &Viewer, list: &List) -> anyhow::Result<Measured> {
    // Once before, for what is not in any cache yet; there is a page for everything that is measured.
    let mut connection = HttpConnection::open(viewer.address).await?;
    let page = get(&mut connection, viewer, &list.path).await?;
    let rows = page["items"].as_array().map_or(0, Vec::len);
    let separator = if list.path.contains('?') { '&' } else { '?' };
    let next = page["next"].as_str().map(|next| format!("{}{separator}cursor={next}", list.path));
    let paths: Vec<String> = std::iter::once(list.path.clone()).chain(next).collect();
    let mut tasks = JoinSet::new();
    for _ in 0..args.at_once {
        let (paths, viewer, rounds) = (paths.clone(), viewer.clone(), args.rounds);
        tasks.spawn(async move {
            let mut connection = HttpConnection::open(viewer.address).await?;
            let mut times = Vec::with_capacity(rounds);
            for path in paths.iter().cycle().take(rounds) {
                let began = Instant::now();
                get(&mut connection, &viewer, path).await?;
                times.push(began.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        times.extend(ended??);
    }
    Ok(Measured { times, rows })
}

async fn get(
    connection: &mut HttpConnection,
    viewer: &Viewer,
    path: &str,
) -> anyhow::Result<Value> {
    let request = Request::builder()
        .method(Method::GET)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {}", viewer.key));
    let (status, body) = connection.send(request, bytes::Bytes::new()).await?;
    let text = String::from_utf8_lossy(&body);
    ensure!(status == StatusCode::OK, "{path} was answered {status}: {text}");
    Ok(serde_json::from_slice(&body)?)
}
