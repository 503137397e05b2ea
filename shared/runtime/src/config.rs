//! Configuration: defaults in code, then a file, then the environment, then flags.
//!
//! Every process reads the same file and the same variables and takes the sections it needs, so that
//! one file can serve a whole installation. A misspelt key anywhere is a problem, and all problems
//! are told at once: nobody should have to start a process five times to learn of five mistakes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ::config::{Config, File, FileFormat, Map, Source, Value, ValueKind};
use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Common;

#[cfg(test)]
mod tests;
mod told;

use self::told::told;

/// The sections that a file may have besides the common settings.
pub const SECTIONS: [&str; 5] = ["api", "dispatcher", "egress", "receiver", "worker"];

/// Variables with our prefix that are no settings.
const OTHER_VARIABLES: [&str; 4] = ["config", "test_", "bench_", "sqlx_"];

/// Where configuration comes from, as flags of every command.
#[derive(Debug, Clone, Default, Args)]
pub struct ConfigArgs {
    /// The configuration file [default: postrider.toml, if there is one]
    #[arg(long, value_name = "FILE", env = "POSTRIDER_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// Set one value, as in `--set worker.concurrency=64`; may be repeated, wins over everything
    #[arg(long, value_name = "KEY=VALUE", global = true)]
    pub set: Vec<String>,
    /// Where the data is: sqlite:FILE or postgres://…
    #[arg(long, value_name = "URL", global = true)]
    pub database: Option<String>,
    /// Where messages go: local: or amqp://…
    #[arg(long, value_name = "URL", global = true)]
    pub queue: Option<String>,
}

/// What is wrong with the configuration: all of it.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} problem(s):\n{}", .0.len(), .0.iter().map(|problem| format!("  - {problem}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// Reads sections and gathers every problem on the way.
pub struct Loader {
    args: ConfigArgs,
    /// Dotted key and text of each variable.
    variables: BTreeMap<String, String>,
    problems: Vec<String>,
}

impl Loader {
    /// Reads from the flags, the file they name and the process's environment.
    #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
    pub fn new(args: ConfigArgs) -> Self {
        Self::with_environment(args, std::env::vars())
    }

    /// The same with the environment given.
    pub fn with_environment(
        args: ConfigArgs,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let variables = environment
            .into_iter()
            .filter_map(|(name, text)| {
                let key = name.strip_prefix("POSTRIDER_")?.to_lowercase();
                let other = OTHER_VARIABLES.iter().any(|other| key.starts_with(other));
                (!other).then(|| (key.replace("__", "."), text))
            })
            .collect();
        Self { args, variables, problems: Vec::new() }
    }

    /// The settings outside any section.
    pub fn common(&mut self) -> Common {
        let read = self.read("", &Common::default(), |values| {
            values.retain(|key, _| !SECTIONS.contains(&key.as_str()));
        });
        self.problems.extend(read.validate());
        read
    }

    /// One section; `validate` returns every problem of its values.
    pub fn section<T>(&mut self, name: &str, validate: impl Fn(&T) -> Vec<String>) -> T
    where
        T: Default + Serialize + DeserializeOwned,
    {
        self.section_from(name, &T::default(), validate)
    }

    /// One section whose defaults differ from those of its type.
    pub fn section_from<T>(
        &mut self,
        name: &str,
        defaults: &T,
        validate: impl Fn(&T) -> Vec<String>,
    ) -> T
    where
        T: Default + Serialize + DeserializeOwned,
    {
        debug_assert!(SECTIONS.contains(&name), "unknown section");
        let read = self.read(name, defaults, |_| {});
        self.problems
            .extend(validate(&read).into_iter().map(|problem| format!("[{name}] {problem}")));
        read
    }

    /// Notes the problems of something that was derived from the settings.
    pub fn check<T>(&mut self, derived: Result<T, Vec<String>>) -> Option<T> {
        derived.map_err(|problems| self.problems.extend(problems)).ok()
    }

    /// Ends loading and hands out what was derived.
    ///
    /// # Errors
    /// When there was any problem, with all of them.
    pub fn finish<T>(mut self, derived: Option<T>) -> Result<T, ConfigError> {
        self.problems.dedup();
        match derived {
            Some(derived) if self.problems.is_empty() => Ok(derived),
            _ => Err(ConfigError(self.problems)),
        }
    }

