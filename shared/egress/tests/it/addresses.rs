//! The table of hostile addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use postrider_egress::{EgressConfig, Guard, Refusal};
use proptest::prelude::*;

fn guard(allow: &[&str]) -> Guard {
    let allow = allow.iter().map(|net| net.parse().unwrap()).collect();
    Guard::new(&EgressConfig { allow, allow_http: true, ..EgressConfig::default() })
}

fn check(guard: &Guard, address: &str) -> Result<(), Refusal> {
    guard.check_ip(address.parse().unwrap())
}

const NEVER: &[&str] = &[
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "fd20:ce::254",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "192.0.0.192",
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.9",
    "192.88.99.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "ff02::1",
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "4000::1",
    "2001:20::1",
    // The metadata service in each IPv6 disguise.
    "::ffff:169.254.169.254",
    "::169.254.169.254",
    "::ffff:0:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:5601:5601",
];

const ALLOWABLE: &[(&str, &str)] = &[
    ("127.0.0.1", "127.0.0.0/8"),
    ("127.255.255.254", "127.0.0.0/8"),
    ("10.0.0.1", "10.0.0.0/8"),
    ("172.16.0.1", "172.16.0.0/12"),
    ("172.31.255.255", "172.16.0.0/12"),
    ("192.168.1.1", "192.168.0.0/16"),
    ("100.64.0.1", "100.64.0.0/10"),
    ("169.254.1.1", "169.254.0.0/16"),
    ("198.18.0.1", "198.18.0.0/15"),
    ("::1", "::1/128"),
    ("fc00::1", "fc00::/7"),
    ("fd12:3456::1", "fd12:3456::/32"),
    ("fe80::1", "fe80::/10"),
    ("fec0::1", "fec0::/10"),
    ("64:ff9b:1::1", "64:ff9b:1::/48"),
    ("2001:2::1", "2001:2::/48"),
    ("::ffff:127.0.0.1", "127.0.0.0/8"),
    ("::127.0.0.1", "127.0.0.0/8"),
    ("::ffff:0:10.0.0.1", "10.0.0.0/8"),
    ("64:ff9b::10.0.0.1", "10.0.0.0/8"),
    ("2002:c0a8:101::1", "192.168.1.0/24"),
    ("2001:0:4136:e378:8000:63bf:80ff:fffe", "127.0.0.1/32"),
];

const PUBLIC: &[&str] = &[
    "1.1.1.1",
    "8.8.8.8",
    "172.32.0.1",
    "100.128.0.1",
    "169.253.1.1",
    "192.0.1.1",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
];

#[test]
fn an_address_of_the_never_tier_is_refused_whatever_is_allowed() {
    for guard in [guard(&[]), guard(&["0.0.0.0/0", "::/0"])] {
        for address in NEVER {
            assert!(matches!(check(&guard, address), Err(Refusal::Never { .. })), "{address}");
        }
    }
}

#[test]
fn a_special_address_is_refused_until_its_network_is_allowed() {
    for (address, net) in ALLOWABLE {
        let refused = check(&guard(&[]), address);
        assert!(matches!(refused, Err(Refusal::NotAllowed { .. })), "{address}");
        assert_eq!(check(&guard(&[net]), address), Ok(()), "{address}");
        let elsewhere = check(&guard(&["10.99.0.0/16"]), address);
        assert!(matches!(elsewhere, Err(Refusal::NotAllowed { .. })), "{address}");
    }
}

#[test]
fn public_addresses_pass() {
    for address in PUBLIC {
        assert_eq!(check(&guard(&[]), address), Ok(()), "{address}");
    }
}

#[test]
fn a_refusal_says_what_kind_of_address_it_was_and_what_could_be_done() {
    let refusal = check(&guard(&[]), "10.0.0.1").unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the target is a private address, which `egress.allow` does not include"
    );
}

proptest! {
    /// No IPv6 form of an IPv4 address is judged differently from the address.
    #[test]
    fn every_form_of_an_address_is_judged_alike(bits in any::<u32>()) {
        let guard = guard(&["192.168.0.0/16"]);
        let plain = Ipv4Addr::from_bits(bits);
        let [a, b, c, d] = plain.octets();
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let forms = [
            plain.to_ipv6_mapped(),
            Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0x2001, 0, 0x4136, 0xe378, 0x8000, 0x63bf, !high, !low),
        ];
        for form in forms {
            prop_assert_eq!(guard.check_ip(IpAddr::V4(plain)), guard.check_ip(IpAddr::V6(form)), "{}", form);
        }
    }
}
