//! Loading what the receiving side needs of the configuration.

use std::sync::Arc;

use postrider_backends::{DatabaseUrl, Servers, Sharing};
use postrider_domain::Clock;
use postrider_egress::{EgressConfig, Guard};
use postrider_runtime::{Common, ConfigArgs, Loader, SystemClock};

use super::certificates::GuardedCertificates;
use crate::handlers::{RabbitBrokers, Tools, build};
use crate::{Chain, ReceiverConfig, Receivers, SecretTable, Secrets};

/// What the receiving side needs of the configuration, checked as a whole.
pub struct ReceiverSettings {
    /// The section `receiver`.
    pub config: ReceiverConfig,
    /// The secrets of it and of its file for them.
    pub secrets: SecretTable,
    /// Where certificates may be fetched from: the section `egress`.
    pub egress: EgressConfig,
    /// Where the configuration comes from, to read it again.
    pub args: ConfigArgs,
}

/// The database of the configuration, for a command that uses nothing else of it.
///
/// # Errors
/// Every problem of the configuration.
pub fn load_database(args: ConfigArgs) -> anyhow::Result<(Common, DatabaseUrl)> {
    let mut loader = Loader::new(args);
    let common = loader.common();
    let database = DatabaseUrl::new(&common, Sharing::OneProcess).map_err(|problem| vec![problem]);
    let database = loader.check(database).map(|database| (common, database));
    Ok(loader.finish(database)?)
}

impl ReceiverSettings {
    /// Reads the sections; what is wrong with them is noted by the loader.
    pub fn load(loader: &mut Loader, args: &ConfigArgs, egress: &EgressConfig) -> Option<Self> {
        let config = loader.section("receiver", ReceiverConfig::validate);
        let egress = loader.section_from("egress", egress, EgressConfig::validate);
        let in_section = |problems: Vec<String>| {
            problems.into_iter().map(|problem| format!("[receiver] {problem}")).collect()
        };
        let secrets = loader.check(config.secret_table().map_err(in_section))?;
        Some(Self { config, secrets, egress, args: args.clone() })
    }

    /// The same with the settings outside any section, for a command that opens nothing.
    ///
    /// # Errors
    /// Every problem of the configuration.
    pub fn alone(args: &ConfigArgs) -> anyhow::Result<(Common, Self)> {
        let mut loader = Loader::new(args.clone());
        let common = loader.common();
        let settings = Self::load(&mut loader, args, &EgressConfig::default());
        Ok(loader.finish(settings.map(|settings| (common, settings)))?)
    }

    /// The same with the servers of a process that only receives.
    ///
    /// # Errors
    /// Every problem of the configuration.
    pub fn with_servers(
        args: &ConfigArgs,
        sharing: Sharing,
    ) -> anyhow::Result<(Common, Self, Servers)> {
        let mut loader = Loader::new(args.clone());
        let common = loader.common();
        let settings = Self::load(&mut loader, args, &EgressConfig::default());
        let servers = loader.check(Servers::new(&common, sharing));
        let all = settings.zip(servers);
        Ok(loader.finish(all.map(|(settings, servers)| (common, settings, servers)))?)
    }

    /// The receivers with the secrets of the configuration.
    pub fn receivers(&self, clock: Arc<dyn Clock>) -> Receivers {
        let guard = Arc::new(Guard::new(&self.egress));
        let client = guard.client(postrider_egress::ClientSettings::default());
        let secrets = Arc::new(Secrets::new(self.secrets.clone()));
        Receivers::new(secrets, clock, self.config.options())
            .with_certificates(Arc::new(GuardedCertificates(client)))
    }

    /// The configured handlers.
    ///
    /// # Errors
    /// Every problem of theirs.
    pub fn chain(&self, brokers: Arc<RabbitBrokers>) -> anyhow::Result<Chain> {
        let tools = Tools {
            guard: Arc::new(Guard::new(&self.config.forward)),
            brokers,
            allow_exec: self.config.allow_exec,
            clock: Arc::new(SystemClock),
        };
        let handlers = build(&self.config.handlers, &tools);
        Ok(Chain::new(handlers.map_err(postrider_runtime::ConfigError)?))
    }
}
