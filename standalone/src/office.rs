//! An open store with what is needed to change it: what an operator does before, or beside, anything
//! that runs.

use std::sync::Arc;

use anyhow::Context;
use postrider_api::{Accounts, ApiConfig};
use postrider_backends::{DatabaseUrl, SecretKeys, Sharing, open_both};
use postrider_dispatcher::DispatcherConfig;
use postrider_domain::ports::{AuditEnd, InboxStore, Store};
use postrider_domain::{AuditEntry, AuditId, AuditOutcome, Clock, FilterName, Ids, User, UserName};
use postrider_runtime::{Common, ConfigArgs, Loader, SystemClock};

/// The store, and what makes records for it.
pub(crate) struct Office {
    pub(crate) common: Common,
    pub(crate) keys: SecretKeys,
    /// The filters of the configuration.
    pub(crate) filters: Vec<FilterName>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) inbox: Arc<dyn InboxStore>,
    pub(crate) accounts: Accounts,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Ids,
}

impl Office {
    pub(crate) async fn open(config: ConfigArgs) -> anyhow::Result<Self> {
        let mut loader = Loader::new(config);
        let common = loader.common();
        let filters = loader.section("api", ApiConfig::validate).filters;
        let chosen = DatabaseUrl::new(&common, Sharing::OneProcess)
            .and_then(|database| SecretKeys::new(&common, &database).map(|keys| (database, keys)));
        let chosen = loader.check(chosen.map_err(|problem| vec![problem]));
        let (database, keys) = loader.finish(chosen)?;
        let (store, inbox) = open_both(&database, &common, keys.open()?).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids = Ids::new(Arc::clone(&clock));
        let accounts = Accounts::new(store.clone(), Arc::clone(&clock), ids.clone());
        Ok(Self { common, keys, filters, store, inbox, accounts, clock, ids })
    }

    /// The user with this name.
    pub(crate) async fn user(&self, name: &UserName) -> anyhow::Result<User> {
        let found = self.accounts.find_user(name).await?;
        found.with_context(|| format!("there is no user `{name}`"))
    }

    /// Carries `act` out between two notes in the audit log: what cannot be noted is not done, and
    /// what was done is told of even if its end cannot be noted.
    pub(crate) async fn audited<T>(
        &self,
        action: &str,
        target: &str,
        act: impl AsyncFnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let id: AuditId = self.ids.next();
        let entry = AuditEntry {
            id,
            at: self.clock.now(),
            actor: None,
            actor_name: "command line".into(),
            key: None,
            action: format!("postrider {action}"),
            target: target.to_owned(),
            outcome: AuditOutcome::Started,
            status: None,
            detail: None,
            address: None,
            request_id: None,
        };
        self.store.begin_audit(&entry).await?;
        let result = act().await;
        let outcome = if result.is_ok() { AuditOutcome::Done } else { AuditOutcome::Failed };
        let end = AuditEnd { outcome, status: None, target: None, detail: None };
        if let Err(error) = self.store.end_audit(id, &end).await {
            println!("Warning: the audit log still says that this has only begun: {error}");
        }
        result
    }
}

/// Brings both schemas to this version, and makes room for the first records.
pub(crate) async fn migrate(config: ConfigArgs) -> anyhow::Result<()> {
    let office = Office::open(config).await?;
    office.store.migrate().await?;
    office.inbox.migrate_inbox().await?;
    let ahead = DispatcherConfig::default().storage_ahead;
    office.store.prepare_storage(office.clock.now(), ahead).await?;
    println!("The database has this version's schema.");
    Ok(())
}
