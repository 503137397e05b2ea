//! Reading the broker's address, with the traps of the parser underneath taken out.

use lapin::uri::{AMQPScheme, AMQPUri};
use postrider_domain::Invalid;
use url::{Host, Url};

use crate::RabbitSettings;

/// Parses the address of the broker.
///
/// Refused is `amqps` in a build without TLS: the client underneath would send the password to the
/// TLS port in the clear.
pub(crate) fn parse(settings: &RabbitSettings) -> Result<AMQPUri, Invalid> {
    let url: Url = settings
        .url
        .parse()
        .map_err(|error| Invalid::new(format!("the queue address is not a URL ({error})")))?;
    let mut address: AMQPUri = settings
        .url
        .parse()
        .map_err(|error| Invalid::new(format!("the queue address is not valid ({error})")))?;

    if address.scheme == AMQPScheme::AMQPS && !cfg!(feature = "amqps") {
        return Err(Invalid::new("this build has no TLS for RabbitMQ (cargo feature `amqps`)"));
    }
    // The parser takes a literal IPv6 address for no host at all, and that for localhost.
    if let Some(Host::Ipv6(host)) = url.host() {
        address.authority.host = host.to_string();
    }
    if address.query.heartbeat.is_none() {
        let seconds = settings.heartbeat.as_secs().clamp(1, u64::from(u16::MAX));
        address.query.heartbeat = u16::try_from(seconds).ok();
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Result<AMQPUri, Invalid> {
        parse(&RabbitSettings::new(url))
    }

    #[test]
    fn a_literal_ipv6_address_is_the_host() {
        assert_eq!(parsed("amqp://[2001:db8::1]:5673").unwrap().authority.host, "2001:db8::1");
    }

    #[test]
    fn the_heartbeat_is_ours_unless_the_address_names_one() {
        assert_eq!(parsed("amqp://broker").unwrap().query.heartbeat, Some(10));
        assert_eq!(parsed("amqp://broker?heartbeat=42").unwrap().query.heartbeat, Some(42));
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        let refused = parsed("http://user:hunter2@broker").unwrap_err();
        assert!(!refused.to_string().contains("hunter2"), "{refused}");
        parsed("broker:5672:x").unwrap_err();
    }

    #[cfg(not(feature = "amqps"))]
    #[test]
    fn tls_is_refused_by_a_build_that_would_send_the_password_in_the_clear() {
        let refused = parsed("amqps://broker").unwrap_err();
        assert!(refused.to_string().contains("amqps"), "{refused}");
    }
}
