//! The sink as the bench sees it.

use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{COMMAND, Receipt};
use crate::scenario::Load;

/// A sink in its own process, which ends with this value.
pub(crate) struct Sink {
    /// Kept, since the process ends with it.
    _child: Child,
    pid: u32,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
}

impl Sink {
    /// Starts a sink for the deliveries of `load`.
    pub(crate) async fn start(load: Load) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(COMMAND)
            .args(["--registrations", &load.registrations.to_string()])
            .args(["--events", &load.events.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the sink")?;
        let pid = child.id().context("the sink has ended")?;
        let commands = child.stdin.take().context("the sink has no input")?;
        let output = child.stdout.take().context("the sink has no output")?;
        let mut answers = BufReader::new(output).lines();
        let address = next(&mut answers).await?.parse().context("the sink told no address")?;
        Ok(Self { _child: child, pid, commands, answers, address })
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Where a registration's deliveries are to be sent.
    pub(crate) fn uri(&self, registration: u32) -> String {
        format!("http://{}/{registration}", self.address)
    }

    /// How many different deliveries came so far.
    pub(crate) async fn count(&mut self) -> anyhow::Result<u32> {
        Ok(self.ask("count").await?.parse()?)
    }

    /// Everything that came.
    pub(crate) async fn take(mut self) -> anyhow::Result<Vec<Receipt>> {
        Ok(serde_json::from_str(&self.ask("take").await?)?)
    }

    async fn ask(&mut self, command: &str) -> anyhow::Result<String> {
        self.commands
            .write_all(format!("{command}\n").as_bytes())
            .await
            .context("the sink died")?;
        next(&mut self.answers).await
    }
}

async fn next(answers: &mut Lines<BufReader<ChildStdout>>) -> anyhow::Result<String> {
    answers.next_line().await?.context("the sink died")
}
