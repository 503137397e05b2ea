//! A process of a group of its own, for as long as it may take.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// The most of the standard error that is kept, in bytes: its end.
const MAX_STDERR: usize = 64 * 1024;
/// The longest line that is told, in characters.
const MAX_LINE: usize = 200;
/// How long is waited, once the process has ended, for what still holds its standard error.
const LEFTOVERS_PATIENCE: Duration = Duration::from_secs(1);
/// How long a killed process may take to be gone. Afterwards the runtime goes on waiting for it.
const KILLED_PATIENCE: Duration = Duration::from_secs(5);

/// How a process ended.
pub(super) enum End {
    /// By itself, or by somebody else's signal.
    Exited(ExitStatus),
    /// It was killed because it took too long, with everything of its process group.
    OutOfTime,
}

/// What is known of a process that has ended.
pub(super) struct Run {
    pub(super) end: End,
    /// The last line of its standard error that is not empty, cut, without control characters.
    pub(super) last_line: String,
}

/// Runs a command with `input` on its standard input, for `limit` at the most. What it started in the
/// background lives on when it ends by itself. Dropping the future kills the whole group.
///
/// # Errors
/// When it cannot be started, or not be waited for.
pub(super) async fn run(mut command: Command, input: &[u8], limit: Duration) -> io::Result<Run> {
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.process_group(0).kill_on_drop(true).spawn()?;
    // Dropped before the child is, while its number is nobody else's.
    let mut group = Group::of(&child);
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let mut heard = Vec::new();

    let ended = Notify::new();
    let wait = async {
        let end = group.wait(&mut child, limit).await;
        ended.notify_one();
        end
    };
    let talk = async {
        tokio::select! {
            _ = async { tokio::join!(feed(stdin, input), listen(stderr, &mut heard)) } => {}
            // A process that it left behind may hold the pipes open for ever.
            () = async { ended.notified().await; sleep(LEFTOVERS_PATIENCE).await } => {}
        }
    };
    let (end, ()) = tokio::join!(wait, talk);
    Ok(Run { end: end?, last_line: last_line(&heard) })
}

/// The processes of a command's group, which are killed when this is dropped.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)))
    }

    async fn wait(&mut self, child: &mut Child, limit: Duration) -> io::Result<End> {
        if let Ok(status) = timeout(limit, child.wait()).await {
            self.0 = None;
            return status.map(End::Exited);
        }
        self.kill();
        timeout(KILLED_PATIENCE, child.wait()).await.ok();
        Ok(End::OutOfTime)
    }

    fn kill(&mut self) {
        if let Some(group) = self.0.take() {
            // It fails when all of them have ended, which is as good.
            kill_process_group(group, Signal::KILL).ok();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Writes all of the input, unless the process does not want it.
async fn feed(stdin: Option<impl AsyncWrite + Unpin>, input: &[u8]) {
    let Some(mut stdin) = stdin else { return };
    // A process that reads nothing, or not all, closes the pipe: its exit status says what it thinks.
    stdin.write_all(input).await.ok();
    stdin.shutdown().await.ok();
}

/// Reads to the end, so that the process never waits for a reader, and keeps the end of it.
async fn listen(stderr: Option<impl AsyncRead + Unpin>, heard: &mut Vec<u8>) {
    let Some(mut stderr) = stderr else { return };
    let mut chunk = [0; 8 * 1024];
    while let Ok(read @ 1..) = stderr.read(&mut chunk).await {
        heard.extend_from_slice(&chunk[..read]);
        let excess = heard.len().saturating_sub(MAX_STDERR);
        heard.drain(..excess);
    }
}

fn last_line(heard: &[u8]) -> String {
    let text = String::from_utf8_lossy(heard);
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_LINE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_with_something_in_it_is_told_in_short() {
        assert_eq!(last_line(b"first\n  second\t\x1b[0m \n\n \n"), "second  [0m");
        assert_eq!(last_line(b""), "");
        assert_eq!(last_line(&[b'x'; 1000]).len(), MAX_LINE);
        assert_eq!(last_line(b"\xff"), "\u{fffd}");
    }

    #[tokio::test]
    async fn the_end_of_a_long_standard_error_is_kept() {
        let written = format!("{}\nthe end", "x".repeat(3 * MAX_STDERR));
        let mut heard = Vec::new();
        listen(Some(written.as_bytes()), &mut heard).await;
        assert_eq!(heard.len(), MAX_STDERR);
        assert_eq!(last_line(&heard), "the end");
    }
}
