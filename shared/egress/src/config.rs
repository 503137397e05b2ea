//! What an operator may loosen.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::address::is_never_allowed;

/// Where requests may go besides public `https` targets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EgressConfig {
    /// Networks (CIDR) that may be called although they are loopback, private, link-local or the
    /// like. Metadata services, multicast and reserved addresses stay refused whatever is named.
    pub allow: Vec<IpNet>,
    /// Whether `http` targets are taken. Their payloads and signatures can be read on the way.
    pub allow_http: bool,
    /// Ports that may be called although they are known for another protocol than HTTP.
    pub allow_ports: Vec<u16>,
}

impl EgressConfig {
    /// What a first try on one machine needs: loopback and plain `http`.
    pub fn embedded() -> Self {
        let loopback = ["127.0.0.0/8", "::1/128"];
        let allow = loopback.map(|net| net.parse().expect("a network")).into();
        Self { allow, allow_http: true, ..Self::default() }
    }

    /// Every problem with the values, as sentences for the operator.
    pub fn validate(&self) -> Vec<String> {
        self.allow.iter().filter_map(|net| problem_with(*net)).collect()
    }
}

fn problem_with(net: IpNet) -> Option<String> {
    if net.trunc() != net {
        return Some(format!(
            "`allow` names `{net}`, which has bits after its prefix: write `{}`",
            net.trunc()
        ));
    }
    is_never_allowed(net).then(|| format!("`allow` names `{net}`, which can never be allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(allow: &[&str]) -> Vec<String> {
        let allow = allow.iter().map(|net| net.parse().unwrap()).collect();
        EgressConfig { allow, ..EgressConfig::default() }.validate()
    }

    #[test]
    fn a_network_that_allows_something_is_fine() {
        assert!(problems(&["127.0.0.0/8", "::1/128", "0.0.0.0/0", "169.254.0.0/16"]).is_empty());
    }

    #[test]
    fn every_network_that_would_do_nothing_or_is_misspelt_is_named() {
        let problems =
            problems(&["169.254.169.254/32", "10.1.2.3/8", "fd00:ec2::254/128", "224.0.0.0/8"]);
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert!(problems[1].contains("10.0.0.0/8"), "{problems:?}");
    }

    #[test]
    fn a_field_that_does_not_exist_is_an_error() {
        assert!(serde_json::from_str::<EgressConfig>(r#"{"allow_htp": true}"#).is_err());
        let config: EgressConfig = serde_json::from_str(r#"{"allow": ["10.0.0.0/8"]}"#).unwrap();
        assert!(!config.allow_http);
    }
}
