use std::io::Write;

use postrider_domain::ReceiverAddress;
use postrider_runtime::{ConfigArgs, Loader};
use secrecy::ExposeSecret;

use super::*;
use crate::SecretTable;

const OLD: &str = "12345678901234567890123456789012";
const NEW: &str = "abcdefghijklmnopqrstuvwxyz012345";

fn load(text: &str, variables: &[(&str, &str)]) -> ReceiverConfig {
    let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let args = ConfigArgs { config: Some(file.path().into()), ..ConfigArgs::default() };
    let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let mut loader = Loader::with_environment(args, variables);
    let config = loader.section("receiver", ReceiverConfig::validate);
    loader.finish(Some(config)).unwrap()
}

fn secrets(table: &SecretTable, receiver: &str, id: &str) -> Vec<String> {
    let secrets = table.get(&ReceiverAddress::new(receiver, id));
    secrets.iter().map(|secret| secret.expose_secret().to_owned()).collect()
}

#[test]
fn secrets_come_from_tables_lines_variables_and_a_file_of_their_own() {
    let mut apart = tempfile::NamedTempFile::new().unwrap();
    writeln!(apart, "[secrets.stripe]\ndefault = '{OLD}'").unwrap();
    let path = apart.path().to_str().unwrap();
    let config = load(
        &format!(
            "[receiver]\nsecrets_file = '{path}'\n\
             [receiver.secrets]\ntrello = '{NEW}'\n\
             [receiver.secrets.github]\ndefault = '{OLD}'\norg1 = ['{NEW}', '{OLD}']\n\
             [receiver.classic_secrets]\ncustom = '{OLD}, 12345={NEW}'\n"
        ),
        &[("POSTRIDER_RECEIVER__SECRETS__SLACK__DEFAULT", OLD)],
    );
    let table = config.secret_table().unwrap();
    assert_eq!(secrets(&table, "github", ""), [OLD]);
    assert_eq!(secrets(&table, "GitHub", "ORG1"), [NEW, OLD]);
    assert_eq!(secrets(&table, "custom", ""), [OLD]);
    assert_eq!(secrets(&table, "custom", "12345"), [NEW]);
    assert_eq!(secrets(&table, "slack", ""), [OLD]);
    assert_eq!(secrets(&table, "trello", ""), [NEW]);
    assert_eq!(secrets(&table, "stripe", ""), [OLD]);
    assert!(secrets(&table, "stripe", "other").is_empty());
}

#[test]
fn secrets_that_cannot_be_used_are_told_all_at_once_and_never_shown() {
    let mut apart = tempfile::NamedTempFile::new().unwrap();
    writeln!(apart, "secrets = '{OLD}'").unwrap();
    let path = apart.path().to_str().unwrap();
    let short = &OLD[..15];
    let config = load(
        &format!(
            "[receiver]\nsecrets_file = '{path}'\n\
             [receiver.secrets.github]\ndefault = '{short}'\n\
             [receiver.secrets.gitub]\ndefault = '{OLD}'\n\
             [receiver.secrets.custom]\ndefault = '{OLD}'\nnone = []\n\
             [receiver.classic_secrets]\ncustom = '{NEW}, abcd=EFGH'\nstripe = 'a=b=c'\n"
        ),
        &[],
    );
    let problems = config.secret_table().unwrap_err().join("\n");
    for part in [
        "the secret of `github`: ",
        "`secrets`: there is no receiver `gitub`",
        "`custom/none` has an empty list",
        "`classic_secrets.custom, part 1`: this URL has its secrets in another place",
        "the secret of `classic_secrets.custom, part 2`: ",
        "'stripe' setting must have",
        "`secrets_file`",
    ] {
        assert!(problems.contains(part), "{part}: {problems}");
    }
    for secret in [OLD, NEW, short, "abcd", "EFGH"] {
        assert!(!problems.contains(secret) && !format!("{config:?}").contains(secret));
    }
}

#[test]
fn settings_that_make_no_sense_are_told() {
    let config = ReceiverConfig {
        max_body_bytes: 0,
        tolerance: Duration::ZERO,
        public_url: Some("ftp://example.com".parse().unwrap()),
        ..ReceiverConfig::default()
    };
    assert_eq!(config.validate().len(), 3);
    assert!(ReceiverConfig::default().validate().is_empty());
}

#[test]
fn a_handler_that_may_take_longer_than_the_inbox_lets_it_is_told() {
    let text = |timeout| {
        format!(
            "[receiver.inbox]\nhandler_timeout = '2m'\n\
             [[receiver.handlers]]\nname = 'a'\nkind = 'exec'\ncommand = ['x']\n\
             timeout = '{timeout}'\n"
        )
    };
    let problems = |timeout| {
        toml::from_str::<toml::Table>(&text(timeout)).unwrap()["receiver"]
            .clone()
            .try_into::<ReceiverConfig>()
            .unwrap()
            .validate()
    };
    assert_eq!(problems("2m"), Vec::<String>::new());
    let told = problems("121s");
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("handler `a`: `timeout` is 121 s"), "{told:?}");
}
