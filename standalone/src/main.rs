//! `postrider`: the whole product in one process, and its command-line tools.
#![expect(
    clippy::print_stdout,
    reason = "this is a command-line tool: standard output is its interface"
)]

mod api_keys;
mod banner;
mod incoming;
mod listen;
mod local_key;
mod office;
mod secret_keys;
mod send;
mod serve;
mod users;

use clap::{Parser, Subcommand};
use postrider_receiver::program::{InboxCommand, ReceiveArgs, SignArgs};
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
    User(users::UserCommand),
    /// Manage API keys
    #[command(subcommand)]
    Key(api_keys::KeyCommand),
    /// Manage the keys that secrets are encrypted with
    #[command(subcommand)]
    Keys(secret_keys::KeysCommand),
    /// Look at what was received, and have it processed again
    #[command(subcommand)]
    Inbox(InboxCommand),
    /// Hand a payload to the processing logic, with no endpoint and nobody who sends it
    Receive(ReceiveArgs),
    /// Print the request that a provider would send, validly signed
    Sign(SignArgs),
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
        Command::User(command) => users::run(args.config, command).await,
        Command::Key(command) => api_keys::run(args.config, command).await,
        Command::Keys(command) => secret_keys::run(args.config, command).await,
        Command::Inbox(command) => incoming::inbox(args.config, command).await,
        Command::Receive(receive) => incoming::receive(args.config, receive).await,
        Command::Sign(sign) => incoming::sign(&args.config, sign),
        Command::Migrate => office::migrate(args.config).await,
    }
}
