//! The `[api]` section of the configuration.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use http::HeaderValue;
use ipnet::IpNet;
use postrider_domain::FilterName;
use serde::{Deserialize, Serialize};
use url::Url;

/// Settings of the api.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiConfig {
    /// Where the api listens.
    pub listen: SocketAddr,
    /// How clients reach the api, for absolute links; the request's own `Host` when it is not given.
    pub public_url: Option<Url>,
    /// The proxies in front of the api, as networks: what they say about a client (its address, the
    /// scheme and the host it asked for) is believed, and nobody else's word is.
    pub trusted_proxies: Vec<IpNet>,
    /// The origins whose pages may call the api from a browser, or `*` for every one; none at all
    /// unless they are named here. Cookies and other credentials of the browser are never used.
    pub cors_origins: Vec<String>,
    /// How long a login is good for.
    #[serde(with = "humantime_serde")]
    pub token_lifetime: Duration,
    /// How long a login of a browser may be unused before it ends. What was used less than a minute
    /// ago (a tenth of this, if that is less) may count as unused.
    #[serde(with = "humantime_serde")]
    pub session_idle: Duration,
    /// How long a login of a browser lasts however much it is used.
    #[serde(with = "humantime_serde")]
    pub session_lifetime: Duration,
    /// Whether the management pages are served.
    pub pages: bool,
    /// The most bytes that the body of a request has.
    pub max_body_bytes: usize,
    /// The most bytes that the `data` of one event has.
    pub max_event_bytes: usize,
    /// The most registrations that one user has.
    pub max_registrations_per_user: u32,
    /// How many logins are attempted.
    pub login: LoginConfig,
    /// How long a token that was looked up is believed without looking again: so long may a token
    /// outlive its expiry, or a user switched off through another process go on.
    #[serde(with = "humantime_serde")]
    pub principal_cache: Duration,
    /// When an event that nobody has dispatched is published again.
    #[serde(with = "humantime_serde")]
    pub rescue_after: Duration,
    /// Filters besides the built-in ones and those that administrators add.
    pub filters: Vec<FilterName>,
    /// Whether a target that is registered in the dialect of the ASP.NET library, or changed there,
    /// has to send an echo. (The native dialect asks for one when the client wants it to.)
    pub aspnet_echo: bool,
    /// How long a target has for its echo.
    #[serde(with = "humantime_serde")]
    pub echo_timeout: Duration,
    /// How long a request may take before it is given up.
    #[serde(with = "humantime_serde")]
    pub request_timeout: Duration,
    /// The most events in one commit. (A KiB of `data` counts as much as an event.)
    pub accept_batch: usize,
    /// How many commits of events are under way at a time. One makes for the largest batches, which
    /// is what the database can do most of; more help when it is far away.
    pub accept_in_flight: usize,
    /// The most bytes of events that wait in memory for the queue; what is more is left to the
    /// outbox.
    pub relay_bytes: usize,
}

/// How many logins are attempted before further ones have to wait. Successful ones count, too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoginConfig {
    /// Attempts for one account in a row.
    pub account_burst: u32,
    /// How long until an account has one more attempt.
    #[serde(with = "humantime_serde")]
    pub account_refill: Duration,
    /// Attempts from one address (IPv6: from one /64 network) in a row.
    pub address_burst: u32,
    /// How long until an address has one more attempt.
    #[serde(with = "humantime_serde")]
    pub address_refill: Duration,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            token_lifetime: Duration::from_mins(20),
            session_idle: Duration::from_mins(30),
            session_lifetime: Duration::from_hours(12),
            pages: true,
            max_body_bytes: 4 * 1024 * 1024,
            max_event_bytes: 256 * 1024,
            max_registrations_per_user: 1_000,
            login: LoginConfig::default(),
            principal_cache: Duration::from_secs(5),
            rescue_after: Duration::from_secs(10),
            filters: Vec::new(),
            aspnet_echo: true,
            echo_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            accept_batch: 1_000,
            accept_in_flight: 1,
            relay_bytes: 32 * 1024 * 1024,
        }
    }
}

