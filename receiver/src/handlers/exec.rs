//! Kind `exec`: a command.
//!
//! It gets the body on its standard input, byte for byte, and the facts about the webhook in its
//! environment, which has nothing else of ours than the search path, the home directory and the
//! language. What it writes to its standard output is dropped.
//!
//! | exit status | what becomes of the webhook |
//! |---|---|
//! | 0 | done |
//! | 65 (`EX_DATAERR` of `sysexits.h`), 100 | never again: it would fail again |
//! | any other, a signal, or out of time | tried again |
//!
//! The last line of its standard error is kept as the reason and shown: it must hold no secret and no
//! payload.

mod process;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::ExitStatus;
use std::time::Duration;

use async_trait::async_trait;
use http::header::CONTENT_TYPE;
use secrecy::{ExposeSecret, SecretString};
use tokio::process::Command;

use self::process::End;
use super::facts::facts;
use super::scope::Scope;
use super::{Action, HandlerConfig, Tools};
use crate::{Context, HandlerError};

const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);
/// What commands see of our own environment. The rest holds our secrets.
const INHERITED: [&str; 3] = ["PATH", "HOME", "LANG"];
/// What the names of our own variables begin with.
const OURS: &str = "POSTRIDER_";
/// Exit statuses that say that the webhook itself is at fault.
const FATAL: [i32; 2] = [65, 100];

/// What is run.
pub(super) struct ExecSettings {
    program: String,
    arguments: Vec<String>,
    env: BTreeMap<String, SecretString>,
    timeout: Duration,
}

impl ExecSettings {
    pub(super) fn new(config: &HandlerConfig) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        if config.command.iter().any(|part| part.contains('\0')) {
            problems.push("`command` has a NUL character".to_owned());
        }
        // The problem does not repeat the value, which may be a secret.
        for (name, value) in &config.env {
            if name.is_empty() || name.contains(['=', '\0']) || value.expose_secret().contains('\0')
            {
                problems.push(format!("`env` has `{name}`, which can be no variable"));
            } else if name.starts_with(OURS) {
                problems.push(format!("`env` has `{name}`, and names with `{OURS}` are taken"));
            }
        }
        match config.command.split_first() {
            Some((program, arguments)) if !program.is_empty() && problems.is_empty() => Ok(Self {
                program: program.clone(),
                arguments: arguments.to_vec(),
                env: config.env.clone(),
                timeout: config.timeout.unwrap_or(DEFAULT_TIMEOUT),
            }),
            Some((program, _)) if !program.is_empty() => Err(problems),
            _ => {
                problems.push("`command` names no program".to_owned());
                Err(problems)
            }
        }
    }

    pub(super) fn into_action(self, tools: &Tools) -> Result<Box<dyn Action>, String> {
        if !tools.allow_exec {
            return Err("commands are run only with `allow_exec = true` in `[receiver]`".into());
        }
        Ok(Box::new(self))
    }

    fn command(&self, context: &Context) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear();
        command.envs(inherited());
        let configured = self.env.iter();
        command.envs(configured.map(|(name, value)| (name, value.expose_secret())));
        // `postrider-inbox-id` is `POSTRIDER_INBOX_ID`.
        let variable = |header: &str| header.to_ascii_uppercase().replace('-', "_");
        command.envs(facts(context).into_iter().map(|(name, value)| (variable(name), value)));
        let content_type = context.webhook.request.header(CONTENT_TYPE.as_str());
        command.env("POSTRIDER_CONTENT_TYPE", content_type.unwrap_or_default());
        command
    }
}

/// This is no configuration, which is read elsewhere, but what any child process is given.
fn inherited() -> impl Iterator<Item = (&'static str, OsString)> {
    INHERITED.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)))
}

#[async_trait]
impl Action for ExecSettings {
    async fn run(&self, _scope: &Scope, context: &Context) -> Result<(), HandlerError> {
        let body = context.webhook.request.body.clone();
        let run = process::run(self.command(context), &body, self.timeout).await;
        let run = run.map_err(|error| {
            HandlerError::retry(format!("the command could not be run: {error}"))
        })?;
        let told = |what: String| match run.last_line.as_str() {
            "" => what,
            line => format!("{what}: {line}"),
        };
        match run.end {
            End::Exited(status) if status.success() => Ok(()),
            End::Exited(status) if status.code().is_some_and(|code| FATAL.contains(&code)) => {
                Err(HandlerError::fatal(told(ended(status))))
            }
            End::Exited(status) => Err(HandlerError::retry(told(ended(status)))),
            End::OutOfTime => {
                let limit = self.timeout.as_secs_f64();
                let what = format!("the command did not end within {limit} s, and was killed");
                Err(HandlerError::retry(told(what)))
            }
        }
    }
}

/// `the command ended with exit status: 3`, or with a signal.
fn ended(status: ExitStatus) -> String {
    format!("the command ended with {status}")
}
