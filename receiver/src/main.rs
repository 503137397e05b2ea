//! `postrider-receiver`: the receiving side as a process of its own.
#![expect(
    clippy::print_stdout,
    reason = "this is a command-line tool: standard output is its interface"
)]

mod commands;

use clap::{Parser, Subcommand};
use postrider_receiver::program::{InboxCommand, ReceiveArgs, SignArgs};
use postrider_runtime::ConfigArgs;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Receives webhooks, answers at once, and processes them from a queue. Any number may run at once.
#[derive(Parser)]
#[command(
    version,
    after_help = "Settings also come from postrider.toml and from variables such as POSTRIDER_RECEIVER__LISTEN; see docs/RECEIVING.md and docs/CONFIGURATION.md."
)]
struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Receive and process in this process (the default); needs no service
    All,
    /// Receive: verify requests, store them and answer
    Serve,
    /// Process what was received: run its handlers
    Work,
    /// Bring the inbox in the database to this version's schema
    Migrate,
    /// Look at what was received, and have it processed again
    #[command(subcommand)]
    Inbox(InboxCommand),
    /// Hand a payload to the processing logic, with no endpoint and nobody who sends it
    Receive(ReceiveArgs),
    /// Print the request that a provider would send, validly signed
    Sign(SignArgs),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let config = args.config;
    match args.command.unwrap_or(Command::All) {
        Command::All => commands::all(config).await,
        Command::Serve => commands::serve(config).await,
        Command::Work => commands::work(config).await,
        Command::Migrate => commands::migrate(config).await,
        Command::Inbox(command) => {
            print!("{}", command.run(config).await?);
            Ok(())
        }
        Command::Receive(receive) => {
            println!("{:#}", receive.run(&config).await?);
            Ok(())
        }
        Command::Sign(sign) => {
            use std::io::Write;
            Ok(std::io::stdout().write_all(&sign.run(&config, None)?)?)
        }
    }
}
