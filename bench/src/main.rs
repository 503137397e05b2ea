//! `postrider-bench`: loads a whole Postrider and measures what arrives.
//!
//! Every scenario starts from nothing: an empty database, queues of its own, fresh processes, and a
//! sink (this program again, as a child) that plays the subscribers. The publishers are in this
//! process. What counts is what the sink received: nothing may be missing, and the time runs from
//! the start of the publisher's request to the last byte of the delivery.
//!
//! `limit` is measured first in every run: the same bodies, signed and sent by the same client to
//! the same sink with no pipeline in between. The shares of the other scenarios are of that figure,
//! so that runs on different machines can be compared.

mod args;
mod build;
mod clock;
mod held;
mod http_connection;
mod inbox;
mod lab;
mod limit;
mod matching;
mod meter;
mod noisy;
mod outcome;
mod pages;
mod payload;
mod pipeline;
mod procfs;
mod profile;
mod publisher;
mod report;
mod run;
mod scenario;
mod sink;
mod tally;
mod troublemakers;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use crate::args::Args;
use crate::held::HeldArgs;
use crate::inbox::{InboxArgs, ServiceArgs};
use crate::matching::MatchingArgs;
use crate::noisy::NoisyArgs;
use crate::pages::PagesArgs;
use crate::sink::SinkArgs;

// The same as in the processes under test: in `limit` this one stands for the worker.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some(sink::COMMAND) {
        let args = SinkArgs::parse_from(std::env::args().skip(1));
        let runtime = Builder::new_current_thread().enable_all().build()?;
        // Reading standard input blocks a thread that cannot be cancelled.
        let ended = runtime.block_on(sink::run(args));
        runtime.shutdown_background();
        return ended;
    }
    if std::env::args().nth(1).as_deref() == Some(matching::COMMAND) {
        let args = MatchingArgs::parse_from(std::env::args().skip(1));
        return Runtime::new()?.block_on(matching::run(args));
    }
    if std::env::args().nth(1).as_deref() == Some(noisy::COMMAND) {
        let args = NoisyArgs::parse_from(std::env::args().skip(1));
        return Runtime::new()?.block_on(noisy::run(args));
    }
    if std::env::args().nth(1).as_deref() == Some(held::COMMAND) {
        let args = HeldArgs::parse_from(std::env::args().skip(1));
        return Runtime::new()?.block_on(held::run(args));
    }
    if std::env::args().nth(1).as_deref() == Some(pages::COMMAND) {
        let args = PagesArgs::parse_from(std::env::args().skip(1));
        return Runtime::new()?.block_on(pages::run(args));
    }
    if std::env::args().nth(1).as_deref() == Some(inbox::SERVICE) {
        let args = ServiceArgs::parse_from(std::env::args().skip(1));
        let runtime = Runtime::new()?;
        let ended = runtime.block_on(inbox::serve(args));
        runtime.shutdown_background();
        return ended;
    }
    if std::env::args().nth(1).as_deref() == Some(inbox::COMMAND) {
        let args = InboxArgs::parse_from(std::env::args().skip(1));
        return Runtime::new()?.block_on(inbox::run(args));
    }
    Runtime::new()?.block_on(run::run(Args::parse()))
}
