//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use serde::Serialize;
use url::Url;

use crate::scenario::Scenario;

/// Loads a whole Postrider and measures what arrives.
///
/// Builds the release binaries, and for each scenario creates a database and queues, starts the
/// processes and a sink, publishes events, waits until every delivery has arrived, and removes all
/// of it again, also after Ctrl-C. Ends with an error when a delivery was lost or a process died.
///
/// Figures are only worth comparing when nothing else runs on the machine.
#[derive(Debug, Parser)]
#[command(version, after_long_help = MEASURES)]
pub(crate) struct Args {
    /// What to measure; everything when none is named. `limit` is always run, and first
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<Scenario>,

    #[command(flatten)]
    pub(crate) lab: LabArgs,

    /// Write the results to this file as a JSON array
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Send this many events (in `limit`: requests) instead of each scenario's own number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) events: Option<u32>,

    /// Record a profile of each process and scenario with `perf` into this directory. The binaries
    /// are built once more for it, with symbols and frame pointers. The figures of such a run are
    /// not for publishing
    #[arg(long, value_name = "DIR")]
    pub(crate) profile_dir: Option<PathBuf>,
}

/// Where the product runs, and what of it.
#[derive(Debug, clap::Args)]
pub(crate) struct LabArgs {
    /// What to measure it on
    #[arg(long, value_enum, default_value_t = Backend::Services)]
    pub(crate) backend: Backend,

    /// Take the binaries as they were last built
    #[arg(long)]
    pub(crate) no_build: bool,

    #[command(flatten)]
    pub(crate) servers: ServerArgs,
}

/// Where the servers are.
#[derive(Debug, clap::Args)]
pub(crate) struct ServerArgs {
    /// The Postgres server; the user must be allowed to create databases
    #[arg(
        long,
        value_name = "URL",
        env = "POSTRIDER_BENCH_POSTGRES",
        hide_env_values = true,
        default_value = "postgres://postgres@127.0.0.1:5432?sslmode=disable"
    )]
    pub(crate) postgres: Url,

    /// The RabbitMQ server
    #[arg(
        long,
        value_name = "URL",
        env = "POSTRIDER_BENCH_RABBITMQ",
        hide_env_values = true,
        default_value = "amqp://guest:guest@127.0.0.1:5672"
    )]
    pub(crate) rabbitmq: Url,
}

/// What the product runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Backend {
    /// postrider-api, postrider-dispatcher and postrider-worker on Postgres and RabbitMQ
    Services,
    /// postrider by itself: everything in one process, on SQLite
    Embedded,
}

const MEASURES: &str = "\
Others are commands of their own; see their `--help`:
  matching          how the number of registrations tells on one dispatch
  noisy             what receivers that hang, drip, refuse and fail do to the others
  held              a million deliveries held for one registration, and letting them go
  pages             the lists behind the management pages, among a million deliveries
  inbox             receiving webhooks, beside a service that only reads and answers

Measures:
  accepted_per_s    events acknowledged, from the first request to the last answer
  deliveries_per_s  deliveries received, from the first request to the last receipt
  share_of_limit    deliveries_per_s against that of `limit` in the same run
  p50_ms, p99_ms    from the start of the publisher's request to the receipt of the delivery
  lost              deliveries that never came; must be 0
  duplicates        deliveries that came again
  cpu_s_per_1000    seconds of CPU per 1,000 deliveries, by process; postgres and rabbitmq are all
                    of the server's processes, whoever else uses them
  peak_rss_mb       peak memory by process in MiB; for postgres and rabbitmq the highest of
                    samples, with Postgres's shared memory counted once

postgres and rabbitmq appear when the servers run on this machine.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_its_help_names_every_scenario() {
        Args::command().debug_assert();
        let help = Args::command().render_long_help().to_string();
        for scenario in Scenario::value_variants() {
            assert!(help.contains(scenario.name()), "{}", scenario.name());
        }
    }
}
