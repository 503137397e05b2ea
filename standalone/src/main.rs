//! `postrider`: the whole product in one process, and its command-line tools.
#![expect(
    clippy::print_stdout,
    reason = "this is a command-line tool: standard output is its interface"
)]

mod accounts;
mod banner;
mod listen;
mod local_key;
mod send;
mod serve;

use clap::{Parser, Subcommand};
use postrider_runtime::ConfigArgs;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Webhooks, delivered. Without a command: runs everything in this process and says what to try.
#[derive(Parser)]
#[command(
    version,
    after_help = "Settings also come from postrider.toml and from variables such as POSTRIDER_API__LISTEN; see docs/CONFIGURATION.md."
)]
struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything in this process (the default)
    Serve,
    /// Receive webhooks, print them, and say whether each signature verifies
    Listen(listen::ListenArgs),
    /// Publish an event
    Send(send::SendArgs),
    /// Manage users
    #[command(subcommand)]
    User(accounts::UserCommand),
    /// Manage API keys
    #[command(subcommand)]
    Key(accounts::KeyCommand),
    /// Bring the database to this version's schema
    Migrate,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    match args.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(args.config).await,
        Command::Listen(listen) => listen::run(listen).await,
        Command::Send(send) => send::run(args.config, send).await,
        Command::User(command) => accounts::user(args.config, command).await,
        Command::Key(command) => accounts::key(args.config, command).await,
        Command::Migrate => accounts::migrate(args.config).await,
    }
}
