//! The settings of the receiving side.

mod secrets;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use postrider_egress::EgressConfig;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

pub use self::secrets::{LiveSecrets, ReceiverSecrets};
use crate::ReceiverOptions;
use crate::handlers::HandlerConfig;
use crate::inbox::InboxConfig;
use crate::routes::HttpSettings;

/// How webhooks are received and processed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReceiverConfig {
    /// Where webhooks come in. In one process with the sending side they come in at the api's address
    /// instead.
    pub listen: SocketAddr,
    /// Where `/metrics`, `/healthz` and `/readyz` are served: not where strangers call.
    pub health_listen: SocketAddr,
    /// How senders reach the receivers, behind a proxy or a tunnel. Some sign this URL. The request's own
    /// `Host` when it is not given.
    pub public_url: Option<Url>,
    /// The proxies in front, as networks: what they say about a request (scheme and host) is believed,
    /// and nobody else's word is.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether requests without TLS are refused where they carry their secret. Those from the same
    /// machine are taken all the same.
    pub require_https: bool,
    /// How far from the present the time may be that a provider signs.
    #[serde(with = "humantime_serde")]
    pub tolerance: Duration,
    /// The most bytes of a body.
    pub max_body_bytes: usize,
    /// The most bytes of all bodies that are being received at a time.
    pub body_budget: usize,
    /// How long a body may take to arrive.
    #[serde(with = "humantime_serde")]
    pub body_timeout: Duration,
    /// The secrets, by receiver and id: a text, or a list of all that are live, the newest first. Those
    /// of the URL without an id are called `default`, or stand right at the receiver.
    #[serde(serialize_with = "secrets::as_empty")]
    pub secrets: BTreeMap<String, ReceiverSecrets>,
    /// The same by receiver, in the line of the ASP.NET library: `secret0, id1=secret1`.
    #[serde(serialize_with = "secrets::as_empty")]
    pub classic_secrets: BTreeMap<String, SecretString>,
    /// A file of its own with the table `secrets`, for those who keep them apart from the rest.
    pub secrets_file: Option<PathBuf>,
    /// How often secrets are read again, so that they can be changed without a restart; a SIGHUP does it
    /// at once.
    #[serde(with = "humantime_serde")]
    pub reload_every: Duration,
    /// What is done with webhooks.
    pub handlers: Vec<HandlerConfig>,
    /// Whether handlers may run commands.
    pub allow_exec: bool,
    /// Which addresses handlers may post to.
    pub forward: EgressConfig,
    /// The inbox between the receivers and the handlers.
    pub inbox: InboxConfig,
}

impl Default for ReceiverConfig {
    fn default() -> Self {
        let (http, options) = (HttpSettings::default(), ReceiverOptions::default());
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8083)),
            health_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8084)),
            public_url: http.public_url,
            trusted_proxies: http.trusted_proxies,
            require_https: options.require_https,
            tolerance: options.tolerance,
            max_body_bytes: http.max_body_bytes,
            body_budget: http.body_budget,
            body_timeout: http.body_timeout,
            secrets: BTreeMap::new(),
            classic_secrets: BTreeMap::new(),
            secrets_file: None,
            reload_every: Duration::from_secs(10),
            handlers: Vec::new(),
            allow_exec: false,
            forward: own_networks(),
            inbox: InboxConfig::default(),
        }
    }
}

impl ReceiverConfig {
    /// Every problem with the values, as sentences for the operator.
    pub fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, bytes) in
            [("max_body_bytes", self.max_body_bytes), ("body_budget", self.body_budget)]
        {
            if bytes == 0 {
                problems.push(format!("`{name}` must be at least 1"));
            }
        }
        for (name, duration) in [
            ("tolerance", self.tolerance),
            ("body_timeout", self.body_timeout),
            ("reload_every", self.reload_every),
        ] {
            if duration.is_zero() {
                problems.push(format!("`{name}` must be longer than zero"));
            }
        }
        if let Some(url) = &self.public_url
            && (!matches!(url.scheme(), "http" | "https") || url.query().is_some())
        {
            problems.push("`public_url` must be an `http` or `https` URL without a query".into());
        }
        problems.extend(crate::handlers::validate(&self.handlers));
        let longest = self.inbox.handler_timeout;
        problems.extend(crate::handlers::validate_timeouts(&self.handlers, longest));
        problems.extend(
            self.forward.validate().into_iter().map(|problem| format!("forward: {problem}")),
        );
        problems
            .extend(self.inbox.validate().into_iter().map(|problem| format!("inbox: {problem}")));
        problems
    }

    /// What verification goes by.
    pub fn options(&self) -> ReceiverOptions {
        ReceiverOptions { require_https: self.require_https, tolerance: self.tolerance }
    }

    /// What the URLs of the receivers begin with for their senders: the public URL, or this machine,
    /// where they are at `listen`.
    ///
    /// # Errors
    /// When `listen` cannot be in a URL, as an address with a zone.
    pub fn base(&self, listen: SocketAddr) -> Result<Url, url::ParseError> {
        let own = || format!("http://{listen}").parse();
        self.public_url.clone().map_or_else(own, Ok)
    }

    /// How requests are taken.
    pub fn http(&self) -> HttpSettings {
        HttpSettings {
            public_url: self.public_url.clone(),
            trusted_proxies: self.trusted_proxies.clone(),
            max_body_bytes: self.max_body_bytes,
            body_budget: self.body_budget,
            body_timeout: self.body_timeout,
        }
    }
}

/// What handlers may post to: operators name their addresses, and most of them are their own.
fn own_networks() -> EgressConfig {
    let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];
    let mut networks = EgressConfig::embedded();
    networks.allow.extend(private.map(|net| net.parse::<IpNet>().expect("a network")));
    networks
}
