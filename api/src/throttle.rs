//! Bounds how often something is done, such as guessing passwords: per account, and per address.
//!
//! Of a login the address is asked first, so that somebody who is out of attempts cannot use up those of an
//! account. The limits are per process and forget at a restart: they make guessing slow, not
//! impossible.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use postrider_domain::{Clock, UserName};

use crate::LoginConfig;

/// After how many attempts the keys that have all theirs back are forgotten.
const FORGET_EVERY: u32 = 1_024;

/// Limits the attempts to log in.
pub(crate) struct LoginThrottle {
    accounts: Limiter<String>,
    addresses: Limiter<IpAddr>,
}

impl LoginThrottle {
    pub(crate) fn new(config: &LoginConfig, clock: &Arc<dyn Clock>) -> Self {
        Self {
            accounts: Limiter::new(config.account_burst, config.account_refill, clock),
            addresses: Limiter::new(config.address_burst, config.address_refill, clock),
        }
    }

    /// Counts an attempt.
    pub(crate) fn check(
        &self,
        account: Option<&UserName>,
        address: Option<IpAddr>,
    ) -> Result<(), Slowed> {
        if let Some(address) = address {
            let network = network(address);
            self.addresses
                .check(&network)
                .map_err(|wait| Slowed { wait, who: format!("address {network}") })?;
        }
        let Some(account) = account.map(UserName::key) else { return Ok(()) };
        let checked = self.accounts.check(&account);
        checked.map_err(|wait| Slowed { wait, who: format!("account {account}") })
    }
}

/// Somebody is out of attempts.
#[derive(Debug)]
pub(crate) struct Slowed {
    /// How long until there is another one.
    pub(crate) wait: Duration,
    /// Whose are used up: those of an account, or those of an address, which could go through any
    /// number of names.
    pub(crate) who: String,
}

/// What counts as one address: a customer of an IPv6 provider has a whole /64 to choose from.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// Lets something be done so often per key.
pub(crate) struct Limiter<K: Hash + Eq + Clone> {
    limits: RateLimiter<K, DashMapStateStore<K>, Ticks, NoOpMiddleware<Nanos>>,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    pub(crate) fn new(burst: u32, refill: Duration, clock: &Arc<dyn Clock>) -> Self {
        let quota = Quota::with_period(refill.max(Duration::from_nanos(1)))
            .expect("the period is longer than zero")
            .allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN));
        let limits = RateLimiter::dashmap_with_clock(quota, Ticks(Arc::clone(clock)));
        Self { limits, checks: AtomicU32::new(0) }
    }

    /// Counts once; the error is how long to wait until the next time.
    pub(crate) fn check(&self, key: &K) -> Result<(), Duration> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limits.retain_recent();
        }
        let now = self.limits.clock().now();
        self.limits.check_key(key).map_err(|refused| refused.wait_time_from(now))
    }
}

/// Our clock as the limiter reads it.
#[derive(Clone)]
struct Ticks(Arc<dyn Clock>);

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        let micros = u64::try_from(self.0.now().as_micros()).unwrap_or(0);
        Nanos::new(micros.saturating_mul(1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_an_ipv6_network_count_as_one() {
        let one: IpAddr = "2001:db8:1:2:3::4".parse().unwrap();
        let neighbour: IpAddr = "2001:db8:1:2:ffff::1".parse().unwrap();
        let stranger: IpAddr = "2001:db8:1:3::1".parse().unwrap();
        assert_eq!(network(one), network(neighbour));
        assert_ne!(network(one), network(stranger));
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().unwrap();
        assert_eq!(network(mapped), "192.0.2.1".parse::<IpAddr>().unwrap());
    }
}
