//! What can be configured about a handler.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::exec::ExecSettings;
use super::forward::ForwardSettings;
use super::log::LogSettings;
use super::publish::PublishSettings;
use super::{Action, Tools, scope};

/// The longest name, in characters.
const MAX_NAME: usize = 100;

/// What a handler does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HandlerKind {
    /// Writes a line to the log.
    Log,
    /// Posts the webhook to a service.
    Forward,
    /// Publishes the webhook to a RabbitMQ exchange.
    Publish,
    /// Runs a command.
    Exec,
}

impl HandlerKind {
    /// The name in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Forward => "forward",
            Self::Publish => "publish",
            Self::Exec => "exec",
        }
    }
}

/// One handler: an entry of `[[receiver.handlers]]`. Writing it leaves its secrets out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandlerConfig {
    /// What it is called in logs and in the record of its runs. It has to be unique and should stay as
    /// it is: it tells which handlers have run for a webhook.
    pub name: String,
    /// What it does.
    pub kind: HandlerKind,
    /// The receiver whose webhooks it is for, by any of its names, ignoring case; unset for all.
    pub receiver: Option<String>,
    /// The id in the URL of the webhooks that it is for, ignoring case; empty for the URL without id,
    /// unset for all.
    pub id: Option<String>,
    /// The actions that it is for, ignoring case: a webhook needs one of them. A `*` at the end stands
    /// for any text, and none means all webhooks.
    #[serde(default)]
    pub actions: Vec<String>,
    /// When its turn is; smaller numbers come first.
    #[serde(default = "default_order")]
    pub order: i32,
    /// Kind `log`: whether the body is in the log as well, up to 4 KiB of it. Payloads belong in no
    /// log, so this is for trying out.
    pub payload: Option<bool>,
    /// Kind `forward`: the target. Kind `publish`: the broker, `amqp://…`; unset for that of the
    /// queue. It may hold a password.
    #[serde(skip_serializing)]
    pub url: Option<SecretString>,
    /// Kind `forward`: what requests are signed with, 32 to 128 characters; unset for no signature.
    #[serde(skip_serializing)]
    pub secret: Option<SecretString>,
    /// Kind `forward`: headers of every request.
    #[serde(default, skip_serializing)]
    pub headers: BTreeMap<String, SecretString>,
    /// Kinds `forward` (default 30 s) and `exec` (default 60 s): how long it may take.
    #[serde(default, with = "humantime_serde")]
    pub timeout: Option<Duration>,
    /// Kind `publish`: the exchange, which must be there; empty for the one that routes by the name of
    /// a queue.
    pub exchange: Option<String>,
    /// Kind `publish`: what the exchange routes by, with `{receiver}`, `{id}` and `{action}` (the first
    /// one) filled in; each is `none` when the webhook has none.
    pub routing_key: Option<String>,
    /// Kind `exec`: the program and its arguments. No shell reads them.
    #[serde(default)]
    pub command: Vec<String>,
    /// Kind `exec`: variables of the command's environment.
    #[serde(default, skip_serializing)]
    pub env: BTreeMap<String, SecretString>,
}

const fn default_order() -> i32 {
    50
}

/// What a kind takes, checked.
pub(super) enum Settings {
    Log(LogSettings),
    Forward(ForwardSettings),
    Publish(PublishSettings),
    Exec(ExecSettings),
}

impl Settings {
    /// Makes what the handler does.
    ///
    /// # Errors
    /// Everything that the tools do not allow, in words.
    pub(super) fn into_action(self, tools: &Tools) -> Result<Box<dyn Action>, Vec<String>> {
        match self {
            Self::Log(settings) => Ok(settings.into_action()),
            Self::Forward(settings) => settings.into_action(tools),
            Self::Publish(settings) => settings.into_action(tools),
            Self::Exec(settings) => settings.into_action(tools),
        }
        .map_err(|problem| vec![problem])
    }
}

