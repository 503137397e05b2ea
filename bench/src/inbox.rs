//! `postrider-bench inbox`: how fast webhooks are received, verified and stored, beside a service that
//! only reads the body and answers; and what the answer waits for while handlers take long.
//!
//! Both services are this program again, in a process of its own, served alike and called by the same
//! generator over as many connections, in rounds that alternate. What was answered is looked up in the
//! inbox afterwards: each webhook has to be there once.
#![expect(clippy::print_stdout, reason = "the report is what this program is for")]

mod ledger;
mod rounds;
mod service;
mod webhooks;

use std::time::Duration;

use anyhow::{anyhow, ensure};
use clap::Parser;

use crate::args::ServerArgs;
use crate::lab::Servers;
use crate::meter::Source;
use crate::run::{interrupt, refuse_a_debug_build};
use crate::tally::rate;

use ledger::Ledger;
pub(crate) use service::{COMMAND as SERVICE, ServiceArgs, serve};
use service::{Role, Service};
use webhooks::Webhooks;

/// The first argument that asks for this.
pub(crate) const COMMAND: &str = "inbox";

/// Measures how fast signed webhooks are stored in an inbox on Postgres and announced on RabbitMQ,
/// beside a service that reads the body and answers 204, and the latency of the answer at a fixed rate
/// while every handler takes 30 seconds.
#[derive(Debug, Parser)]
#[command(name = "postrider-bench inbox", version)]
pub(crate) struct InboxArgs {
    #[command(flatten)]
    servers: ServerArgs,

    /// How many rounds each of both is measured
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// How long a round is
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,

    /// How many senders there are, each with a connection of its own: by default about as many as the
    /// usual limit of 1,024 open files has room for
    #[arg(long, value_name = "N", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,

    /// How many webhooks a second are sent while handlers take long
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    paced: u32,

    /// How many commits of webhooks are under way at a time, instead of the default
    #[arg(long, value_name = "N")]
    in_flight: Option<usize>,

    /// Fails when fewer webhooks are stored than this share of what is answered at once
    #[arg(long, value_name = "RATIO")]
    at_least: Option<f64>,
}

/// Measures both parts, and prints what came of them.
pub(crate) async fn run(args: InboxArgs) -> anyhow::Result<()> {
    refuse_a_debug_build()?;
    let mut servers = Servers::open(&args.servers).await?;
    let measured = tokio::select! {
        measured = measure_all(&args, &mut servers) => measured,
        interrupted = interrupt() => interrupted.and(Err(anyhow!("interrupted"))),
    };
    let cleared = servers.remove().await;
    measured.and(cleared)
}

async fn measure_all(args: &InboxArgs, servers: &mut Servers) -> anyhow::Result<()> {
    let ratio = measure_rate(args, servers).await?;
    servers.remove().await?;
    measure_latency(args, servers).await?;
    if let Some(least) = args.at_least {
        ensure!(ratio >= least, "{ratio:.3} of what is answered at once is less than {least}");
    }
    Ok(())
}

/// The rate of the inbox as a share of that of the bare service.
async fn measure_rate(args: &InboxArgs, servers: &mut Servers) -> anyhow::Result<f64> {
    let ledger = Ledger::create(servers, "rate").await?;
    let bare = Service::start(Role::Bare, None, None).await?;
    let inbox = Service::start(Role::Receive, Some(&ledger), args.in_flight).await?;
    let mut sources = servers.sources();
    sources.push(("receiver", Source::Process(inbox.pid())));
    let bare_sources = vec![("bare", Source::Process(bare.pid()))];
    let both = rounds::Both {
        bare: rounds::Side { webhooks: Webhooks::to(&bare), sources: bare_sources },
        inbox: rounds::Side { webhooks: Webhooks::to(&inbox), sources },
    };
    let seconds = Duration::from_secs(args.seconds);
    let ratio = both.measure(&ledger, (args.rounds, seconds, args.connections)).await?;

    let sent = both.inbox.webhooks.sent();
    ledger.check(sent).await?;
    let failures = inbox.metric("postrider_inbox_announce_failures_total").await?;
    ensure!(failures == 0.0, "{failures} of them were not announced");
    println!("{sent} webhooks were answered, each is in the inbox once, and announced");
    Ok(ratio)
}

/// The latency of the answer while handlers take long.
async fn measure_latency(args: &InboxArgs, servers: &mut Servers) -> anyhow::Result<()> {
    const SECONDS: u32 = 20;
    let ledger = Ledger::create(servers, "latency").await?;
    let inbox = Service::start(Role::Receive, Some(&ledger), args.in_flight).await?;
    let worker = Service::start(Role::Work, Some(&ledger), None).await?;
    let webhooks = Webhooks::to(&inbox);
    let load = webhooks.send_paced(args.paced, args.paced * SECONDS, args.connections).await?;
    let running = worker.metric("postrider_inbox_in_progress").await?;
    ledger.check(webhooks.sent()).await?;
    println!(
        "\nat {:.0}/s, with {running} handlers under way that take {} s: answers after p50 {:.2} ms, p99 {:.2} ms",
        rate(load.answered, load.began_at, load.ended_at),
        service::HANDLER_TAKES.as_secs(),
        load.percentile_ms(50.0),
        load.percentile_ms(99.0),
    );
    Ok(())
}
