//! Profiles of the processes under test, recorded by `perf` while a scenario runs.

use std::path::PathBuf;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::meter::Source;

/// Samples per second: a prime, so that it does not beat with timers.
const FREQUENCY: &str = "499";

/// Records profiles, or does nothing.
#[derive(Debug)]
pub(crate) struct Profiler(Option<PathBuf>);

/// The profiles that are being recorded.
pub(crate) struct Recording(Vec<Child>);

impl Profiler {
    /// Records into `directory`, if there is one.
    pub(crate) fn new(directory: Option<PathBuf>) -> anyhow::Result<Self> {
        if let Some(directory) = &directory {
            std::fs::create_dir_all(directory)
                .with_context(|| format!("cannot create {}", directory.display()))?;
        }
        Ok(Self(directory))
    }

    /// Starts to record every process that was started for the scenario, and this one.
    pub(crate) fn start(
        &self,
        scenario: &str,
        sources: &[(&'static str, Source)],
    ) -> anyhow::Result<Recording> {
        let Some(directory) = &self.0 else {
            return Ok(Recording(Vec::new()));
        };
        let mut recordings = Vec::new();
        let own = ("bench", Source::Process(std::process::id()));
        for (name, source) in sources.iter().chain([&own]) {
            let Source::Process(pid) = source else { continue };
            let recording = Command::new("perf")
                .args(["record", "--quiet", "--call-graph", "fp", "--freq", FREQUENCY])
                .args(["--pid", &pid.to_string()])
                .arg("--output")
                .arg(directory.join(format!("{scenario}-{name}.perf")))
                .process_group(0)
                .kill_on_drop(true)
                .spawn()
                .context("cannot start perf")?;
            recordings.push(recording);
        }
        Ok(Recording(recordings))
    }
}

impl Recording {
    /// Ends recording and waits until the files are written.
    pub(crate) async fn end(self) -> anyhow::Result<()> {
        for mut recording in self.0 {
            if let Some(pid) = recording.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?)) {
                kill_process(pid, Signal::INT).context("cannot stop perf")?;
            }
            recording.wait().await?;
        }
        Ok(())
    }
}
