//! Kind `exec`, with scripts.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use postrider_receiver::{Again, Handler, HandlerError, Request};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{INBOX_ID, PATIENCE, context, handler, request, run, tools};

/// A handler that runs a script in a folder of its own.
struct Script {
    folder: TempDir,
    handler: Arc<dyn Handler>,
}

impl Script {
    fn new(text: &str) -> Self {
        Self::with(text, "")
    }

    fn with(text: &str, settings: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("script");
        fs::write(&file, format!("cd '{}' || exit 99\n{text}\n", folder.path().display())).unwrap();
        let command = format!("command = ['/bin/sh', '{}', '$HOME; x']", file.display());
        let toml = format!("[[handlers]]\nname = 'a'\nkind = 'exec'\n{command}\n{settings}");
        Self { handler: handler(&toml, &tools()), folder }
    }

    async fn run(&self) -> Result<(), HandlerError> {
        run(&self.handler).await
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Makes a pipe with a name.
    fn pipe(&self) -> PathBuf {
        let path = self.path("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }
}

/// The end of a pipe that shows when everybody who has opened it is gone.
struct Watch {
    reader: File,
    /// Keeps the pipe open until processes have opened it too.
    writer: File,
}

impl Watch {
    fn new(pipe: &Path) -> Self {
        // Opened for both, a pipe waits for nobody.
        let writer = File::options().read(true).write(true).open(pipe).unwrap();
        Self { reader: File::open(pipe).unwrap(), writer }
    }

    /// Waits until nobody can write any more; what was written.
    async fn end(self) -> String {
        let Self { mut reader, writer } = self;
        drop(writer);
        let read = elsewhere(move || {
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            text
        });
        timeout(PATIENCE, read).await.expect("a process lives on")
    }
}

/// Runs what may block for ever, on a thread that a failing test does not wait for.
async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, done) = oneshot::channel();
    // Nobody listens any more when the test has failed.
    std::thread::spawn(move || sender.send(work()).ok());
    done.await.unwrap()
}

async fn ends(text: &str) -> HandlerError {
    Script::new(text).run().await.unwrap_err()
}

#[tokio::test]
async fn the_command_reads_the_body_as_it_was_and_no_shell_reads_its_arguments() {
    let script = Script::new("cat > body; printf %s \"$1\" > argument; echo ignored");
    script.run().await.unwrap();
    assert_eq!(script.file("body"), request().body);
    assert_eq!(script.file("argument"), b"$HOME; x");
}

#[tokio::test]
async fn the_environment_tells_of_the_webhook_and_of_nothing_else() {
    let script = Script::with("env > env", "env = { COLOUR = 'blue' }");
    script.run().await.unwrap();

    let env = String::from_utf8(script.file("env")).unwrap();
    // What the shell adds by itself.
    let own = ["PWD", "OLDPWD", "SHLVL", "_", "HOME", "LANG"];
    let mut env: Vec<_> = env.lines().map(|line| line.split_once('=').unwrap()).collect();
    env.retain(|(name, _)| !own.contains(name));
    env.sort_unstable();
    let path = std::env::var_os("PATH").unwrap().into_string().unwrap();
    assert_eq!(
        env,
        [
            ("COLOUR", "blue"),
            ("PATH", path.as_str()),
            ("POSTRIDER_ACTIONS", "issues.opened,a%2C%20b"),
            ("POSTRIDER_ATTEMPT", "3"),
            ("POSTRIDER_CONTENT_TYPE", "application/json; charset=latin1"),
            ("POSTRIDER_INBOX_ID", INBOX_ID),
            ("POSTRIDER_RECEIVER", "github"),
            ("POSTRIDER_RECEIVER_ID", "org1"),
        ]
    );
}

#[tokio::test]
async fn the_exit_status_says_whether_to_try_again() {
    for (status, again) in
        [(1, Again::Scheduled), (75, Again::Scheduled), (65, Again::Never), (100, Again::Never)]
    {
        let error = ends(&format!("exit {status}")).await;
        assert_eq!(error.again, again, "{status}");
        assert!(error.message.contains(&status.to_string()), "{error}");
    }
    let killed = ends("kill -TERM $$").await;
    assert_eq!(killed.again, Again::Scheduled);
    assert!(killed.message.contains("signal"), "{killed}");
}

#[tokio::test]
async fn the_last_line_of_the_standard_error_says_why() {
    let error = ends("echo first >&2; echo 'no such order' >&2; echo; exit 65").await;
    assert!(error.message.ends_with(": no such order"), "{error}");
}

#[tokio::test]
async fn more_output_than_is_kept_does_not_hold_the_command_up() {
    let flood = "head -c 1000000 /dev/zero";
    let error = ends(&format!("{flood} >&2; {flood}; echo >&2; echo over >&2; exit 1")).await;
    assert!(error.message.ends_with(": over"), "{error}");
}

#[tokio::test]
async fn a_body_that_is_not_read_is_no_error() {
    let large = Request { body: vec![b'x'; 1024 * 1024].into(), ..request() };
    for text in ["exit 0", "exec <&-; exit 0", "head -c 10 > /dev/null; exit 0"] {
        let script = Script::new(text);
        let mut context = context(large.clone());
        let handled = timeout(PATIENCE, script.handler.handle(&mut context)).await.unwrap();
        assert!(handled.is_ok(), "{text}: {handled:?}");
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_tried_again() {
    let toml = "[[handlers]]\nname = 'a'\nkind = 'exec'\ncommand = ['/nowhere/at/all']";
    let error = run(&handler(toml, &tools())).await.unwrap_err();
    assert_eq!(error.again, Again::Scheduled);
    assert!(error.message.contains("could not be run"), "{error}");
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_killed_with_all_that_it_started() {
    let script = Script::with(
        "(exec > pipe; echo alive; sleep 600) & echo waiting >&2; wait",
        "timeout = '2s'",
    );
    let watch = Watch::new(&script.pipe());
    let error = script.run().await.unwrap_err();
    assert_eq!(error.again, Again::Scheduled);
    assert!(error.message.contains("did not end within 2 s"), "{error}");
    assert!(error.message.ends_with(": waiting"), "{error}");
    assert_eq!(watch.end().await, "alive\n");
}

#[tokio::test]
async fn a_run_that_is_given_up_is_killed_with_all_that_it_started() {
    let script = Script::new("(exec > pipe; echo alive; echo > begun; sleep 600) & wait");
    let watch = Watch::new(&script.pipe());
    let mut context = context(request());
    let begun = async {
        while !script.path("begun").exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        ended = script.handler.handle(&mut context) => panic!("it ended: {ended:?}"),
        begun = timeout(PATIENCE, begun) => begun.unwrap(),
    }
    assert_eq!(watch.end().await, "alive\n");
}

#[tokio::test]
async fn what_a_command_leaves_behind_does_not_hold_it_up_and_lives_on() {
    let script = Script::new("cat pipe > copy & exit 0");
    let pipe = script.pipe();
    script.run().await.unwrap();
    // It still reads, or this would wait for ever.
    let write = elsewhere(move || fs::write(pipe, "alive"));
    timeout(PATIENCE, write).await.expect("nobody reads").unwrap();
}