impl Default for LoginConfig {
    fn default() -> Self {
        Self {
            account_burst: 10,
            account_refill: Duration::from_secs(10),
            address_burst: 30,
            address_refill: Duration::from_secs(1),
        }
    }
}

impl ApiConfig {
    /// Every problem of these settings, in words.
    pub fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut require = |holds: bool, problem: &str| {
            if !holds {
                problems.push(problem.to_owned());
            }
        };
        if let Some(url) = &self.public_url {
            require(
                matches!(url.scheme(), "http" | "https")
                    && url.has_host()
                    && url.query().is_none()
                    && url.fragment().is_none(),
                "`public_url` must be an http or https URL without query and fragment",
            );
        }
        require(
            self.echo_timeout < self.request_timeout,
            "`echo_timeout` must be shorter than `request_timeout`, which includes it",
        );
        require(
            self.session_idle <= self.session_lifetime,
            "`session_idle` must not be longer than `session_lifetime`",
        );
        require(
            !self.filters.iter().any(FilterName::is_reserved),
            "`filters`: `postrider` is the filter of the product's own notices, and always there",
        );
        for origin in &self.cors_origins {
            require(
                origin == "*" || is_origin(origin),
                &format!("`cors_origins`: `{origin}` is no origin such as `https://app.example`"),
            );
        }
        for (name, duration) in [
            ("token_lifetime", self.token_lifetime),
            ("session_idle", self.session_idle),
            ("rescue_after", self.rescue_after),
            ("echo_timeout", self.echo_timeout),
            ("request_timeout", self.request_timeout),
            ("login.account_refill", self.login.account_refill),
            ("login.address_refill", self.login.address_refill),
        ] {
            require(!duration.is_zero(), &format!("`{name}` must be longer than zero"));
        }
        for (name, number) in [
            ("max_event_bytes", self.max_event_bytes),
            ("max_registrations_per_user", self.max_registrations_per_user as usize),
            ("login.account_burst", self.login.account_burst as usize),
            ("login.address_burst", self.login.address_burst as usize),
            ("accept_batch", self.accept_batch),
            ("accept_in_flight", self.accept_in_flight),
        ] {
            require(number > 0, &format!("`{name}` must be at least 1"));
        }
        require(
            self.max_event_bytes <= self.max_body_bytes,
            "`max_body_bytes` must not be less than `max_event_bytes`",
        );
        require(
            self.relay_bytes >= self.max_event_bytes,
            "`relay_bytes` must not be less than `max_event_bytes`",
        );
        problems
    }
}

/// Whether a browser would send this text as the origin of a page.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text)
        && HeaderValue::from_str(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_read_back_as_they_were_written() {
        let written = serde_json::to_string(&ApiConfig::default()).unwrap();
        let config: ApiConfig = serde_json::from_str(&written).unwrap();
        assert_eq!(config, ApiConfig::default());
        assert_eq!(config.validate(), Vec::<String>::new());
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let config = ApiConfig {
            public_url: Some("ftp://a.example/".parse().unwrap()),
            token_lifetime: Duration::ZERO,
            session_lifetime: Duration::from_mins(29),
            max_body_bytes: 10,
            accept_in_flight: 0,
            filters: vec!["Postrider".parse().unwrap()],
            ..ApiConfig::default()
        };
        assert_eq!(config.validate().len(), 6, "{:?}", config.validate());
    }

    #[test]
    fn an_origin_is_scheme_and_host_and_nothing_else() {
        for (origin, good) in [
            ("https://app.example", true),
            ("http://localhost:3000", true),
            ("*", true),
            ("https://app.example/", false),
            ("app.example", false),
            ("null", false),
        ] {
            let config = ApiConfig { cors_origins: vec![origin.into()], ..ApiConfig::default() };
            assert_eq!(config.validate().is_empty(), good, "{origin}");
        }
    }

    #[test]
    fn an_unknown_setting_is_refused() {
        assert!(serde_json::from_str::<ApiConfig>(r#"{"max_bodybytes": 1}"#).is_err());
    }
}
