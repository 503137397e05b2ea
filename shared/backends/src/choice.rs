//! Which back ends a configuration chooses, and whether a process may use them.

use postrider_runtime::Common;

use crate::SecretKeys;

/// Whether several processes work on the same data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Everything runs in this process.
    OneProcess,
    /// Other processes have the other roles.
    ManyProcesses,
}

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(String),
    /// A server.
    Postgres(String),
}

/// Where messages go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueUrl {
    /// Within the process.
    Local,
    /// A RabbitMQ server.
    Amqp(String),
}

/// The servers of a process, or what stands in for them.
#[derive(Debug, Clone)]
pub struct Servers {
    /// Where the data is.
    pub database: DatabaseUrl,
    /// Where messages go.
    pub queue: QueueUrl,
}

impl Servers {
    /// Reads both URLs.
    ///
    /// # Errors
    /// Every problem in words: a URL that is missing or of no known kind, or a back end that cannot
    /// be shared by several processes.
    pub fn new(common: &Common, sharing: Sharing) -> Result<Self, Vec<String>> {
        match (DatabaseUrl::new(common, sharing), QueueUrl::new(common, sharing)) {
            (Ok(database), Ok(queue)) => Ok(Self { database, queue }),
            (database, queue) => Err([database.err(), queue.err()].into_iter().flatten().collect()),
        }
    }
}

/// The back ends of a process that reads or writes secrets.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Its servers.
    pub servers: Servers,
    /// What secrets in the database are encrypted with.
    pub keys: SecretKeys,
}

impl Choice {
    /// Reads both URLs, and where the keys are.
    ///
    /// # Errors
    /// Every problem in words, as in [`Servers::new`], and keys that are missing or malformed.
    pub fn new(common: &Common, sharing: Sharing) -> Result<Self, Vec<String>> {
        let servers = Servers::new(common, sharing);
        let database = DatabaseUrl::new(common, sharing);
        let keys = database.map(|database| SecretKeys::new(common, &database));
        match (servers, keys) {
            (Ok(servers), Ok(Ok(keys))) => Ok(Self { servers, keys }),
            (servers, keys) => {
                let mut problems = servers.err().unwrap_or_default();
                problems.extend(keys.ok().and_then(Result::err));
                Err(problems)
            }
        }
    }
}

impl DatabaseUrl {
    /// Reads the URL of the database; unset means a file in the data directory, which only a single
    /// process can use.
    ///
    /// # Errors
    /// The problem in words.
    pub fn new(common: &Common, sharing: Sharing) -> Result<Self, String> {
        let url = match (&common.database, sharing) {
            (Some(url), _) => url.clone(),
            (None, Sharing::OneProcess) => {
                format!("sqlite:{}", common.data_dir.join("postrider.db").display())
            }
            (None, Sharing::ManyProcesses) => {
                return Err("`database` is not set: processes of their own share a Postgres database, as in POSTRIDER_DATABASE=postgres://user:password@host/postrider".into());
            }
        };
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url));
        }
        if !url.starts_with("sqlite:") {
            return Err("`database` must begin with `sqlite:` or `postgres://`".into());
        }
        match sharing {
            Sharing::OneProcess => Ok(Self::Sqlite(url)),
            Sharing::ManyProcesses => Err("`database` is a SQLite file, which processes of their own cannot share: set POSTRIDER_DATABASE=postgres://…, or run everything in one process with `postrider`".into()),
        }
    }
}

impl QueueUrl {
    /// Reads the URL of the queue; unset means the queue inside the process, which no other process
    /// can reach.
    ///
    /// # Errors
    /// The problem in words.
    pub fn new(common: &Common, sharing: Sharing) -> Result<Self, String> {
        match (common.queue.as_deref(), sharing) {
            (Some(url), _) if url.starts_with("amqp://") || url.starts_with("amqps://") => {
                if url.starts_with("amqps://") && !cfg!(feature = "amqps") {
                    return Err("`queue` asks for TLS, and this build has no `amqps`: build with `--features amqps`".into());
                }
                Ok(Self::Amqp(url.into()))
            }
            (None | Some("local:"), Sharing::OneProcess) => Ok(Self::Local),
            (None | Some("local:"), Sharing::ManyProcesses) => Err("`queue` is local, and messages would reach no other process: set POSTRIDER_QUEUE=amqp://user:password@host:5672/%2f, or run everything in one process with `postrider`".into()),
            (Some(_), _) => Err("`queue` must be `local:` or begin with `amqp://`".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(database: Option<&str>, queue: Option<&str>) -> Common {
        Common {
            database: database.map(Into::into),
            queue: queue.map(Into::into),
            data_dir: "/var/lib/postrider".into(),
            secret_keys: vec![postrider_vault::Keyring::generate_key()],
            ..Common::default()
        }
    }

    #[test]
    fn nothing_configured_is_the_embedded_pair_in_the_data_directory() {
        let choice = Choice::new(&common(None, None), Sharing::OneProcess).unwrap();
        let database = DatabaseUrl::Sqlite("sqlite:/var/lib/postrider/postrider.db".into());
        assert_eq!((choice.servers.database, choice.servers.queue), (database, QueueUrl::Local));
    }

    #[test]
    fn a_process_of_its_own_refuses_what_it_cannot_share_and_says_what_to_do() {
        for (database, queue) in [(None, None), (Some("sqlite:x"), Some("local:"))] {
            let problems =
                Choice::new(&common(database, queue), Sharing::ManyProcesses).unwrap_err();
            assert_eq!(problems.len(), 2);
            assert!(problems[0].contains("POSTRIDER_DATABASE=postgres://"), "{}", problems[0]);
            assert!(problems[1].contains("POSTRIDER_QUEUE=amqp://"), "{}", problems[1]);
        }
    }

    #[test]
    fn servers_are_chosen_by_their_urls() {
        let common = common(Some("postgres://db/postrider"), Some("amqp://mq"));
        for sharing in [Sharing::OneProcess, Sharing::ManyProcesses] {
            let choice = Choice::new(&common, sharing).unwrap();
            assert_eq!(
                choice.servers.database,
                DatabaseUrl::Postgres("postgres://db/postrider".into())
            );
            assert_eq!(choice.servers.queue, QueueUrl::Amqp("amqp://mq".into()));
        }
    }

    #[test]
    fn a_url_of_no_known_kind_is_refused() {
        let problems =
            Choice::new(&common(Some("mysql://x"), Some("kafka://x")), Sharing::OneProcess)
                .unwrap_err();
        assert_eq!(problems.len(), 2);
    }
}