impl HandlerConfig {
    /// A handler for all webhooks that has nothing of what its kind takes.
    pub fn new(name: impl Into<String>, kind: HandlerKind) -> Self {
        Self {
            name: name.into(),
            kind,
            receiver: None,
            id: None,
            actions: Vec::new(),
            order: default_order(),
            payload: None,
            url: None,
            secret: None,
            headers: BTreeMap::new(),
            timeout: None,
            exchange: None,
            routing_key: None,
            command: Vec::new(),
            env: BTreeMap::new(),
        }
    }

    /// Every problem with the values, as sentences for the operator that name the handler.
    pub fn validate(&self) -> Vec<String> {
        let problems = self.settings().err().unwrap_or_default();
        problems.iter().map(|problem| self.name_problem(problem)).collect()
    }

    /// The problem with a `timeout` that is longer than any handler may run, if it is.
    pub(super) fn outlasts(&self, longest: Duration) -> Option<String> {
        let timeout = self.timeout.filter(|timeout| *timeout > longest)?;
        let (timeout, longest) = (timeout.as_secs_f64(), longest.as_secs_f64());
        Some(self.name_problem(&format!(
            "`timeout` is {timeout} s, and `inbox.handler_timeout` ends every handler after {longest} s"
        )))
    }

    pub(super) fn name_problem(&self, problem: &str) -> String {
        format!("handler `{}`: {problem}", self.name)
    }

    /// What its kind takes.
    ///
    /// # Errors
    /// Every problem with the values, in words.
    pub(super) fn settings(&self) -> Result<Settings, Vec<String>> {
        let mut problems = self.problems_of_every_kind();
        let settings = match self.kind {
            HandlerKind::Log => Ok(Settings::Log(LogSettings::new(self))),
            HandlerKind::Forward => ForwardSettings::new(self).map(Settings::Forward),
            HandlerKind::Publish => PublishSettings::new(self).map(Settings::Publish),
            HandlerKind::Exec => ExecSettings::new(self).map(Settings::Exec),
        };
        match settings {
            Ok(settings) if problems.is_empty() => return Ok(settings),
            Ok(_) => {}
            Err(own) => problems.extend(own),
        }
        Err(problems)
    }

    fn problems_of_every_kind(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let length = self.name.chars().count();
        if length == 0 || length > MAX_NAME || self.name.chars().any(char::is_control) {
            problems.push(format!(
                "`name` must have 1 to {MAX_NAME} characters, none of them a control character"
            ));
        }
        if self.receiver.as_ref().is_some_and(String::is_empty) {
            problems.push("`receiver` is empty; leave it out for all receivers".into());
        }
        problems.extend(scope::problems_with_actions(&self.actions));
        if self.timeout.is_some_and(|timeout| timeout.is_zero()) {
            problems.push("`timeout` must be longer than zero".into());
        }
        problems.extend(self.misplaced().map(|setting| {
            format!("`{setting}` is not for handlers of the kind `{}`", self.kind.as_str())
        }));
        problems
    }

    /// The settings that are there and not for this kind.
    fn misplaced(&self) -> impl Iterator<Item = &'static str> {
        use HandlerKind::{Exec, Forward, Log, Publish};

        let settings: [(_, bool, &[HandlerKind]); 9] = [
            ("payload", self.payload.is_some(), &[Log]),
            ("url", self.url.is_some(), &[Forward, Publish]),
            ("secret", self.secret.is_some(), &[Forward]),
            ("headers", !self.headers.is_empty(), &[Forward]),
            ("timeout", self.timeout.is_some(), &[Forward, Exec]),
            ("exchange", self.exchange.is_some(), &[Publish]),
            ("routing_key", self.routing_key.is_some(), &[Publish]),
            ("command", !self.command.is_empty(), &[Exec]),
            ("env", !self.env.is_empty(), &[Exec]),
        ];
        let kind = self.kind;
        settings
            .into_iter()
            .filter(move |(_, given, kinds)| *given && !kinds.contains(&kind))
            .map(|(name, ..)| name)
    }
}