    /// Reads the table `section` (the root when empty) over `defaults`; on a problem the defaults
    /// are returned, so that reading can go on and find the next one.
    fn read<T>(&mut self, section: &str, defaults: &T, trim: impl Fn(&mut Map<String, Value>)) -> T
    where
        T: Default + Serialize + DeserializeOwned,
    {
        let place = if section.is_empty() { String::new() } else { format!("[{section}] ") };
        let mut unknown = Vec::new();
        let read = self.gather(section, defaults).and_then(|(mut values, known)| {
            trim(&mut values);
            take_unknown("", &mut values, &known, &mut unknown);
            Value::from(values).try_deserialize()
        });
        self.problems
            .extend(unknown.iter().map(|key| format!("{place}there is no setting `{key}`")));
        read.unwrap_or_else(|error| {
            self.problems.push(format!("{place}{}", told(&error)));
            T::default()
        })
    }

    /// The values of a section from all sources, and its defaults as JSON, which has every key.
    fn gather<T: Serialize>(
        &self,
        section: &str,
        defaults: &T,
    ) -> Result<(Map<String, Value>, serde_json::Value), ::config::ConfigError> {
        let known = serde_json::to_value(defaults)
            .map_err(|error| ::config::ConfigError::Message(error.to_string()))?;
        let mut lists = Vec::new();
        list_keys(section, &known, &mut lists);

        let mut defaults = Config::try_from(defaults)?.collect()?;
        if !section.is_empty() {
            defaults = Map::from([(section.to_owned(), Value::from(defaults))]);
        }
        let mut builder = Config::builder().add_source(Given(defaults));
        builder = match &self.args.config {
            Some(path) => builder.add_source(File::from(path.as_path()).format(FileFormat::Toml)),
            None => {
                builder.add_source(File::new("postrider.toml", FileFormat::Toml).required(false))
            }
        };
        for (key, text) in &self.variables {
            builder = builder.set_override(key, parse(key, text, &lists))?;
        }
        for flag in &self.args.set {
            let (key, text) = flag.split_once('=').ok_or_else(|| {
                ::config::ConfigError::Message(format!(
                    "`--set {flag}` is not of the form KEY=VALUE"
                ))
            })?;
            builder = builder.set_override(key, parse(key, text, &lists))?;
        }
        builder = builder.set_override_option("database", self.args.database.clone())?;
        builder = builder.set_override_option("queue", self.args.queue.clone())?;

        let mut values = builder.build()?.collect()?;
        if !section.is_empty() {
            values = values.remove(section).map(Value::into_table).transpose()?.unwrap_or_default();
        }
        Ok((values, known))
    }
}

/// Removes the keys that `known` does not have, and notes them: a misspelt setting must not keep
/// the problems of the others from being told. A table that is empty by default has any keys.
fn take_unknown(
    prefix: &str,
    values: &mut Map<String, Value>,
    known: &serde_json::Value,
    unknown: &mut Vec<String>,
) {
    values.retain(|key, value| {
        let Some(known) = known.get(key) else {
            unknown.push(format!("{prefix}{key}"));
            return false;
        };
        if let (ValueKind::Table(members), serde_json::Value::Object(names)) =
            (&mut value.kind, known)
            && !names.is_empty()
        {
            take_unknown(&format!("{prefix}{key}."), members, known, unknown);
        }
        true
    });
    unknown.sort();
}

/// A table that is there already, as a source.
#[derive(Debug, Clone)]
struct Given(Map<String, Value>);

impl Source for Given {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ::config::ConfigError> {
        Ok(self.0.clone())
    }
}

/// The dotted keys below `prefix` whose default is a list: their text is split at commas.
///
/// They are found in JSON, since the configuration library drops empty lists.
fn list_keys(prefix: &str, value: &serde_json::Value, keys: &mut Vec<String>) {
    match value {
        serde_json::Value::Array(_) => keys.push(prefix.to_owned()),
        serde_json::Value::Object(members) => {
            for (key, value) in members {
                let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                list_keys(&path, value, keys);
            }
        }
        _ => {}
    }
}

/// The value of a variable or flag. Anything but a list stays text: reading it into a number or a
/// switch is left to the setting's type, so that a password of digits stays what it is.
fn parse(key: &str, text: &str, lists: &[String]) -> Value {
    if lists.iter().any(|list| list == key) {
        let parts: Vec<&str> =
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
        return Value::from(parts);
    }
    Value::from(text)
}
