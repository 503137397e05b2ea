//! Errors of the configuration, told without the values: any of them may be a secret in the wrong place.

use ::config::ConfigError;

/// What is wrong, and where.
pub(super) fn told(error: &ConfigError) -> String {
    match error {
        ConfigError::Type { origin, unexpected, expected, key } => {
            let what = unquoted(&format!("invalid type: {unexpected}, expected {expected}"));
            at(what, key.as_deref(), origin.as_deref())
        }
        ConfigError::At { error, origin, key } => {
            at(told(error), key.as_deref(), origin.as_deref())
        }
        ConfigError::FileParse { uri, cause } => {
            at(of_file(&cause.to_string()), None, uri.as_deref())
        }
        // The name of a file that is not there.
        ConfigError::Foreign(cause) => cause.to_string(),
        other => unquoted(&other.to_string()),
    }
}

fn at(what: String, key: Option<&str>, origin: Option<&str>) -> String {
    let key = key.map(|key| format!(" for key `{key}`")).unwrap_or_default();
    let origin = origin.map(|origin| format!(" in {origin}")).unwrap_or_default();
    what + &key + &origin
}

/// Where a file cannot be parsed and why, without the line of the file that the parser shows.
fn of_file(error: &str) -> String {
    let is_shown = |line: &&str| {
        let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        !line.starts_with('|') && !line.is_empty()
    };
    let lines: Vec<&str> = error.lines().filter(is_shown).collect();
    unquoted(&lines.join(": "))
}

/// Serde shows a text that it did not expect in double quotes.
fn unquoted(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(from), Some(to)) if from < to => {
            format!("{}…{}", &message[..from], &message[to + 1..])
        }
        _ => message.to_owned(),
    }
}
