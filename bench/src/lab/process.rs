//! A process of the product.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use http::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::Environment;
use crate::http_connection::HttpConnection;
use crate::meter::Source;

/// How long a process may take to become ready.
const READY_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long a process may take to end, which is longer than its own grace.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// How much of its log is shown when it died.
const LAST_LINES: usize = 20;

/// Gives `command` nothing but `environment` to be configured by, and keeps the terminal's Ctrl-C
/// from it: the bench ends it in its own time.
pub(super) fn isolate<'a>(
    command: &'a mut Command,
    folder: &Path,
    environment: &Environment,
) -> &'a mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("POSTRIDER_") {
            command.env_remove(name);
        }
    }
    command
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .current_dir(folder)
        .process_group(0)
        .kill_on_drop(true)
}

/// A running process of the product.
pub(super) struct Process {
    role: &'static str,
    pid: u32,
    child: Child,
    /// Where it tells its health.
    address: SocketAddr,
    log: PathBuf,
}

impl Process {
    /// Starts `program`.
    pub(super) fn spawn(
        role: &'static str,
        program: &Path,
        address: SocketAddr,
        folder: &Path,
        environment: &Environment,
    ) -> anyhow::Result<Self> {
        let log = folder.join(format!("{role}.log"));
        let output = File::create(&log)?;
        let child = isolate(&mut Command::new(program), folder, environment)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let pid = child.id().context("the process has ended")?;
        Ok(Self { role, pid, child, address, log })
    }

    /// What it is called in the results.
    pub(super) fn role(&self) -> &'static str {
        self.role
    }

    /// What to measure.
    pub(super) fn source(&self) -> Source {
        Source::Process(self.pid)
    }

    /// The value of a metric that has no labels.
    pub(super) async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let (_, text) = HttpConnection::open(self.address).await?.get("/metrics").await?;
        let text = String::from_utf8_lossy(&text);
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(value.with_context(|| format!("{} has no metric `{name}`", self.role))?.parse()?)
    }

    /// Waits for `/readyz` to say so.
    pub(super) async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            self.check_alive()?;
            let answer = match ask(self.address).await {
                Ok((StatusCode::OK, _)) => return Ok(()),
                Ok((status, report)) => format!("{status}: {report}"),
                Err(error) => format!("{error:#}"),
            };
            if Instant::now() > deadline {
                bail!(
                    "{} is not ready after {READY_WITHIN:?}: {answer}\n{}",
                    self.role,
                    self.tail()
                );
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Fails when it has ended.
    pub(super) fn check_alive(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} died with {status}:\n{}", self.role, self.tail()),
        }
    }

    /// Asks it to end, and makes it end when it does not.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        // It has not been waited for, so the number is still its own.
        if let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) {
            kill_process(pid, Signal::TERM)?;
        }
        if timeout(STOP_WITHIN, self.child.wait()).await.is_err() {
            self.child.kill().await?;
            bail!("{} had to be killed {STOP_WITHIN:?} after it was asked to stop", self.role);
        }
        Ok(())
    }

    fn tail(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
    }
}

async fn ask(address: SocketAddr) -> anyhow::Result<(StatusCode, String)> {
    let (status, report) = HttpConnection::open(address).await?.get("/readyz").await?;
    Ok((status, String::from_utf8_lossy(&report).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_that_died_is_named_with_the_end_of_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
        // This program prints its environment and ends.
        let environment = vec![("POSTRIDER_LOG", "warn".to_owned())];
        let program = Path::new("/usr/bin/env");
        let mut process =
            Process::spawn("worker", program, nobody, folder.path(), &environment).unwrap();
        let died = process.wait_until_ready().await.unwrap_err().to_string();
        assert!(died.starts_with("worker died"), "{died}");
        let log = std::fs::read_to_string(&process.log).unwrap();
        let ours: Vec<&str> = log.lines().filter(|line| line.starts_with("POSTRIDER_")).collect();
        assert_eq!(ours, ["POSTRIDER_LOG=warn"]);
        process.stop().await.unwrap();
    }
}
