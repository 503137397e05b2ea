//! Secrets that change while the process runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::{SecretTable, Secrets};

/// Reads the secrets again `every` so often, and at once on a SIGHUP, until `shutdown`. Secrets that
/// cannot be read leave those in force that are.
pub(super) async fn reload(
    secrets: Arc<Secrets>,
    load: impl Fn() -> Result<SecretTable, String>,
    every: Duration,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    let mut last_problem: Option<String> = None;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            _ = hangup.recv() => last_problem = None,
            () = tokio::time::sleep(every) => {}
        }
        last_problem = reload_once(&secrets, &load, last_problem.as_deref());
    }
}

/// What is wrong, if something is; it is logged when it is news.
fn reload_once(
    secrets: &Secrets,
    load: impl Fn() -> Result<SecretTable, String>,
    last_problem: Option<&str>,
) -> Option<String> {
    let problem = |problem: String| {
        if last_problem != Some(problem.as_str()) {
            error!(problem, "the secrets cannot be read again; those before stay in force");
        }
        Some(problem)
    };
    match load() {
        // A file that is being written, or was taken away, is no wish to refuse everybody.
        Ok(table) if table.is_empty() && !secrets.current().is_empty() => {
            problem("there is none any more".into())
        }
        Ok(table) => {
            if !table.is_same(&secrets.current()) {
                info!(urls = table.addresses().count(), "other secrets are in force");
                secrets.replace(table);
            }
            None
        }
        Err(what) => problem(what),
    }
}

#[cfg(test)]
mod tests {
    use postrider_domain::ReceiverAddress;
    use secrecy::{ExposeSecret, SecretString};

    use super::*;

    fn table(secret: &str) -> SecretTable {
        let mut table = SecretTable::default();
        table.insert(ReceiverAddress::new("github", ""), [SecretString::from(secret)]);
        table
    }

    #[test]
    fn other_secrets_come_into_force_and_broken_ones_do_not() {
        let secrets = Secrets::new(table("old"));
        let in_force = || {
            let live = secrets.current().get(&ReceiverAddress::new("github", ""));
            live[0].expose_secret().to_owned()
        };
        assert_eq!(reload_once(&secrets, || Ok(table("new")), None), None);
        assert_eq!(in_force(), "new");
        let problem = reload_once(&secrets, || Err("broken".into()), None);
        assert_eq!((problem.as_deref(), in_force().as_str()), (Some("broken"), "new"));
        assert!(reload_once(&secrets, || Ok(SecretTable::default()), None).is_some());
        assert_eq!(in_force(), "new");
    }
}
