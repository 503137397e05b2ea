use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use serde::Deserialize;

use super::*;

#[derive(Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Worker {
    concurrency: u32,
    #[serde(with = "humantime_serde")]
    timeout: Duration,
    allow: Vec<String>,
}

impl Default for Worker {
    fn default() -> Self {
        Self { concurrency: 256, timeout: Duration::from_secs(5), allow: vec![] }
    }
}

fn at_least_one(worker: &Worker) -> Vec<String> {
    if worker.concurrency == 0 { vec!["`concurrency` must be at least 1".into()] } else { vec![] }
}

fn load(args: ConfigArgs, variables: &[(&str, &str)]) -> Result<(Common, Worker), ConfigError> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut loader = Loader::with_environment(args, variables);
    let read = (loader.common(), loader.section("worker", at_least_one));
    loader.finish(Some(read))
}

fn file(text: &str) -> (tempfile::NamedTempFile, ConfigArgs) {
    let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let args = ConfigArgs { config: Some(file.path().into()), ..ConfigArgs::default() };
    (file, args)
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file_and_that_over_defaults() {
    let (_file, args) = file(
        "queue_namespace = 'file'\nlog = 'warn'\n\
         [worker]\ntimeout = '1s'\nconcurrency = 2\n[api]\nanything = 1\n",
    );
    let args = ConfigArgs {
        set: vec!["worker.concurrency=4".into()],
        database: Some("sqlite:x".into()),
        ..args
    };
    let variables = [
        ("POSTRIDER_QUEUE_NAMESPACE", "env"),
        ("POSTRIDER_WORKER__CONCURRENCY", "3"),
        ("POSTRIDER_DATABASE", "sqlite:y"),
    ];
    let (common, worker) = load(args, &variables).unwrap();
    assert_eq!(common.queue_namespace, "env");
    assert_eq!(common.log, "warn");
    assert_eq!(common.database.as_deref(), Some("sqlite:x"));
    assert_eq!(worker, Worker { concurrency: 4, timeout: Duration::from_secs(1), allow: vec![] });
}

#[test]
fn a_list_in_a_variable_or_flag_is_separated_by_commas() {
    let variables = [("POSTRIDER_WORKER__ALLOW", "127.0.0.0/8,::1/128")];
    let (_, worker) = load(ConfigArgs::default(), &variables).unwrap();
    assert_eq!(worker.allow, ["127.0.0.0/8", "::1/128"]);
    let args = ConfigArgs { set: vec!["worker.allow=a".into()], ..ConfigArgs::default() };
    assert_eq!(load(args, &[]).unwrap().1.allow, ["a"]);
}

#[test]
fn every_problem_is_told_at_once_and_misspelt_keys_are_problems() {
    let variables = [
        ("POSTRIDER_DATABSE", "sqlite:x"),
        ("POSTRIDER_WORKER__CONCURENCY", "1"),
        ("POSTRIDER_TEST_POSTGRES", "not a setting"),
    ];
    let error = load(ConfigArgs::default(), &variables).unwrap_err().to_string();
    assert!(error.contains("databse") && error.contains("concurency"), "{error}");
    assert!(error.contains("2 problem"), "{error}");
}

#[test]
fn a_value_that_makes_no_sense_is_told_with_its_section() {
    let zero = [("POSTRIDER_WORKER__CONCURRENCY", "0")];
    let error = load(ConfigArgs::default(), &zero).unwrap_err();
    assert_eq!(error.0, ["[worker] `concurrency` must be at least 1"]);
    let soon = [("POSTRIDER_WORKER__TIMEOUT", "soon")];
    let error = load(ConfigArgs::default(), &soon).unwrap_err();
    assert!(error.0[0].starts_with("[worker]") && error.0[0].contains("timeout"), "{error}");
}

#[test]
fn a_named_file_that_is_not_there_is_a_problem() {
    let args =
        ConfigArgs { config: Some("/nowhere/postrider.toml".into()), ..ConfigArgs::default() };
    assert!(load(args, &[]).unwrap_err().to_string().contains("nowhere"));
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Receiver {
    secrets: BTreeMap<String, BTreeMap<String, String>>,
}

#[test]
fn a_table_that_is_empty_by_default_has_any_keys() {
    let (_file, args) = file("[receiver.secrets.github]\n'a.b' = 'one'\n");
    let variables = [("POSTRIDER_RECEIVER__SECRETS__STRIPE__DEFAULT".into(), "two".into())];
    let mut loader = Loader::with_environment(args, variables);
    let read: Receiver = loader.section("receiver", |_| vec![]);
    let read = loader.finish(Some(read)).unwrap();
    assert_eq!(read.secrets["github"]["a.b"], "one");
    assert_eq!(read.secrets["stripe"]["default"], "two");
}

#[test]
fn what_is_wrong_is_told_without_the_value_which_may_be_a_secret() {
    let problems = |text: &str, variables: &[(&str, &str)]| {
        let (_file, args) = file(text);
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let mut loader = Loader::with_environment(args, variables);
        let read: Receiver = loader.section("receiver", |_| vec![]);
        loader.finish(Some(read)).unwrap_err().to_string()
    };
    for told in [
        problems("[receiver.secrets]\ngithub = 'hunter2'\n", &[]),
        problems("[receiver]\n", &[("POSTRIDER_RECEIVER__SECRETS__GITHUB", "hunter2")]),
        problems("[receiver.secrets.github]\ndefault = 'hunter2\n", &[]),
        problems("[receiver.secrets.github]\ndefault = hunter2\n", &[]),
        problems("[receiver.secrets.github]\ndefault = ['hunter2']\n", &[]),
    ] {
        assert!(!told.contains("hunter2"), "{told}");
        assert!(told.contains("secrets") || told.contains("line"), "{told}");
    }
}

#[test]
fn a_password_of_digits_stays_a_password() {
    let variables = [("POSTRIDER_ADMIN_PASSWORD", "0123456789")];
    let (common, _) = load(ConfigArgs::default(), &variables).unwrap();
    let password = common.admin_password.unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&password), "0123456789");
}
