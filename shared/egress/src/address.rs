//! What kind of place an address is. Pure tables, after the IANA special-purpose registries and the
//! metadata services of the large clouds.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// How firmly an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    /// No configuration allows it: nobody runs a webhook receiver there.
    Never,
    /// Refused unless the configuration allows it by CIDR.
    Allowable,
}

/// A special range that an address is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// How firmly it is refused.
    pub(crate) tier: Tier,
    /// What it is, in words that complete "it is a … address".
    pub(crate) kind: &'static str,
}

const fn never(kind: &'static str) -> Range {
    Range { tier: Tier::Never, kind }
}

const fn allowable(kind: &'static str) -> Range {
    Range { tier: Tier::Allowable, kind }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(segments: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_segments(segments), prefix)
}

/// The first match counts, so single addresses come before the ranges around them.
const V4_RANGES: &[(Ipv4Net, Range)] = &[
    (v4(169, 254, 169, 254, 32), never("metadata service")),
    (v4(169, 254, 170, 2, 32), never("metadata service")),
    (v4(169, 254, 170, 23, 32), never("metadata service")),
    (v4(100, 100, 100, 200, 32), never("metadata service")),
    (v4(168, 63, 129, 16, 32), never("metadata service")),
    (v4(0, 0, 0, 0, 8), never("unspecified")),
    (v4(192, 0, 0, 0, 24), never("reserved")),
    (v4(192, 0, 2, 0, 24), never("documentation")),
    (v4(192, 88, 99, 0, 24), never("reserved")),
    (v4(198, 51, 100, 0, 24), never("documentation")),
    (v4(203, 0, 113, 0, 24), never("documentation")),
    (v4(224, 0, 0, 0, 4), never("multicast")),
    (v4(255, 255, 255, 255, 32), never("broadcast")),
    (v4(240, 0, 0, 0, 4), never("reserved")),
    (v4(127, 0, 0, 0, 8), allowable("loopback")),
    (v4(10, 0, 0, 0, 8), allowable("private")),
    (v4(172, 16, 0, 0, 12), allowable("private")),
    (v4(192, 168, 0, 0, 16), allowable("private")),
    (v4(100, 64, 0, 0, 10), allowable("carrier-grade NAT")),
    (v4(169, 254, 0, 0, 16), allowable("link-local")),
    (v4(198, 18, 0, 0, 15), allowable("benchmarking")),
];

const V6_RANGES: &[(Ipv6Net, Range)] = &[
    (v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128), never("metadata service")),
    (v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23], 128), never("metadata service")),
    (v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128), never("metadata service")),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), never("unspecified")),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), never("multicast")),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), never("documentation")),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), never("documentation")),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), allowable("loopback")),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), allowable("private")),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), allowable("link-local")),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), allowable("site-local")),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), allowable("private NAT64")),
    (v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), allowable("benchmarking")),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), never("reserved")),
];

/// Where the internet's own addresses are; what is outside and in no table is nobody's.
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// The special range that `address` is in; `None` for a public one.
pub(crate) fn special_range(address: IpAddr) -> Option<Range> {
    match address {
        IpAddr::V4(address) => first_match(V4_RANGES, |net| net.contains(&address)),
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(embedded) => special_range(IpAddr::V4(embedded)),
            None => first_match(V6_RANGES, |net| net.contains(&address))
                .or_else(|| (!GLOBAL_UNICAST.contains(&address)).then(|| never("reserved"))),
        },
    }
}

/// Whether all of `net` lies in a range that no configuration allows.
pub(crate) fn is_never_allowed(net: IpNet) -> bool {
    let range = match net {
        IpNet::V4(net) => first_match(V4_RANGES, |range| range.contains(&net)),
        IpNet::V6(net) => first_match(V6_RANGES, |range| range.contains(&net)),
    };
    range.is_some_and(|range| range.tier == Tier::Never)
}

fn first_match<N>(ranges: &[(N, Range)], matches: impl Fn(&N) -> bool) -> Option<Range> {
    ranges.iter().find(|(net, _)| matches(net)).map(|(_, range)| *range)
}

/// The IPv4 address that packets for `address` end up at, for the forms that carry one: mapped,
/// translated, compatible, NAT64, 6to4 and Teredo.
pub(crate) fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        // `::` and `::1` look like compatible forms, and are not.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(from(high, low)),
        [0x2001, 0, .., high, low] => Some(from(!high, !low)),
        _ => None,
    }
}
