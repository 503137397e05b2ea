//! The guard: which targets may be called at all.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use postrider_domain::TargetUri;
use tokio::time::timeout;
use url::{Host, Url};

use crate::address::{Tier, embedded_v4, special_range};
use crate::ports::service_on;
use crate::{EgressConfig, Lookup, SystemLookup};

/// How long a registration waits for the name of its target to resolve. A name that takes longer is
/// taken as it is: each request judges it again.
const VET_TIMEOUT: Duration = Duration::from_secs(2);

/// Why a target may not be called.
///
/// It names the kind of address and not the address itself: whoever registers a name must not learn
/// what it resolves to inside the operator's network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The target is not `https`.
    #[error("the target is not `https`, and `egress.allow_http` is off")]
    Insecure,
    /// The URL has a scheme that is never called, or no host.
    #[error("the target is not an absolute `https` or `http` URL")]
    NotHttp,
    /// The URL has a user name or a password.
    #[error("the target has a user name or password in its URL")]
    Credentials,
    /// The host cannot be a name.
    #[error("the target's host is not a name that can resolve")]
    Name,
    /// The port is known for another protocol.
    #[error(
        "the target's port {port} is for {service}, and `egress.allow_ports` does not include it"
    )]
    Port {
        /// The port.
        port: u16,
        /// What is found there.
        service: &'static str,
    },
    /// No configuration allows the address.
    #[error("the target is a {kind} address, which is never called")]
    Never {
        /// The kind of address.
        kind: &'static str,
    },
    /// The configuration does not allow the address.
    #[error("the target is a {kind} address, which `egress.allow` does not include")]
    NotAllowed {
        /// The kind of address.
        kind: &'static str,
    },
}

/// Judges targets.
pub struct Guard {
    allow: Vec<IpNet>,
    allow_http: bool,
    allow_ports: Vec<u16>,
    lookup: Arc<dyn Lookup>,
}

impl Guard {
    /// Makes a guard that resolves names as the operating system does.
    pub fn new(config: &EgressConfig) -> Self {
        Self::with_lookup(config, Arc::new(SystemLookup::new()))
    }

    /// Makes a guard with another source of addresses.
    pub fn with_lookup(config: &EgressConfig, lookup: Arc<dyn Lookup>) -> Self {
        Self {
            allow: config.allow.clone(),
            allow_http: config.allow_http,
            allow_ports: config.allow_ports.clone(),
            lookup,
        }
    }

    /// Judges an address.
    pub fn check_ip(&self, address: IpAddr) -> Result<(), Refusal> {
        let Some(range) = special_range(address) else { return Ok(()) };
        match range.tier {
            Tier::Never => Err(Refusal::Never { kind: range.kind }),
            Tier::Allowable if self.is_allowed(address) => Ok(()),
            Tier::Allowable => Err(Refusal::NotAllowed { kind: range.kind }),
        }
    }

    fn is_allowed(&self, address: IpAddr) -> bool {
        // An IPv4 network is allowed in each of its IPv6 disguises, too.
        let embedded = match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => embedded_v4(address).map(IpAddr::V4),
        };
        self.allow.iter().any(|net| {
            net.contains(&address) || embedded.is_some_and(|embedded| net.contains(&embedded))
        })
    }

    /// Judges a port.
    pub fn check_port(&self, port: u16) -> Result<(), Refusal> {
        match service_on(port) {
            Some(service) if !self.allow_ports.contains(&port) => {
                Err(Refusal::Port { port, service })
            }
            _ => Ok(()),
        }
    }

    /// Judges what a URL shows without asking anybody: its scheme, its port, and its host if that is
    /// an address. A name passes; what it stands for is judged when it is connected to.
    pub fn check_url(&self, url: &Url) -> Result<(), Refusal> {
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => return Err(Refusal::Insecure),
            _ => return Err(Refusal::NotHttp),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.check_ip(address.into())?,
            Some(Host::Ipv6(address)) => self.check_ip(address.into())?,
            Some(Host::Domain(name)) if can_resolve(name) => {}
            Some(Host::Domain(_)) => return Err(Refusal::Name),
            None => return Err(Refusal::NotHttp),
        }
        url.port_or_known_default().map_or(Ok(()), |port| self.check_port(port))
    }

    /// Judges a target when it is registered, so that its owner learns at once.
    ///
    /// A name is refused when each of its addresses is. One that does not resolve yet is taken: it
    /// may be set up later, and every request is judged anyway.
    pub async fn vet(&self, target: &TargetUri) -> Result<(), Refusal> {
        self.check_url(target.url())?;
        let Some(Host::Domain(name)) = target.url().host() else { return Ok(()) };
        match timeout(VET_TIMEOUT, self.lookup.addresses(name)).await {
            Ok(Ok(addresses)) => self.keep_allowed(addresses).map(|_| ()),
            Ok(Err(_)) | Err(_) => Ok(()),
        }
    }

    /// Those of `addresses` that may be called.
    ///
    /// # Errors
    /// When there are some, and none of them may be.
    pub(crate) fn keep_allowed(&self, mut addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, Refusal> {
        let mut refusal = None;
        addresses.retain(|address| match self.check_ip(*address) {
            Ok(()) => true,
            Err(refused) => {
                refusal.get_or_insert(refused);
                false
            }
        });
        match refusal {
            Some(refusal) if addresses.is_empty() => Err(refusal),
            _ => Ok(addresses),
        }
    }

    pub(crate) fn lookup(&self) -> &dyn Lookup {
        &*self.lookup
    }
}

/// Whether `name` keeps the lengths of the domain name system (RFC 1035, 2.3.4): a longer one would
/// be tried for as long as the registration lasts.
fn can_resolve(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.len() <= 253 && name.split('.').all(|label| (1..=63).contains(&label.len()))
}
